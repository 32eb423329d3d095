"""What is wrong with the backups of protected VMs: the last one failed, or the next one will."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from reconciler.diagnostics.catalog import Row, catalog
from reconciler.model.desired import Generation, Vault
from reconciler.model.ids import fold
from reconciler.model.limits import Limits
from reconciler.model.observed import Job, Power, ProtectedItem, VirtualMachine, VmKey
from reconciler.model.outcome import AzureError
from reconciler.model.plan import Basis, Finding, Severity
from reconciler.model.span import Span
from reconciler.model.state import ItemState
from reconciler.planning import in_order
from reconciler.planning.job_history import BACKUP, History, container_of, failure, history
from reconciler.planning.next_backup import next_backup
from reconciler.planning.select import Wish
from reconciler.planning.situation import Situation, label_of, policy_of, vm_name

_SOON = timedelta(hours=1)
"""How long before a backup is due another job that runs is told to be in its way."""

_LASTS = frozenset({"never", "changed"})
"""Retry rules of causes that no later backup outlives."""

_GONE = "vm-gone"

Foreseen = tuple[str, str]
"""A row, and the fact behind it as a sentence without its end."""


def check_backups(situation: Situation, wishes: Iterable[Wish], *, all_items: bool) -> list[Finding]:
    """One finding a VM at most: what its last backup failed with, else what its next one will.

    Of the VMs that `wishes` mean, or with `all_items` of all that the declared vaults hold.
    """
    sources = {(wish.vault.name, wish.meant.key): wish.meant.source for wish in wishes}
    jobs = history(situation.observed)
    return [
        finding
        for name, vault in situation.vaults.items()
        for key, item in sorted(situation.seen(vault).items.items())
        if (item.protected or item.state is ItemState.PROTECTION_ERROR) and (all_items or (name, key) in sources)
        for finding in _check(situation, vault, item, jobs, sources.get((name, key), vault.span))
    ]


def _check(situation: Situation, vault: Vault, item: ProtectedItem, jobs: History, source: Span) -> Iterator[Finding]:
    own = jobs.get((vault.name, container_of(item)), [])
    vm, limits = situation.observed.vms.get(item.key), situation.limits(vault)
    label = vm.label if vm is not None else label_of(item.vm_arm_id)
    foreseen = next(_facts(vm, limits, label), None) if vm is not None else None
    error = _last_failure(item, own)
    if error is not None:
        facts, fine = about_backups(situation, vault, item.vm_arm_id)
        judged, gone = catalog().judged("backup", error, facts, fine), _GONE in facts
        row, why = judged.row, _cause(judged.row, foreseen, gone=gone)
        lasting = gone or foreseen or (row.retry.rule in _LASTS and row.who != "nobody")
        severity = Severity.ERROR if lasting else Severity.WARNING
        text, or_else = f"The last backup of {label} failed{why}.", () if gone or foreseen else judged.or_else
        yield _finding(row.id, item, text, source, vault, severity, (error,), or_else)
        return
    foreseen = foreseen or _collision(situation, vault, item, own, label)
    if foreseen is not None:
        row_id, fact = foreseen
        yield _finding(row_id, item, f"{fact}, so its next backup will fail.", source, vault)


def _last_failure(item: ProtectedItem, own: list[Job]) -> AzureError | None:
    """What the backup that ended last failed with; older than the list of jobs, what the item's health still says."""
    ended = [job for job in own if job.operation == BACKUP and not job.running and job.end is not None]
    if ended:
        return failure(max(ended, key=lambda job: (job.end, job.id)))
    if item.last_backup_status == "Failed" and item.problems:
        first = item.problems[0]
        return AzureError(first.title, " ".join((first.message, *first.recommendations)), number=first.number)
    return None


def _cause(row: Row, foreseen: Foreseen | None, *, gone: bool) -> str:
    """What facts add to Azure's words, which for some causes speak of an internal error only."""
    if gone:
        return ", and so will each further one, because the VM does not exist any more"
    if foreseen is not None:
        return f": {foreseen[1]}"
    return "" if row.retry.rule in _LASTS else ", and nothing that can be seen from outside explains it"


def _facts(vm: VirtualMachine, limits: Limits, label: str) -> Iterator[Foreseen]:
    """The rows that facts of the VM foresee (facts A, rows 9, 10 and 12). What is inside the guest cannot be seen."""
    preview = limits.generation is Generation.PREVIEW_2015
    most = (limits.data_disks_classic if vm.classic else limits.data_disks).value
    if vm.data_disks > most:
        row = "backup-vhd-copy-timeout" if preview else "register-too-many-data-disks"
        yield row, f"{label} has {vm.data_disks} data disks, {limits.generation} backs up at most {most}"
    if vm.power is not Power.RUNNING:
        return
    if vm.agent is None:
        row = "backup-extension-install-failed" if preview else "backup-snapshot-timeout"
        yield row, f"{label} runs and shows no VM agent"
    elif not vm.agent.ready:
        yield "backup-snapshot-timeout", f"The VM agent of {label} is not ready"


def _collision(situation: Situation, vault: Vault, item: ProtectedItem, own: list[Job], label: str) -> Foreseen | None:
    """A restore or a backup that runs when the next backup is due makes it fail at once (facts A, row 13)."""
    running = next((job for job in own if job.running and job.operation in {BACKUP, "Restore"}), None)
    policy = situation.seen(vault).policies.get(fold(policy_of(item)))
    if running is None or policy is None or policy.rules is None:
        return None
    now = situation.observed.taken_at
    run = next_backup(policy.rules.schedule, now, item.last_backup_time)
    if run is None or run.at - now > _SOON:
        return None
    return "backup-item-busy", f"A {running.operation} job of {label} runs when a backup is due at {run.at:%H:%M} UTC"


def about_backups(situation: Situation, vault: Vault, arm_id: str) -> tuple[frozenset[str], frozenset[str]]:
    """Which observed facts stand against a VM's backups, and which do not: those by which errors of its jobs narrow."""
    key = fold(arm_id)
    vm = situation.observed.vms.get(key)
    if vm is None:
        return frozenset({_GONE} if _gone(situation, key, arm_id) else ()), frozenset()
    fine = in_order.lasting(vm, situation.limits(vault))
    return frozenset({"data-disks"}) - fine, fine


def _gone(situation: Situation, key: VmKey, arm_id: str) -> bool:
    """Only a whole list of its subscription proves that a VM is gone."""
    name = vm_name(arm_id)
    ours = {fold(vault.subscription_id) for vault in situation.vaults.values()}
    return (
        name is not None
        and key not in situation.observed.vms
        and not name.classic
        and fold(name.subscription_id) in ours
        and situation.sees_vms_of(name.subscription_id)
    )


def _finding(
    row: str,
    item: ProtectedItem,
    text: str,
    source: Span,
    vault: Vault,
    severity: Severity = Severity.WARNING,
    azure: tuple[AzureError, ...] = (),
    or_else: tuple[str, ...] = (),
) -> Finding:
    return Finding(row, severity, (item.vm_arm_id,), text, source, Basis.OBSERVED, vault.name, azure, or_else)


def told_once(findings: Iterable[Finding], backups: Iterable[Finding]) -> list[Finding]:
    """All of them, without the bare state of error of items whose failed backup is told."""
    told = list(backups)
    known = {(one.vault, fold(subject)) for one in told if one.azure for subject in one.subjects}
    return [one for one in findings if one.code != "item-in-error" or not _known(one, known)] + told


def _known(finding: Finding, known: set[tuple[str, str]]) -> bool:
    return all((finding.vault, fold(subject)) in known for subject in finding.subjects)
