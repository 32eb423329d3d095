"""Backup jobs: begun, ended, listed, read and cancelled."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import BaseRoute

from reconciler.vaultserver import errors, filters, operations, paging
from reconciler.vaultserver.failures import Failure
from reconciler.vaultserver.records import ItemRecord, JobRecord, Json, VaultRecord
from reconciler.vaultserver.routes import ArmRoute, V, WireCall, json_response
from reconciler.vaultserver.wire_times import NEVER, duration, parse_filter, stamp

if TYPE_CHECKING:
    from reconciler.vaultserver.world import World

CANCEL_SECONDS = 3
EXPORT_SECONDS = 5
RESTORE = timedelta(minutes=25)
"""How long a restore takes."""

RESTORE_GB = 127
RESTORE_SHOWS = 0.02
"""The share of a restore from which on it tells how far it is."""


def routes(world: World) -> list[BaseRoute]:
    return [
        ArmRoute(world, V + "/backupJobs", _list),
        ArmRoute(world, V + "/backupJobs/{job}", _get),
        ArmRoute(world, V + "/backupJobs/{job}/cancel", _cancel, ("POST",)),
        ArmRoute(world, V + "/backupJobsExport", _export, ("POST",)),
    ]


def begin(
    world: World,
    vault: VaultRecord,
    item: ItemRecord,
    operation: str,
    call: WireCall | None,
    bag: dict[str, str] | None = None,
) -> JobRecord:
    """A job in progress for an item, stored; without a call it is the service's own."""
    name = world.guid()
    key = item.name.partition(";")[2]
    entity = key.rpartition(";")[2]
    job = JobRecord(
        id=f"{vault.id}/backupJobs/{name}",
        vault=vault.id,
        name=name,
        item=item.id,
        entity=entity,
        container=key,
        operation=operation,
        start=world.now,
        activity=(call.client_request_id if call else "") or world.guid(),
        user=call is not None,
        bag={"VM Name": entity} | (bag or {}),
        classic=item.classic,
    )
    world.database.put(job)
    return job


def complete(world: World, job_id: str) -> None:
    _finish(world, job_id, "Completed", None)


def fail(world: World, job_id: str, failure: Failure) -> None:
    _finish(world, job_id, "Failed", failure)


def warn(world: World, job_id: str, failure: Failure) -> None:
    """End it with its work half done."""
    _finish(world, job_id, "CompletedWithWarnings", failure)


def _finish(world: World, job_id: str, status: str, failure: Failure | None) -> None:
    job = world.database.get(JobRecord, job_id)
    if job is None or job.end is not None:
        return
    job.status, job.end = status, world.now
    if failure is not None:
        job.errors = [failure.job_error()]
    world.database.put(job)


def running(world: World, item_id: str, operation: str) -> JobRecord | None:
    """The job of this kind that an item has under way."""
    for job in world.database.linked(JobRecord, item_id):
        if job.operation == operation and job.end is None:
            return job
    return None


def wire(world: World, job: JobRecord, *, full: bool) -> Json:
    """The job as GET shows it; lists leave out `extendedInfo`."""
    properties: Json = {"jobType": "AzureIaaSVMJob"}
    if job.cancellable:
        properties["actionsInfo"] = ["Cancellable"]
    if job.errors:
        properties["errorDetails"] = job.errors
    properties |= {
        "containerName": job.container,
        "duration": duration((job.end or world.now) - job.start),
        "virtualMachineVersion": "ClassicCompute" if job.classic else "Compute",
        "isUserTriggered": job.user,
    }
    if full:
        properties["extendedInfo"] = _extended(world, job)
    properties |= {
        "entityFriendlyName": job.entity,
        "backupManagementType": "AzureIaasVM",
        "operation": job.operation,
        "status": job.status,
        "startTime": stamp(job.start),
        "activityId": job.activity,
    }
    if job.end is not None:
        properties["endTime"] = stamp(job.end)
    return {
        "id": job.id,
        "name": job.name,
        "type": "Microsoft.RecoveryServices/vaults/backupJobs",
        "properties": properties,
    }


