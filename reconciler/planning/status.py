"""How each VM of the declared vaults is backed up: what was seen, what Azure only claims, and what is not known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from reconciler.model.backup_rules import Schedule
from reconciler.model.desired import Desired, Vault
from reconciler.model.ids import fold
from reconciler.model.observed import Gap, Job, Observed, ProtectedItem, VmKey
from reconciler.model.plan import Finding, Severity
from reconciler.model.state import ItemState, State
from reconciler.model.status import JobEnd, JobStatus, Status, Trust, VaultStatus, VmStatus
from reconciler.planning.absence import vm_seems_gone
from reconciler.planning.backup_health import about_backups, check_backups
from reconciler.planning.coverage import cover, in_scope
from reconciler.planning.job_history import WINDOW, container_of, failure, judged
from reconciler.planning.namesakes import is_recreated
from reconciler.planning.next_backup import START_LAG, interval, next_backup
from reconciler.planning.objective import check_objectives
from reconciler.planning.root_causes import by_root_cause
from reconciler.planning.select import Wish, select
from reconciler.planning.situation import Situation, container_key, label_of, policy_of, situation_of

_ENDS = {
    "Completed": JobEnd.SUCCEEDED,
    "CompletedWithWarnings": JobEnd.SUCCEEDED,
    "Failed": JobEnd.FAILED,
    "Cancelled": JobEnd.CANCELLED,
}

POINTS_UNASKED = 50
"""Recovery points that a status reads by itself: a second or two, and less than one read in a hundred of an hour's."""


def status(desired: Desired, observed: Observed, unread: tuple[Gap, ...] = ()) -> Status:
    """`unread` are recovery points that could not be read: they leave a vault's lists as whole as they are."""
    situation = situation_of(desired, observed)
    wishes = select(situation).wishes
    found = [*check_backups(situation, wishes, all_items=True), *check_objectives(situation, wishes)]
    findings = sorted(by_root_cause(found, situation.label), key=_worst_first)
    vms = sorted(_vms(situation, wishes, findings), key=lambda vm: (vm.vault, vm.label, vm.key))
    jobs = sorted(_jobs(situation), key=lambda one: (one.job.start or observed.taken_at, one.job.id), reverse=True)
    return Status(
        observed.taken_at,
        observed.complete and not situation.blind_vaults and not unread,
        (*observed.gaps, *unread),
        tuple(_vaults(situation, wishes, vms, jobs)),
        tuple(vms),
        tuple(jobs),
        tuple(findings),
    )


def narrowed(whole: Status, names: Collection[str]) -> Status:
    """Only what concerns some VMs, given by name, `group/name` or ARM id; the counts of vaults stay."""
    wanted = {fold(name) for name in names}
    vms = tuple(vm for vm in whole.vms if _called(vm.label, vm.key) & wanted)
    jobs = tuple(job for job in whole.jobs if _called(job.label, job.key) & wanted)
    keys = {vm.key for vm in vms} | {job.key for job in jobs}
    told = tuple(one for one in whole.findings if keys & set(map(fold, one.subjects)))
    return Status(whole.taken_at, whole.complete, whole.gaps, whole.vaults, vms, jobs, told)


def _worst_first(finding: Finding) -> tuple[int, str, str, tuple[str, ...], str]:
    return list(Severity).index(finding.severity), finding.code, finding.vault, finding.subjects, finding.message


def _vms(situation: Situation, wishes: Iterable[Wish], findings: Iterable[Finding]) -> Iterator[VmStatus]:
    troubles: dict[tuple[str, str], list[str]] = {}
    for finding in findings:
        for subject in finding.subjects:
            troubles.setdefault((finding.vault, fold(subject)), []).append(finding.code)
    for name, vault in situation.vaults.items():
        for key, item in situation.seen(vault).items.items():
            yield _of_item(situation, vault, item, tuple(dict.fromkeys(troubles.get((name, key), ()))))
    for wish in wishes:
        wanted = wish.goal is State.PROTECTED and wish.hands_off not in {"exempt", "paused"}
        if wanted and wish.meant.key not in situation.seen(wish.vault).items:
            unknown = wish.vault.name in situation.blind_vaults
            meant, policy = wish.meant, wish.policy
            state, trust = ("unknown", Trust.UNKNOWN) if unknown else ("not-protected", None)
            yield VmStatus(wish.vault.name, meant.key, meant.label, meant.id, state, policy, trust)


def _of_item(situation: Situation, vault: Vault, item: ProtectedItem, troubles: tuple[str, ...]) -> VmStatus:
    schedule = _schedule(situation, vault, item)
    point = situation.observed.points.get((vault.name, item.key))
    now = situation.observed.taken_at
    fits = point is not None and (item.last_recovery_point is None or point.time >= item.last_recovery_point)
    return VmStatus(
        vault=vault.name,
        key=item.key,
        label=situation.label(item.vm_arm_id) or label_of(item.vm_arm_id),
        id=item.vm_arm_id,
        state=_state(situation, item),
        policy=policy_of(item),
        trust=_trust(situation, vault, item, schedule),
        days_left=item.deferred_delete_days_left,
        last_point=item.last_recovery_point,
        consistency=point.consistency if point is not None and fits else None,
        last_backup=item.last_backup_time,
        last_backup_status=item.last_backup_status,
        next=next_backup(schedule, now, item.last_backup_time) if schedule and not _off(item) else None,
        troubles=troubles,
    )


