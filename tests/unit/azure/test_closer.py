"""The closer looks: who changed something, Azure's word on a VM, an item's history, and the job behind a failure."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from reconciler.azure.decode.jobs import job_failure
from reconciler.model.drift import Change
from reconciler.model.observed import RecoveryPoint, VirtualMachine
from tests.unit.azure.scripted import NOW, VAULT, Says, V, connection, refusal
from tests.unit.azure.test_recovery_points import item, wire
from tests.unit.planning.making import machine

WROTE = {
    "id": "1",
    "eventTimestamp": "2026-11-23T07:00:00Z",
    "caller": "eve@contoso.example",
    "resourceId": f"{V}/backupPolicies/daily",
    "correlationId": "c-1",
    "operationName": {"value": "Microsoft.RecoveryServices/vaults/backupPolicies/write"},
    "status": {"value": "Succeeded"},
}
DAY_AGO = NOW - timedelta(days=1)


async def changes(*events: dict[str, Any]) -> list[Change]:
    made, _ = connection([Says(body={"value": list(events)})])
    return [change for _, change in await made.reader.changes(VAULT, DAY_AGO)]


async def test_who_wrote_is_told_newest_first() -> None:
    later = WROTE | {"id": "2", "eventTimestamp": "2026-11-23T07:30:00Z", "caller": "ada@contoso.example"}
    found = await changes(WROTE, later)
    assert [(one.caller, one.correlation_id) for one in found] == [
        ("ada@contoso.example", "c-1"),
        ("eve@contoso.example", "c-1"),
    ]


@pytest.mark.parametrize(
    "instead",
    [
        {"status": {"value": "Started"}},
        {"status": {"value": "Failed"}},
        {"operationName": {"value": "Microsoft.RecoveryServices/vaults/read"}},
        {"caller": ""},
        {"resourceId": ""},
        {"eventTimestamp": "yesterday"},
        {"eventTimestamp": "0001-01-01T00:00:00Z"},
    ],
)
async def test_what_changed_nothing_or_does_not_say_who_or_when_is_left_out(instead: dict[str, Any]) -> None:
    assert await changes(WROTE | instead) == []


async def test_who_may_not_read_the_activity_log_is_told_nothing_and_nothing_breaks() -> None:
    made, transport = connection([Says(403, refusal("AuthorizationFailed"))])
    assert await made.reader.changes(VAULT, DAY_AGO) == []
    assert len(transport.sent) == 1


@pytest.mark.parametrize("bad", [replace(VAULT, resource_group="../x"), replace(VAULT, subscription_id="x")])
async def test_of_a_vault_whose_name_cannot_stand_in_a_path_nothing_is_asked(bad: Any) -> None:
    made, transport = connection([Says(body={"value": [WROTE]})])
    assert list(await made.reader.changes(bad, DAY_AGO)) == []
    assert transport.sent == []


@pytest.mark.parametrize("location", ["west/europe", "..", ""])
async def test_a_vm_that_cannot_be_asked_about_has_no_word_of_azures(location: str) -> None:
    made, transport = connection([Says(body={})])
    odd: VirtualMachine = replace(machine("web-01"), location=location)
    assert await made.reader.check(VAULT, [odd]) == {}
    assert transport.sent == []


async def test_the_history_of_an_item_is_read_through_the_same_reader() -> None:
    at = "2026-11-22T22:00:00Z"
    made, transport = connection([Says(body={"value": [wire("p", "AppConsistent", at)]})])
    [point], gaps = await made.reader.history("rsv", item("vm"), DAY_AGO)
    assert isinstance(point, RecoveryPoint)
    assert (point.time.isoformat(), gaps) == ("2026-11-22T22:00:00+00:00", [])
    assert transport.writes == []


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"status": "Failed"}, "JobFailed"),
        ({"status": "Cancelled", "errorDetails": []}, "JobCancelled"),
        ({"status": "Failed", "errorDetails": [{"errorCode": 400153, "errorTitle": "VMNotRunning"}]}, "VMNotRunning"),
        ({"status": "Completed"}, None),
        ({"status": "InProgress"}, None),
    ],
)
def test_a_job_that_ended_badly_has_a_code_also_where_it_says_no_more(
    properties: dict[str, Any], code: str | None
) -> None:
    body = json.dumps({"id": f"{V}/backupJobs/1", "name": "1", "properties": {"operation": "Backup", **properties}})
    found = job_failure(body.encode())
    assert (found and found.code) == code
    assert job_failure(b"[]") is None
