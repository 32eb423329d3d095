"""The latest recovery points of items: one request each, and only of those that have a point."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import unquote_plus

import pytest

from reconciler.azure.recovery_points import read_history, read_points
from reconciler.model.desired import Consistency
from reconciler.model.observed import ProtectedItem, RecoveryPoint
from reconciler.model.state import ItemState
from tests.unit.azure.scripted import NOW, Says, V, bench

AT = NOW - timedelta(hours=11)


def item(name: str, *, point: bool = True) -> ProtectedItem:
    path = f"{V}/backupFabrics/Azure/protectionContainers/c;{name}/protectedItems/i;{name}"
    at = AT if point else None
    return ProtectedItem(path, name, name, name, ItemState.PROTECTED, "Protected", "", "", last_recovery_point=at)


def wire(name: str, kind: str, at: str) -> dict[str, object]:
    return {"id": f"{V}/{name}", "properties": {"recoveryPointType": kind, "recoveryPointTime": at}}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("AppConsistent", Consistency.APPLICATION),
        ("FileSystemConsistent", Consistency.FILE_SYSTEM),
        ("CrashConsistent", Consistency.CRASH),
        ("SomethingNew", None),
    ],
)
async def test_the_youngest_counts(kind: str, expected: Consistency | None) -> None:
    older = wire("1", "CrashConsistent", "2026-11-22T20:59:59Z")
    made = bench([Says(body={"value": [older, wire("2", kind, "2026-11-22T21:00:04.5Z"), older | {"id": "3"}]})])
    points, gaps = await read_points(made.client, [("rsv", item("web"))])
    assert points["rsv", "web"].consistency is expected
    assert points["rsv", "web"].time.second == 4
    assert gaps == []


async def test_only_the_end_of_the_list_is_asked_for() -> None:
    made = bench([Says(body={"value": []})])
    await read_points(made.client, [("rsv", item("web")), ("rsv", item("new", point=False))])
    [request] = made.transport.sent
    assert request.method == "GET"
    assert "startDate eq '2026-11-22 08:59:00 PM' and endDate eq '2026-11-23 08:00:00 AM'" in unquote_plus(request.url)


async def test_one_that_cannot_be_read_is_a_gap_and_the_others_are_there() -> None:
    good = Says(body={"value": [wire("1", "AppConsistent", AT.isoformat())]})
    refused = Says(403, {"error": {"code": "AuthorizationFailed", "message": "no"}})
    made = bench(lambda request: refused if "bad" in request.url else good)
    points, [gap] = await read_points(made.client, [("rsv", item("web")), ("rsv", item("bad"))])
    assert points == {("rsv", "web"): RecoveryPoint(AT, Consistency.APPLICATION)}
    assert (gap.vault, "AuthorizationFailed" in gap.reason) == ("rsv", True)


async def test_the_history_of_one_item() -> None:
    listed = [wire("2", "AppConsistent", AT.isoformat()), wire("1", "New", (AT - timedelta(days=1)).isoformat())]
    made = bench([Says(body={"value": listed})])
    points, gaps = await read_history(made.client, "rsv", item("web"), NOW - timedelta(days=30))
    assert points == [RecoveryPoint(AT - timedelta(days=1), None), RecoveryPoint(AT, Consistency.APPLICATION)]
    assert gaps == []
    [request] = made.transport.sent
    assert "startDate eq '2026-10-24 08:00:00 AM'" in unquote_plus(request.url)