def _off(item: ProtectedItem) -> bool:
    return item.soft_deleted or item.stopped


def _state(situation: Situation, item: ProtectedItem) -> str:
    if item.soft_deleted:
        return "soft-deleted"
    if vm_seems_gone(situation, item):
        return "vm-deleted"
    return {
        ItemState.PROTECTED: "protected",
        ItemState.IR_PENDING: "initial-backup-pending",
        ItemState.PROTECTION_ERROR: "protection-error",
        ItemState.PROTECTION_PAUSED: "protection-paused",
        ItemState.PROTECTION_STOPPED: "stopped",
        ItemState.BACKUPS_SUSPENDED: "backups-suspended",
    }.get(item.state, "unknown")


def _trust(situation: Situation, vault: Vault, item: ProtectedItem, schedule: Schedule | None) -> Trust | None:
    if not item.protected:
        return None
    if vault.name in situation.blind_vaults:
        return Trust.UNKNOWN
    point, now = item.last_recovery_point, situation.observed.taken_at
    fresh = point is not None and schedule is not None and now - point <= interval(schedule) + START_LAG
    return Trust.VERIFIED if fresh and not is_recreated(situation, vault, item) else Trust.CLAIMED


def _schedule(situation: Situation, vault: Vault, item: ProtectedItem) -> Schedule | None:
    """That of the policy the item has, as the vault has it."""
    policy = situation.seen(vault).policies.get(fold(policy_of(item)))
    return policy.rules.schedule if policy is not None and policy.rules is not None else None


def _jobs(situation: Situation) -> Iterator[JobStatus]:
    """Those that run, and those that began in the last day."""
    keys = {container_key(vm): vm.key for vm in situation.observed.vms.values()}
    since = situation.observed.taken_at - WINDOW
    for name, vault in situation.vaults.items():
        seen = situation.seen(vault)
        own = keys | {container_of(item): item.key for item in seen.items.values()}
        for job in seen.jobs:
            if job.running or (job.start is not None and job.start >= since):
                key = own.get(fold(job.container), "")
                arm_id = seen.items[key].vm_arm_id if key in seen.items else key
                label, met = situation.label(arm_id), judged(job, *about_backups(situation, vault, arm_id))
                code, or_else = (met.row.id, met.or_else) if met is not None else ("", ())
                yield JobStatus(name, key, label or _label(job), job, _end(job), code, failure(job), or_else)


def _label(job: Job) -> str:
    """Of a VM that is gone: as the job names it."""
    return "/".join((*job.container.split(";")[1:2], job.vm_name))


def _end(job: Job) -> JobEnd:
    if job.running:
        return JobEnd.IN_PROGRESS
    return _ENDS.get(job.status, JobEnd.UNKNOWN)


def _vaults(
    situation: Situation, wishes: Iterable[Wish], vms: Iterable[VmStatus], jobs: Iterable[JobStatus]
) -> Iterator[VaultStatus]:
    wished, known, run = tuple(wishes), tuple(vms), tuple(jobs)
    left = {fold(arm_id) for arm_id in cover(situation, wished, ()).coverage.uncovered}
    for name, vault in situation.vaults.items():
        here = [vm for vm in known if vm.vault == name]
        yield VaultStatus(
            name=name,
            exists=situation.seen(vault).exists,
            seen=name not in situation.blind_vaults,
            states=Counter(vm.state for vm in here),
            trust=Counter(str(vm.trust) for vm in here if vm.trust is not None),
            exempt=len({wish.meant.key for wish in wished if wish.vault.name == name and wish.hands_off == "exempt"}),
            uncovered=sum(vm.key in left for vm in in_scope(situation, vault)),
            jobs=Counter(str(one.end) for one in run if one.vault == name),
        )


def points_wanted(
    desired: Desired, observed: Observed, names: Collection[str] = (), *, everything: bool = False
) -> list[tuple[str, VmKey]]:
    """The items whose latest recovery point is worth a request: those asked for by name, or all.

    Asked for nothing, all of a small estate; of a larger one some of those that are promised a consistency, for nothing
    else shows whether the promise is kept.
    """
    situation = situation_of(desired, observed)
    promised = {
        (wish.vault.name, wish.meant.key)
        for wish in select(situation).wishes
        if wish.protection and wish.protection.objective and wish.protection.objective.consistency
    }
    held = [
        (name, item)
        for name, vault in situation.vaults.items()
        for _, item in sorted(situation.seen(vault).items.items())
        if item.last_recovery_point is not None and not item.soft_deleted
    ]
    if names:
        wanted = set(map(fold, names))
        return [(name, item.key) for name, item in held if _called(situation.label(item.vm_arm_id), item.key) & wanted]
    if not everything and len(held) > POINTS_UNASKED:
        held = [one for one in held if (one[0], one[1].key) in promised][:POINTS_UNASKED]
    return [(name, item.key) for name, item in held]


def _called(label: str, key: VmKey) -> set[str]:
    return {fold(label), fold(label).rpartition("/")[2], key}
