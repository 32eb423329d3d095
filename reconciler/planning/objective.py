"""What a Protection promises of its recovery points, held against those there are and the next one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from reconciler.diagnostics.ages import age_words
from reconciler.diagnostics.catalog import UNCLASSIFIED, catalog
from reconciler.model.desired import Consistency, Objective, OsType
from reconciler.model.ids import fold
from reconciler.model.observed import Job, ObservedPolicy, ProtectedItem, VirtualMachine
from reconciler.model.outcome import AzureError
from reconciler.model.plan import Basis, Finding, Severity
from reconciler.model.span import Span
from reconciler.model.state import ItemState, State
from reconciler.planning.job_history import (
    BACKUP,
    CONFIGURE,
    WINDOW,
    History,
    container_of,
    failure,
    history,
    latest,
)
from reconciler.planning.next_backup import OFF, START_LAG, asks_for_crash_only, expected_consistency, next_backup
from reconciler.planning.select import Wish
from reconciler.planning.situation import Situation, policy_of

_STRENGTH = {kind: number for number, kind in enumerate(Consistency)}
_KINDS = {
    Consistency.CRASH: "crash-consistent",
    Consistency.FILE_SYSTEM: "file-system-consistent",
    Consistency.APPLICATION: "application-consistent",
}


def check_objectives(situation: Situation, wishes: Iterable[Wish]) -> list[Finding]:
    """Promises that are broken or will be. What was not seen breaks none."""
    jobs = history(situation.observed)
    return [
        finding
        for wish in wishes
        if wish.protection and wish.protection.objective and not wish.hands_off and wish.goal is State.PROTECTED
        for finding in _check(situation, wish, wish.protection.objective, jobs)
    ]


def _check(situation: Situation, wish: Wish, objective: Objective, jobs: History) -> Iterator[Finding]:
    item = situation.seen(wish.vault).items.get(wish.meant.key)
    if item is not None and (item.protected or item.state is ItemState.PROTECTION_ERROR):
        yield from _too_old(situation, wish, objective, item, jobs)
    weak = list(_too_weak(situation, wish, objective))
    yield from weak or _next_too_weak(situation, wish, objective)


def _too_old(
    situation: Situation, wish: Wish, objective: Objective, item: ProtectedItem, jobs: History
) -> Iterator[Finding]:
    if objective.recovery_point_age is None:
        return
    now, point = situation.observed.taken_at, item.last_recovery_point
    own = jobs.get((wish.vault.name, container_of(item)), [])
    if point is None:
        due = _first_due(situation, wish, item, own)
        if due is None or now <= due:
            return
        text = f"{wish.meant.label} has no recovery point yet, though its first backup was due"
    elif now - point > timedelta(hours=objective.recovery_point_age):
        promised, age = timedelta(hours=objective.recovery_point_age), age_words(now - point)
        text = f"The latest recovery point of {wish.meant.label} is {age} old, promised are {age_words(promised)}"
    else:
        return
    why, said = _why_no_backup(item, own)
    source = _place(wish, "recoveryPointAge")
    yield _finding("recovery-point-too-old", wish, f"{text}{why}.", source, Basis.OBSERVED, said)


def _first_due(situation: Situation, wish: Wish, item: ProtectedItem, own: list[Job]) -> datetime | None:
    """When the first backup should have begun at the latest; None when nothing tells."""
    policy = _policy(situation, wish, item)
    if policy is None or policy.rules is None or wish.vault.name in situation.blind_vaults:
        return None
    configured = latest(own, CONFIGURE)
    since = (configured.end or configured.start) if configured else None
    run = next_backup(policy.rules.schedule, since or situation.observed.taken_at - WINDOW)
    return run.at + START_LAG if run is not None else None


def _why_no_backup(item: ProtectedItem, own: list[Job]) -> tuple[str, tuple[AzureError, ...]]:
    """The likely reason, as a sentence, and what Azure said."""
    last = latest(own, BACKUP)
    error = failure(last) if last is not None else None
    if error is not None:
        judged = catalog().judged("backup", error)
        rows = judged.or_else if judged.row.id == UNCLASSIFIED and judged.or_else else (judged.row.id,)
        return f"; its last backup failed with {error.code} ({' / '.join(rows)})", (error,)
    if last is not None and last.running:
        return "; a backup is running", ()
    if item.state is ItemState.PROTECTION_PAUSED:
        return "; Azure has paused its backups", ()
    return ("; its last backup failed, longer than a day ago" if item.last_backup_status == "Failed" else ""), ()


def _too_weak(situation: Situation, wish: Wish, objective: Objective) -> Iterator[Finding]:
    point = situation.observed.points.get((wish.vault.name, wish.meant.key))
    if point is None or point.consistency is None or not _weaker(point.consistency, objective.consistency):
        return
    label, policy = wish.meant.label, _policy(situation, wish, _item(situation, wish))
    text = f"The latest recovery point of {label} is {_KINDS[point.consistency]}, {_promised(objective)}"
    reason = _why_weak(point.consistency, wish.meant.vm, policy)
    yield _finding("recovery-point-too-weak", wish, f"{text}: {reason}.", _place(wish, "consistency"), Basis.OBSERVED)


def _next_too_weak(situation: Situation, wish: Wish, objective: Objective) -> Iterator[Finding]:
    vm, policy = wish.meant.vm, _policy(situation, wish, _item(situation, wish))
    expected = expected_consistency(vm, policy) if vm is not None else None
    if vm is None or expected is None or not _weaker(expected, objective.consistency):
        return
    text = f"The next recovery point of {vm.label} will be {_KINDS[expected]}, {_promised(objective)}"
    basis = Basis.OBSERVED if vm.power in OFF or vm.provisioning_state == "Failed" else Basis.RULE
    reason = _why_expected(expected, vm)
    yield _finding("next-recovery-point-too-weak", wish, f"{text}: {reason}.", _place(wish, "consistency"), basis)


def _weaker(found: Consistency, promised: Consistency | None) -> bool:
    return promised is not None and _STRENGTH[found] < _STRENGTH[promised]


def _promised(objective: Objective) -> str:
    return f"{_KINDS[objective.consistency]} is promised" if objective.consistency else ""


def _why_weak(found: Consistency, vm: VirtualMachine | None, policy: ObservedPolicy | None) -> str:
    """The likely reason for a point that is there (facts A.3)."""
    if found is Consistency.CRASH:
        if asks_for_crash_only(policy):
            return "its policy asks for no more"
        return "the machine was probably off" + (f", as it is now ({vm.power})" if vm and vm.power in OFF else "")
    if vm is not None and vm.os is OsType.LINUX:
        return "Linux needs pre- and post-scripts in the guest for more"
    return "VSS in the guest has probably failed"


def _why_expected(expected: Consistency, vm: VirtualMachine) -> str:
    if expected is Consistency.FILE_SYSTEM:
        return "Linux needs pre- and post-scripts in the guest for more"
    if vm.power in OFF:
        return f"the machine is {vm.power}"
    if vm.provisioning_state == "Failed":
        return "its provisioning state is Failed"
    return "its policy asks for no more"


def _item(situation: Situation, wish: Wish) -> ProtectedItem | None:
    return situation.seen(wish.vault).items.get(wish.meant.key)


def _policy(situation: Situation, wish: Wish, item: ProtectedItem | None) -> ObservedPolicy | None:
    """The one that the item has; before there is an item, the one that is wished for, as the vault has it."""
    return situation.seen(wish.vault).policies.get(fold((policy_of(item) if item else "") or wish.policy))


def _place(wish: Wish, member: str) -> Span:
    return wish.protection.places.at("spec", "objective", member) if wish.protection else wish.meant.source


def _finding(
    code: str, wish: Wish, text: str, source: Span, basis: Basis, azure: tuple[AzureError, ...] = ()
) -> Finding:
    return Finding(code, Severity.WARNING, (wish.meant.id,), text, source, basis, wish.vault.name, azure)
