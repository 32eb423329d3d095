"""What an answer to a write means, for every fault of the wire: a value, never an exception, never a second sending."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.model.call import Call
from reconciler.model.outcome import Answer, AzureError, Done, Operation, Pending, Refused, Unsure
from tests.unit.azure.scripted import CONNECT_TIMEOUT, ORIGIN, PUT, REFUSED, RESET, S, Says, bench, refusal

OPERATION = f"{ORIGIN}/op/1"
RESULT = f"{ORIGIN}/result/1"
BOTH = {"Azure-AsyncOperation": OPERATION, "Location": RESULT, "Retry-After": "60"}
CHECK = Call("POST", f"{S}/providers/Microsoft.RecoveryServices/locations/weu/backupPreValidateProtection", "1", "{}")


async def _submit(says: Says | Exception, call: Call = PUT) -> Answer:
    made = bench([says])
    answer = await made.client.submit(call, "corr")
    assert len(made.transport.sent) == 1, "a write is sent once"
    return answer


@pytest.mark.parametrize(
    ("says", "expected"),
    [
        (Says(200, {"id": "x"}), Done()),
        (Says(200), Done()),
        (Says(204), Done()),
        (Says(201, {"id": "x"}), Done()),
        (
            Says(201, {"id": "x"}, {"Azure-AsyncOperation": OPERATION}),
            Pending(Operation(OPERATION, "azure-asyncoperation")),
        ),
        (
            Says(200, {"id": "x"}, {"Azure-AsyncOperation": OPERATION}),
            Pending(Operation(OPERATION, "azure-asyncoperation")),
        ),
        (Says(202, b"", BOTH), Pending(Operation(OPERATION, "azure-asyncoperation", 60.0))),
        (Says(202, b"", {"Location": RESULT}), Pending(Operation(RESULT, "location"))),
        (Says(202, b"", {"Location": "/result/1"}), Pending(Operation(RESULT, "location"))),
        (Says(202, b"", {"Location": RESULT, "Retry-After": "inf"}), Pending(Operation(RESULT, "location"))),
        (Says(202, b"", {"Location": RESULT, "Retry-After": "0"}), Pending(Operation(RESULT, "location", 1.0))),
    ],
)
async def test_what_azure_took(says: Says, expected: Answer) -> None:
    assert await _submit(says) == expected


@pytest.mark.parametrize(
    "says",
    [
        Says(202),
        Says(200, b"<html>please sign in to the network</html>"),
        Says(200, b"{"),
        Says(200, b"null"),
        Says(200, b"[" * 100_000),
        Says(200, b'"\\ud800"'),
        Says(200, refusal("Oops")),
        Says(408, refusal("RequestTimeout")),
        Says(500, refusal("CloudInternalError")),
        Says(502, b"<html>Bad Gateway</html>"),
        Says(504, refusal("GatewayTimeout")),
        Says(599),
        REFUSED,
        CONNECT_TIMEOUT,
        RESET,
        TimeoutError(),
        OSError("broken pipe"),
        ValueError("odd"),
    ],
)
async def test_what_may_or_may_not_have_happened(says: Says | Exception) -> None:
    answer = await _submit(says)
    assert isinstance(answer, Unsure)
    assert answer.reason


@pytest.mark.parametrize(
    ("says", "code", "message"),
    [
        (Says(400, refusal("BMSUserErrorInvalidInput", "bad")), "BMSUserErrorInvalidInput", "bad"),
        (Says(401, refusal("InvalidAuthenticationToken")), "InvalidAuthenticationToken", "no"),
        (Says(403, refusal("AuthorizationFailed")), "AuthorizationFailed", "no"),
        (Says(404, refusal("ResourceNotFound")), "ResourceNotFound", "no"),
        (Says(409, refusal("BMSUserErrorObjectLocked")), "BMSUserErrorObjectLocked", "no"),
        (Says(412, b""), "Http412", "Azure answered 412 without an explanation."),
        (Says(423, refusal("Locked")), "Locked", "no"),
        (Says(429, refusal("ResourceRequestsThrottled")), "ResourceRequestsThrottled", "no"),
        (Says(503, {"ErrorCode": "Busy", "Message": {"Language": "en", "Value": "later"}}), "Busy", "later"),
        (Says(400, b"<html>no</html>"), "Http400", "Azure answered 400 without an explanation."),
        (Says(400, b"\xff\xfe"), "Http400", "Azure answered 400 without an explanation."),
        (Says(400, {"error": "text"}), "Http400", "Azure answered 400 without an explanation."),
        (Says(400, {"error": {"code": 7, "message": None}}), "7", ""),
        (
            Says(400, {"code": "InvalidRequest", "message": "the api-version is missing"}),
            "InvalidRequest",
            "the api-version is missing",
        ),
        (Says(307, b"", {"Location": f"{ORIGIN}/elsewhere"}), "Http307", "Azure answered 307 without an explanation."),
        (
            Says(307, b"", {"Location": "https://evil.example/"}),
            "Http307",
            "Azure answered 307 without an explanation.",
        ),
    ],
)
async def test_what_azure_refused(says: Says, code: str, message: str) -> None:
    expected = AzureError(code, message, says.status, correlation_id="corr")
    assert await _submit(says) == Refused(expected)


async def test_a_failed_pre_validation_is_a_refusal_though_it_comes_under_200() -> None:
    body = {"status": "Failed", "errorCode": "UserErrorGuestAgentStatusUnavailable", "errorMessage": "no agent"}
    answer = await _submit(Says(200, body), CHECK)
    assert answer == Refused(AzureError("UserErrorGuestAgentStatusUnavailable", "no agent", 200, correlation_id="corr"))
    assert await _submit(Says(200, {"status": "Succeeded"}), CHECK) == Done()
    assert isinstance(await _submit(Says(200, {"status": "Perhaps"}), CHECK), Unsure)
    assert isinstance(await _submit(Says(200, {}), CHECK), Unsure)
    assert isinstance(await _submit(Says(204), CHECK), Unsure), "no word is not a good word"


async def test_the_callers_correlation_id_travels_and_azures_own_comes_back() -> None:
    made = bench([Says(400, refusal("X"), {"x-ms-correlation-request-id": "theirs"})])
    answer = await made.client.submit(PUT, "mine")
    assert isinstance(answer, Refused)
    assert answer.error.correlation_id == "theirs"
    headers = made.transport.sent[0].headers
    assert headers["x-ms-correlation-request-id"] == headers["x-ms-client-request-id"] == "mine"
    assert headers["Accept-Language"] == "en-US"


async def test_a_path_that_could_be_another_is_not_sent() -> None:
    made = bench([Says(200)])
    answer = await made.client.submit(Call("PUT", f"{S}/../x", "1", "{}"), "c")
    assert isinstance(answer, Refused)
    assert made.transport.sent == []


@pytest.mark.parametrize(
    "says", [Says(200), Says(202, b"", BOTH), Says(409, refusal("Conflict"))], ids=["done", "accepted", "refused"]
)
async def test_what_azure_calls_the_request_is_kept_for_the_audit_log(says: Says) -> None:
    answer = await _submit(replace(says, headers={**says.headers, "x-ms-request-id": "r-1"}))
    assert isinstance(answer, Done | Pending | Refused)
    named = answer.error if isinstance(answer, Refused) else answer
    assert named.request_id == "r-1"
