"""The one reader of long-running operations: each family, each end, each fault."""

from __future__ import annotations

from typing import Any

import pytest
from azure.core.rest import HttpRequest

from reconciler.model.outcome import Answer, AzureError, Done, Operation, Pending, Refused, Unsure
from tests.unit.azure.scripted import ORIGIN, RESET, Says, V, bench, refusal

GUID = "2a5d1c1f-43ba-4d44-8c4c-d6b4a4a8bd9f"
JOB = "1c1c1c1c-43ba-4d44-8c4c-d6b4a4a8bd9f"
ITEM = f"{V}/backupFabrics/Azure/protectionContainers/c/protectedItems/i"
STATUS = Operation(f"{ORIGIN}{ITEM}/operationsStatus/{GUID}?api-version=1&t=2&s=SIG", "azure-asyncoperation")
RESULT = Operation(f"{ORIGIN}{ITEM}/operationResults/{GUID}?api-version=1", "location")
VANISHING = Operation(f"{ORIGIN}{V}/operationStatus/MjA0Nzs=?api-version=1", "azure-asyncoperation", vanishing=True)


def _body(status: str, **more: Any) -> dict[str, Any]:
    return {"id": GUID, "name": GUID, "status": status, "startTime": "0001-01-01T00:00:00", **more}


async def _poll(operation: Operation, *says: Says | Exception) -> Answer:
    return await bench(list(says)).client.poll(operation)


@pytest.mark.parametrize(
    ("operation", "says", "expected"),
    [
        (STATUS, Says(200, _body("Succeeded")), Done()),
        (STATUS, Says(200, _body("SUCCEEDED")), Done()),
        (STATUS, Says(200, {"status": "Succeeded"}), Done()),
        (RESULT, Says(200, {"id": ITEM, "properties": {}}), Done()),
        (RESULT, Says(204), Done()),
        (VANISHING, Says(404, refusal("ResourceNotFound")), Done()),
        (STATUS, Says(200, _body("Failed", error={"code": "X", "message": "why"})), Refused(AzureError("X", "why"))),
        (STATUS, Says(200, _body("Canceled")), Refused(AzureError("OperationCanceled", "Azure gave no reason."))),
        (RESULT, Says(400, refusal("X", "why")), Refused(AzureError("X", "why", 400))),
    ],
)
async def test_how_operations_end(operation: Operation, says: Says, expected: Answer) -> None:
    answer = await _poll(operation, says)
    if isinstance(answer, Refused) and isinstance(expected, Refused):
        told = (answer.error.code, answer.error.message, answer.error.status)
        assert told == (expected.error.code, expected.error.message, expected.error.status)
    else:
        assert answer == expected


@pytest.mark.parametrize(
    ("operation", "says", "wait"),
    [
        (STATUS, Says(200, _body("InProgress"), {"Retry-After": "30"}), 30.0),
        (STATUS, Says(200, _body("InProgress")), None),
        (STATUS, Says(202), None),
        (RESULT, Says(202, b"", {"Location": RESULT.url, "Retry-After": "0"}), 1.0),
        (STATUS, Says(500, refusal("InternalServerError")), None),
        (STATUS, Says(502, b"<html/>"), None),
        (STATUS, Says(503, b"", {"Retry-After": "9"}), 9.0),
        (STATUS, Says(429, b"", {"Retry-After": "999999"}), 900.0),
        (STATUS, Says(408), None),
        (STATUS, RESET, None),
    ],
)
async def test_when_they_still_run_or_cannot_be_reached(operation: Operation, says: Says, wait: float | None) -> None:
    answer = await _poll(operation, says)
    assert isinstance(answer, Pending)
    assert (answer.operation.url, answer.operation.kind) == (operation.url, operation.kind)
    assert answer.operation.retry_after == wait


