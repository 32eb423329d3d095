"""Long-running operations: how they are begun, ended and followed, in each of Azure's spellings."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Literal

from starlette.responses import Response

from reconciler.vaultserver.records import Json, OperationRecord, VaultRecord
from reconciler.vaultserver.routes import WireCall, empty
from reconciler.vaultserver.wire_times import NEVER, stamp

if TYPE_CHECKING:
    from reconciler.vaultserver.world import World

Family = Literal["vault", "item", "delete", "fabric", "policy", "job", "container"]

ADDRESSES: dict[str, tuple[str, str]] = {
    "vault": ("operationStatus", "operationResults"),
    "item": ("operationsStatus", "operationResults"),
    "delete": ("backupOperations", "backupOperationResults"),
    "fabric": ("operationsStatus", "operationResults"),
    "policy": ("operations", "operationResults"),
    "job": ("", "operationResults"),
    "container": ("", "operationResults"),
}
"""Last segments of the Azure-AsyncOperation and the Location address, below the subject of the family."""

_FABRIC_STATUS_VERSION = "2019-05-13-preview"
_FABRIC_SHARE = 6
"""Vault, fabric and policy operations are shorter than item ones: their Retry-After is this much less."""


def begin(
    world: World, vault: VaultRecord, family: Family, subject: str, *, jobs: list[str] | None = None, result: int = 204
) -> OperationRecord:
    """An operation in progress; `subject` is the path its addresses hang below."""
    name = world.guid()
    if family == "vault":
        name = base64.b64encode(f"2047;{name}".encode()).decode()
    operation = OperationRecord(
        id=f"{vault.id}/operation/{name}",
        vault=vault.id,
        name=name,
        family=family,
        subject=subject,
        start=world.now,
        jobs=jobs or [],
        result=result,
    )
    world.database.put(operation)
    return operation


def end(world: World, name: str, error: Json | None = None) -> None:
    """Let it have succeeded, or failed with an error `{code, message}`."""
    for operation in named(world, name):
        operation.status = "Failed" if error else "Succeeded"
        operation.error = error
        operation.end = world.now
        world.database.put(operation)


def named(world: World, name: str) -> list[OperationRecord]:
    """The operations of this id, in any vault."""
    return world.database.linked(OperationRecord, name)


def find(world: World, vault: str, name: str) -> OperationRecord | None:
    return world.database.get(OperationRecord, f"{vault}/operation/{name}")


def end_event(world: World, subject: str, body: dict[str, Any]) -> None:
    """Timeline: an operation that has nothing more to do than to end."""
    end(world, subject, body.get("error"))


def accepted(call: WireCall, operation: OperationRecord, status: int = 202) -> Response:
    """The answer that a request was taken: empty, with the addresses to follow it by."""
    return empty(status, addresses(call, operation))


def addresses(call: WireCall, operation: OperationRecord) -> dict[str, str]:
    """The headers of the operation's family, absolute, with the caller's api-version."""
    status, result = ADDRESSES[operation.family]
    headers: dict[str, str] = {}
    if status:
        version = _FABRIC_STATUS_VERSION if operation.family == "fabric" else ""
        headers["Azure-AsyncOperation"] = call.url(f"{operation.subject}/{status}/{operation.name}", version)
    headers["Location"] = call.url(f"{operation.subject}/{result}/{operation.name}")
    return headers | retry_after(call.world, operation.family)


def retry_after(world: World, family: str) -> dict[str, str]:
    """Seconds of real time to wait; never 0, which SDKs take for absent."""
    seconds: float = world.settings.retry_after
    if family not in {"item", "delete"}:
        seconds /= _FABRIC_SHARE
    return {"Retry-After": str(max(1, round(seconds / (world.clock.speed or 1.0))))}


def status_body(operation: OperationRecord) -> Json:
    """What the status addresses answer, always under 200."""
    done = operation.end is not None
    body: Json = {
        "id": operation.name,
        "name": operation.name,
        "status": operation.status,
        "startTime": stamp(operation.start),
        "endTime": stamp(operation.start) if done else NEVER,
    }
    if done and operation.error:
        body["error"] = {"code": operation.error["code"], "message": operation.error["message"]}
    if done and operation.family == "policy":
        extended = {"objectType": "OperationStatusJobsExtendedInfo", "jobIds": operation.jobs, "failedJobsError": {}}
        body["properties"] = extended
    elif done and operation.jobs:
        body["properties"] = {"objectType": "OperationStatusJobExtendedInfo", "jobId": operation.jobs[0]}
    return body
