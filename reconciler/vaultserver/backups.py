"""Backup runs, by schedule or on demand: a snapshot, then a transfer; the machine's facts decide how they end."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from reconciler.vaultserver import errors, failures, faults, jobs, policies, policy_schedule, retention
from reconciler.vaultserver.arm import fold
from reconciler.vaultserver.eligibility import PREVIEW_DATA_DISKS, PREVIEW_DATA_GB, too_many_disks
from reconciler.vaultserver.failures import Failure
from reconciler.vaultserver.records import ItemRecord, JobRecord, Json, PointRecord, VaultRecord, VmRecord
from reconciler.vaultserver.wire_times import american, stamp

if TYPE_CHECKING:
    from reconciler.vaultserver.routes import WireCall
    from reconciler.vaultserver.world import World

ON_DEMAND_A_DAY = 9
SNAPSHOT_MINUTES = (3, 8)
TRANSFER_MINUTES = (10, 40)
TIMEOUT_MINUTES = 20
POINT_AFTER = timedelta(seconds=4)
"""A point bears the time of the snapshot, a few seconds into the job."""

_ACTIVE = ("IRPending", "Protected", "ProtectionError")
_GREEN = {
    "code": 400239,
    "title": "IaasVmHealthGreenDefault",
    "message": "Backup pre-check status of this virtual machine is OK.",
    "recommendations": [],
}


def runs_event(world: World, subject: str, _body: dict[str, Any]) -> None:
    """Timeline: a policy's time has come; every item it governs is backed up."""
    policy = policies.find(world, subject)
    vault = world.vault(policy.vault) if policy else None
    if policy is None or vault is None:
        return
    for item in policies.using(world, policy):
        if item.state in _ACTIVE and not item.pending:
            _run(world, vault, item)
    run = policy_schedule.next_run(policy, world.now)
    if run is not None:
        world.later(run, "policy-runs", policy.id)


def _run(world: World, vault: VaultRecord, item: ItemRecord) -> None:
    """Begin a scheduled backup. While another backup or a restore runs it fails at once, and the item stays well."""
    busy = None
    if jobs.running(world, item.id, "Backup"):
        busy = failures.BACKUP_RUNS
    elif jobs.running(world, item.id, "Restore"):
        busy = failures.RESTORE_RUNS
    if busy is None:
        start(world, vault, item, None, None)
    else:
        jobs.fail(world, jobs.begin(world, vault, item, "Backup", None).id, busy)


def check_quota(world: World, item: ItemRecord) -> None:
    """Refuse the tenth on-demand backup of 24 hours."""
    day_ago = world.now - timedelta(days=1)
    tried = [job for job in world.database.linked(JobRecord, item.id) if job.operation == "Backup" and job.user]
    if sum(job.start > day_ago for job in tried) >= ON_DEMAND_A_DAY:
        raise errors.too_many_backups()


def start(
    world: World, vault: VaultRecord, item: ItemRecord, call: WireCall | None, expiry: datetime | None
) -> JobRecord:
    """Begin a backup; `expiry` is that of an on-demand one."""
    bag = {"Recovery Point Expiry Time in UTC": american(expiry)} if expiry else {}
    job = jobs.begin(world, vault, item, "Backup", call, bag)
    job.cancellable = not vault.preview
    job.phase = "snapshot"
    job.internal_bag = {"IsInstantRpJob": "True"}
    job.tasks = [
        {"taskId": "Take Snapshot", "status": "InProgress", "start": stamp(world.now)},
        {"taskId": "Transfer data to vault", "status": "NotStarted"},
    ]
    world.database.put(job)
    vm = world.vm(item.vm)
    slow = vm is not None and vm.power == "running" and vm.snapshot == "timesOut"
    minutes: float = TIMEOUT_MINUTES if slow else _between(world, SNAPSHOT_MINUTES, job.id)
    due = world.now + timedelta(minutes=minutes)
    world.later(due, "snapshot-ends", job.id, expiry=stamp(expiry) if expiry else "")
    return job


def _between(world: World, minutes: tuple[int, int], *names: str) -> float:
    return minutes[0] + (minutes[1] - minutes[0]) * world.chance(*names)


def snapshot_event(world: World, subject: str, body: dict[str, Any]) -> None:
    """Timeline: the snapshot is taken, or it is clear that it cannot be."""
    job = world.database.get(JobRecord, subject)
    item = world.database.get(ItemRecord, job.item) if job else None
    vault = world.vault(job.vault) if job else None
    if job is None or item is None or vault is None or job.end is not None:
        return
    vm = world.vm(item.vm)
    failure = _failure(world, vault, item, vm)
    if failure is not None or vm is None:
        _failed(world, job, item, failure or failures.VM_GONE)
        return
    point = _point(world, item, vm, job, body["expiry"])
    world.database.put(point)
    _task(job, 0, "Completed", world.now)
    if job.status == "Cancelling":
        _cancelled(world, job, item, point)
        return
    job.phase = "transfer"
    job.tasks[1] |= {"status": "InProgress", "start": stamp(world.now)}
    world.database.put(job)
    minutes = _between(world, TRANSFER_MINUTES, job.id, "transfer")
    world.later(world.now + timedelta(minutes=minutes), "transfer-ends", job.id, point=point.id)