@pytest.mark.parametrize(
    ("operation", "says"),
    [
        (STATUS, Says(404, refusal("NotFound"))),
        (VANISHING, Says(404, b"<html>proxy</html>")),
        (STATUS, Says(200, _body("Paused"))),
        (STATUS, Says(200, _body("Invalid"))),
        (STATUS, Says(200, {"status": None})),
        (STATUS, Says(200, {"status": 3})),
        (STATUS, Says(200, {})),
        (STATUS, Says(200, b"null")),
        (STATUS, Says(200, b"<html>")),
        (STATUS, Says(200)),
        (STATUS, Says(204)),
        (STATUS, Says(200, _body("Succeeded") | {"name": "another"})),
        (STATUS, Says(401, refusal("ExpiredAuthenticationToken"))),
        (STATUS, Says(403, refusal("AuthorizationFailed"))),
        (RESULT, Says(403, refusal("AuthorizationFailed"))),
        (RESULT, Says(200, refusal("Oops"))),
        (RESULT, Says(307, b"", {"Location": "https://evil.example/"})),
        (STATUS, Says(307, b"", {"Location": f"{ORIGIN}/x"})),
    ],
)
async def test_when_nobody_knows(operation: Operation, says: Says) -> None:
    assert isinstance(await _poll(operation, says), Unsure)


def _job(status: str, *errors: dict[str, Any]) -> dict[str, Any]:
    properties = {"operation": "ConfigureBackup", "status": status, "errorDetails": list(errors)}
    return {"id": f"{V}/backupJobs/{JOB}", "name": JOB, "properties": properties}


_GONE = {
    "errorCode": 320001,
    "errorTitle": "ResourceNotFound",
    "errorString": "Could not perform the operation as VM no longer exists.",
    "recommendations": ["Check the VM."],
}


def _script(operation: dict[str, Any], job: Says) -> Any:
    def script(request: HttpRequest) -> Says:
        return job if f"{V}/backupJobs/{JOB}" in request.url else Says(200, operation)

    return script


_EXTENDED = {"objectType": "OperationStatusJobExtendedInfo", "jobId": JOB}


async def test_a_failed_operation_is_explained_by_its_job() -> None:
    failed = _body("Failed", error={"code": "UserErrorVm", "message": "short"}, properties=_EXTENDED)
    answer = await bench(_script(failed, Says(200, _job("Failed", _GONE)))).client.poll(STATUS)
    assert isinstance(answer, Refused)
    assert (answer.error.code, answer.error.number) == ("UserErrorVm", 320001)
    assert answer.error.message == "Could not perform the operation as VM no longer exists. Check the VM."


async def test_a_success_whose_job_failed_is_a_refusal() -> None:
    done = _body("Succeeded", properties=_EXTENDED)
    answer = await bench(_script(done, Says(200, _job("Failed", _GONE)))).client.poll(STATUS)
    assert isinstance(answer, Refused)
    assert (answer.error.code, answer.error.number) == ("ResourceNotFound", 320001)


@pytest.mark.parametrize(
    "job", [Says(200, _job("Completed")), Says(200, _job("InProgress")), Says(404), Says(200, b"{")]
)
async def test_a_success_stays_one_when_its_job_says_nothing_against_it(job: Says) -> None:
    done = _body("Succeeded", properties=_EXTENDED)
    assert await bench(_script(done, job)).client.poll(STATUS) == Done(JOB)


async def test_the_last_job_reads_of_the_hour_are_kept_for_failures() -> None:
    done = _body("Succeeded", properties=_EXTENDED)
    left = {"x-ms-ratelimit-remaining-subscription-resource-requests": "20"}
    made = bench(_script(done, Says(200, _job("Completed"), left)))
    for _ in range(3):
        assert await made.client.poll(STATUS) == Done(JOB)
    assert sum("backupJobs" in request.url for request in made.transport.sent) == 1


async def test_a_policy_operation_with_failed_jobs_is_a_refusal() -> None:
    extended = {"objectType": "OperationStatusJobsExtendedInfo", "jobIds": [], "failedJobsError": {"vm-1": "boom"}}
    answer = await _poll(STATUS, Says(200, _body("Succeeded", properties=extended)))
    assert isinstance(answer, Refused)
    assert "boom" in answer.error.message


@pytest.mark.parametrize("job", ["../../x", "a/b", "", 7, None, "x" * 99])
async def test_an_odd_job_id_never_becomes_a_path(job: Any) -> None:
    made = bench([Says(200, _body("Succeeded", properties={"jobId": job}))])
    assert await made.client.poll(STATUS) == Done()
    assert len(made.transport.sent) == 1