def _extended(world: World, job: JobRecord) -> Json:
    if job.operation == "Restore":
        return _restore_extended(world, job)
    extended: Json = {"tasksList": [_task(world, task) for task in job.tasks], "propertyBag": job.bag}
    if job.internal_bag:
        extended["internalPropertyBag"] = job.internal_bag
    return extended


def _task(world: World, task: Json) -> Json:
    """A task `{taskId, status, start, end}` in the wire's words."""
    start, end = parse_filter(task.get("start") or ""), parse_filter(task.get("end") or "")
    spent = (end or world.now) - start if start else timedelta(0)
    return {
        "taskId": task["taskId"],
        "startTime": stamp(start) if start else NEVER,
        "endTime": stamp(end) if end else NEVER,
        "duration": duration(spent),
        "status": task["status"],
        "taskType": "Normal",
    }


def _restore_extended(world: World, job: JobRecord) -> Json:
    """A restore tells its progress in the task, and no times."""
    spent = (job.end or world.now) - job.start
    share = 1.0 if job.end else min(spent / RESTORE, 0.99)
    task: Json = {"taskId": job.tasks[0]["taskId"], "duration": "PT0S", "status": job.tasks[0]["status"]}
    extended: Json = {"tasksList": [task], "propertyBag": job.bag, "internalPropertyBag": job.internal_bag}
    if share >= RESTORE_SHOWS:
        task["taskExecutionDetails"] = f"{RESTORE_GB * share:.4g} GBs / {RESTORE_GB} GBs Transferred"
    if share >= RESTORE_SHOWS and job.end is None:
        extended["estimatedRemainingDuration"] = duration(RESTORE - spent)
    if job.end is None:
        extended["dynamicErrorMessage"] = ""
    task["taskType"] = "Normal"
    return extended | {"progressPercentage": max(1.0, round(share * 100.0, 1))}


def _list(call: WireCall) -> Response:
    vault = call.vault()
    wanted = filters.read(call, "status", "backupManagementType", "operation", "jobId", "startTime", "endTime")
    since, until = parse_filter(wanted.get("startTime") or ""), parse_filter(wanted.get("endTime") or "")
    chosen = [
        job
        for job in call.world.recall(f"jobs {vault.id}", lambda: call.world.jobs(vault.id))
        if wanted.matches("status", job.status)
        and wanted.matches("operation", job.operation)
        and wanted.matches("jobId", job.name)
        and wanted.matches("backupManagementType", "AzureIaasVM")
        and (since is None or job.start >= since)
        and (until is None or job.start <= until)
    ]
    return paging.paged(call, chosen, lambda job: job.id, lambda job: wire(call.world, job, full=False))


def _wanted(call: WireCall) -> JobRecord:
    job = call.world.database.get(JobRecord, f"{call.vault().id}/backupJobs/{call.params['job']}")
    if job is None:
        raise errors.job_not_found()
    return job


def _get(call: WireCall) -> Response:
    return json_response(wire(call.world, _wanted(call), full=True))


def _cancel(call: WireCall) -> Response:
    world, vault, job = call.world, call.vault(), _wanted(call)
    if vault.preview or job.status != "InProgress" or job.phase != "snapshot":
        raise errors.not_cancellable()
    job.status = "Cancelling"
    world.database.put(job)
    operation = operations.begin(world, vault, "job", job.id)
    world.later(world.now + timedelta(seconds=CANCEL_SECONDS), "operation-ends", operation.name)
    return operations.accepted(call, operation)


def _export(call: WireCall) -> Response:
    world, vault = call.world, call.vault()
    operation = operations.begin(world, vault, "delete", vault.id)
    world.later(world.now + timedelta(seconds=EXPORT_SECONDS), "operation-ends", operation.name)
    return operations.accepted(call, operation)