def transfer_event(world: World, subject: str, body: dict[str, Any]) -> None:
    """Timeline: the data has reached the vault."""
    job = world.database.get(JobRecord, subject)
    item = world.database.get(ItemRecord, job.item) if job else None
    point = world.database.get(PointRecord, body["point"])
    if job is None or item is None or job.end is not None:
        return
    _task(job, 1, "Completed", world.now)
    if point is not None:
        point.tiers["HardenedRP"] = "Valid"
        world.database.put(point)
        job.bag["Backup Size"] = f"{point.size_mb} MB"
    world.database.put(job)
    jobs.complete(world, job.id)
    _succeeded(world, job, item, point, "Completed")


def _cancelled(world: World, job: JobRecord, item: ItemRecord, point: PointRecord) -> None:
    _task(job, 1, "Cancelled", world.now)
    world.database.put(job)
    jobs.warn(world, job.id, failures.CANCELLED)
    _succeeded(world, job, item, point, "CompletedWithWarnings")


def _succeeded(world: World, job: JobRecord, item: ItemRecord, point: PointRecord | None, status: str) -> None:
    item.last_backup, item.last_backup_status = job.start, status
    if point is not None:
        item.last_point = point.time
        retention.watch(world, item)
    if item.deleted is None and item.state in _ACTIVE:
        item.state = "Protected"
    item.status, item.health, item.health_details = "Healthy", "Passed", [_GREEN]
    world.database.put(item)


def _failed(world: World, job: JobRecord, item: ItemRecord, failure: Failure) -> None:
    _task(job, 0, "Failed", world.now)
    world.database.put(job)
    jobs.fail(world, job.id, failure)
    item.last_backup, item.last_backup_status = job.start, "Failed"
    if item.state == "Protected":
        item.state = "ProtectionError"
    ail(item, failure)
    world.database.put(item)


def ail(item: ItemRecord, failure: Failure) -> None:
    """Show a failure in the item's health."""
    item.status, item.health = "Unhealthy", "ActionRequired"
    advice = [failure.advice] if failure.advice else []
    detail: Json = {"code": failure.number, "title": failure.code, "message": failure.text, "recommendations": advice}
    item.health_details = [detail]


def _task(job: JobRecord, number: int, status: str, now: datetime) -> None:
    task = job.tasks[number]
    task["status"] = status
    if "start" in task:
        task["end"] = stamp(now)


def _failure(world: World, vault: VaultRecord, item: ItemRecord, vm: VmRecord | None) -> Failure | None:
    injected = faults.meet_job(world, "Backup", item.friendly_name)
    if injected is not None:
        return Failure(injected.code, injected.number, injected.message)
    if vm is None:
        return failures.VM_GONE
    if vm.provisioning_state == "Failed":
        return failures.BAD_STATE
    if vault.preview and len(vm.data_disks) > PREVIEW_DATA_DISKS:
        return failures.PREVIEW_COPY_TIMEOUT
    if vault.preview and sum(disk.size_gb for disk in vm.data_disks) > PREVIEW_DATA_GB:
        return failures.PREVIEW_TOO_MUCH_DATA
    if not vault.preview and too_many_disks(vm):
        return failures.TOO_MANY_DISKS
    return _guest_failure(vault, vm) if vm.power == "running" else None


def _guest_failure(vault: VaultRecord, vm: VmRecord) -> Failure | None:
    if not vm.agent.present and vault.preview:
        return failures.PREVIEW_NO_EXTENSION
    if not vm.agent.present or vm.agent.status != "ready":
        return failures.AGENT_UNAVAILABLE
    if not vm.network.dns or not vm.network.outbound:
        return failures.NO_NETWORK
    return failures.SNAPSHOT_TIMEOUT if vm.snapshot == "timesOut" else None


def consistency(vm: VmRecord, *, crash_only: bool = False) -> str:
    """The kind of point a backup of the machine makes now."""
    if vm.power != "running" or crash_only:
        return "CrashConsistent"
    return "AppConsistent" if vm.os == "Windows" and vm.vss == "working" else "FileSystemConsistent"


def _point(world: World, item: ItemRecord, vm: VmRecord, job: JobRecord, expiry: str) -> PointRecord:
    policy = policies.find(world, item.policy) if item.policy else None
    crash_only = policy is not None and policy.properties.get("snapshotConsistencyType") == "OnlyCrashConsistent"
    return retention.place(make_point(world, item, vm, job.start + POINT_AFTER, expiry, crash_only=crash_only), policy)


def make_point(
    world: World, item: ItemRecord, vm: VmRecord, time: datetime, expiry: str = "", *, crash_only: bool = False
) -> PointRecord:
    """A recovery point of the machine as it is, with its snapshot only."""
    name = str(int(world.chance("point", item.id, stamp(time)) * 9e14) + 10**14)
    disks = [{"lun": -1, "name": f"{vm.name}_OsDisk_1"}]
    disks += [{"lun": lun, "name": disk.name} for lun, disk in enumerate(vm.data_disks)]
    used = 4000 + int(world.chance("size", vm.vm_id) * 20000)
    return PointRecord(
        id=f"{item.id}/recoveryPoints/{name}",
        vault=item.vault,
        name=name,
        item=item.id,
        type=consistency(vm, crash_only=crash_only),
        time=time,
        tiers={"InstantRP": "Valid"},
        fixed=datetime.fromisoformat(expiry) if expiry else None,
        vm_size=vm.vm_size,
        os=vm.os,
        disks=disks,
        policy_type=item.policy_type,
        size_mb=used + sum(disk.size_gb for disk in vm.data_disks) * 10,
        premium=fold(vm.os_disk_storage).startswith("premium"),
    )
