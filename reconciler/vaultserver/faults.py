"""Faults on demand: the service's own errors and time-outs, injected by rule."""

from __future__ import annotations

from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any

from reconciler.vaultserver.arm import fold
from reconciler.vaultserver.errors import ArmError
from reconciler.vaultserver.records import FaultRecord

if TYPE_CHECKING:
    from reconciler.vaultserver.world import World

OPERATIONS = ("Backup", "ConfigureBackup", "DeleteBackupData", "DisableBackup", "Discover", "Register", "Undelete")
"""What a rule can fail by `operation`: kinds of jobs, and discovery."""

_AGAIN = "Please retry the operation in a few minutes. If the problem persists, contact Microsoft support."
JOB_MESSAGES = {
    ("Discover", "CloudInternalError"): "Failed to discover new items: Microsoft Azure Backup encountered an internal "
    "error.\r\nWait for 15 minutes and then try the operation again.",
    ("Backup", "CloudInternalError"): f"Backup failed with an internal error.\r\n{_AGAIN}",
    ("Backup", "BackUpOperationFailed"): f"Backup failed with an internal error.\r\n{_AGAIN}",
    (
        "Backup",
        "CopyingVHDsFromBackUpVaultTakingLongTime",
    ): f"Copying VHDs from the backup vault timed out.\r\n{_AGAIN}",
    ("Backup", "GuestAgentSnapshotTaskStatusError"): f"Snapshot VM sub task timed out.\r\n{_AGAIN}",
}
"""The words of the service for what it fails by itself, by operation and code."""

MESSAGES = {
    "CloudInternalError": "Microsoft Azure Backup encountered an internal error.\r\n"
    "Wait for a few minutes and then try the operation again.",
    "InternalServerError": "The server encountered an internal error. Please retry the request.",
    "GatewayTimeout": "The gateway did not receive a response from 'Microsoft.RecoveryServices' "
    "within the specified time period.",
    "ServerTimeout": "The request timed out.",
}


def inject(world: World, **rule: Any) -> FaultRecord:
    """Add a rule. With `operation` (a job operation such as Backup) it fails that job, else it answers a request.

    `method` and `path` are globs over requests, `vm` one over names of virtual machines, `times` None means for ever.
    """
    if rule.get("operation") and rule["operation"] not in OPERATIONS:
        raise ValueError(f"{rule['operation']!r} is none of the operations that can fail: {', '.join(OPERATIONS)}")
    number = world.database.next_number("fault")
    fault = FaultRecord(id=f"fault/{number:06}", **rule)
    if not fault.operation and not fault.status:
        fault.status = 500
    fault.code = fault.code or "CloudInternalError"
    fault.message = fault.message or _words(fault)
    world.database.put(fault)
    return fault


def _words(fault: FaultRecord) -> str:
    own = JOB_MESSAGES.get((fault.operation, fault.code))
    return own or MESSAGES.get(fault.code, MESSAGES["CloudInternalError"])


def listed(world: World) -> list[FaultRecord]:
    return world.database.all(FaultRecord)


def clear(world: World) -> int:
    """Forget every rule; how many there were."""
    rules = listed(world)
    for rule in rules:
        world.database.delete(rule)
    return len(rules)


def meet_request(world: World, method: str, path: str) -> None:
    """Raise what the first rule for this request says."""
    for fault in listed(world):
        if fault.operation or not _open(fault):
            continue
        if fnmatch(method, fault.method.upper()) and fnmatch(fold(path), fold(fault.path)):
            _count(world, fault)
            headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
            raise ArmError(fault.status, fault.code, fault.message, headers=headers)


def meet_job(world: World, operation: str, vm: str) -> FaultRecord | None:
    """The rule that fails this job, if any."""
    for fault in listed(world):
        if fault.operation == operation and _open(fault) and fnmatch(fold(vm), fold(fault.vm)):
            _count(world, fault)
            return fault
    return None


def _open(fault: FaultRecord) -> bool:
    return fault.times is None or fault.met < fault.times


def _count(world: World, fault: FaultRecord) -> None:
    fault.met += 1
    world.database.put(fault)
