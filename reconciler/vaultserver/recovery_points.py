"""Recovery points: listed, read, and restored from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from reconciler.vaultserver import errors, filters, items, jobs, operations, paging
from reconciler.vaultserver.arm import last
from reconciler.vaultserver.records import ItemRecord, JobRecord, Json, OperationRecord, PointRecord, VaultRecord
from reconciler.vaultserver.routes import ITEM, ArmRoute, WireCall, json_response
from reconciler.vaultserver.wire_times import american, parse_filter, stamp

if TYPE_CHECKING:
    from reconciler.vaultserver.world import World

POINTS = ITEM + "/recoveryPoints"

_READINESS = {
    "ArchivedRP": {
        "isReadyForMove": False,
        "additionalInfo": "We're still determining if this Recovery Point can be moved.. "
        "Please check again after some time.",
    }
}


def routes(world: World) -> list[BaseRoute]:
    return [
        ArmRoute(world, POINTS, _list),
        ArmRoute(world, POINTS + "/{point}", _get),
        ArmRoute(world, POINTS + "/{point}/restore", _restore, ("POST",)),
    ]


def wire(point: PointRecord) -> Json:
    partial = "PremiumVMOnPartialPremiumStorage" if point.premium else "NormalStorage"
    properties: Json = {
        "objectType": "IaasVMRecoveryPoint",
        "recoveryPointType": point.type,
        "recoveryPointTime": stamp(point.time),
        "recoveryPointAdditionalInfo": "",
        "sourceVMStorageType": partial,
        "isSourceVMEncrypted": False,
        "isInstantIlrSessionActive": False,
        "recoveryPointTierDetails": [{"type": tier, "status": status} for tier, status in point.tiers.items()],
        "isManagedVirtualMachine": True,
        "virtualMachineSize": point.vm_size,
        "originalStorageAccountOption": False,
        "osType": point.os,
        "recoveryPointMoveReadinessInfo": _READINESS,
        "securityType": "None",
        "isPrivateAccessEnabledOnAnyDisk": False,
        "createdWithPolicyType": point.policy_type,
        "threatStatus": 0,
        "recoveryPointProperties": {"ruleName": point.rule, "isSoftDeleted": False},
        "recoveryPointDiskConfiguration": _disks(point),
    }
    if point.expiry is not None:
        properties["recoveryPointProperties"]["expiryTime"] = stamp(point.expiry)
    return {
        "id": point.id,
        "name": point.name,
        "type": "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems/recoveryPoints",
        "properties": properties,
    }


def _disks(point: PointRecord) -> Json:
    return {
        "numberOfDisksIncludedInBackup": len(point.disks),
        "numberOfDisksAttachedToVm": len(point.disks),
        "includedDiskList": point.disks,
        "excludedDiskList": [],
    }


def _list(call: WireCall) -> Response:
    item = items.asked(call)
    wanted = filters.read(
        call, "startDate", "endDate", "restorePointQueryType", "extendedInfo", "moveReadyRPOnly", "includeSoftDeletedRP"
    )
    since, until = parse_filter(wanted.get("startDate") or ""), parse_filter(wanted.get("endDate") or "")
    points = [
        point
        for point in call.world.recovery_points(item.id)
        if (since is None or point.time >= since) and (until is None or point.time <= until)
    ]
    return paging.paged(call, points, lambda point: point.id, wire)


def _wanted(call: WireCall) -> PointRecord:
    item = items.asked(call)
    point = call.world.database.get(PointRecord, f"{item.id}/recoveryPoints/{call.params['point']}")
    if point is None:
        raise errors.point_not_found()
    return point


def _get(call: WireCall) -> Response:
    return json_response(wire(_wanted(call)))


def _restore(call: WireCall) -> Response:
    """Take a restore: its operation ends at once and its job, which bears the same id, runs on."""
    world, vault, item, point = call.world, call.vault(), items.asked(call), _wanted(call)
    given = call.properties()
    if given.get("objectType") != "IaasVMRestoreRequest" or not given.get("recoveryType"):
        raise errors.invalid_input()
    if jobs.running(world, item.id, "Restore"):
        raise errors.restore_runs()
    bag = {
        "Job Type": "Recover disks",
        "Target VM Name": "vmName",
        "Target Storage Account Name": last(str(given.get("storageAccountId") or "")),
        "Recovery point time ": american(point.time),
    }
    path = call.request.url.path.split("/recoveryPoints/")[0]
    return operations.accepted(call, begin(world, vault, item, path, bag, call))


def begin(
    world: World, vault: VaultRecord, item: ItemRecord, path: str, bag: dict[str, str], call: WireCall | None = None
) -> OperationRecord:
    """A restore under way, whoever asked for it; `path` is what its operation's addresses hang below."""
    job = jobs.begin(world, vault, item, "Restore", call, bag)
    operation = operations.begin(world, vault, "item", path, jobs=[job.name])
    _rename(world, job, operation.name)
    operation.jobs = [job.name]
    world.database.put(operation)
    operations.end(world, operation.name)
    world.later(world.now + jobs.RESTORE, "restore-ends", job.id)
    return operation


def _rename(world: World, job: JobRecord, name: str) -> None:
    world.database.delete(job)
    job.name, job.id = name, f"{job.vault}/backupJobs/{name}"
    job.cancellable = True
    job.internal_bag = {"restoreLocationType": "RestoreDisks"}
    job.tasks = [{"taskId": "Transfer data from vault", "status": "InProgress"}]
    world.database.put(job)


def restored_event(world: World, subject: str, _body: dict[str, Any]) -> None:
    """Timeline: the disks of a restore are there."""
    job = world.database.get(JobRecord, subject)
    if job is not None and job.end is None:
        job.tasks[0]["status"] = "Completed"
        world.database.put(job)
        jobs.complete(world, job.id)
