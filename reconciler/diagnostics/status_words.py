"""The words by which a VM's protection is told, in every format."""

from __future__ import annotations

from datetime import datetime

from reconciler.diagnostics.ages import short_age
from reconciler.diagnostics.subject_names import plural
from reconciler.model.desired import Consistency
from reconciler.model.status import NextBackup, Trust, VmStatus

STATES = {
    "unknown": "unknown",
    "vm-deleted": "VM deleted",
    "protection-error": "in error",
    "not-protected": "not protected",
    "backups-suspended": "suspended",
    "protection-paused": "paused by Azure",
    "stopped": "stopped",
    "initial-backup-pending": "first backup pending",
    "soft-deleted": "soft-deleted",
}
"""Worst first; what is protected is told by its trust."""

_GOOD_TO_KNOW = frozenset({"initial-backup-pending", "protection-paused"})
KINDS = {
    Consistency.CRASH: "crash-consistent",
    Consistency.FILE_SYSTEM: "file-system-consistent",
    Consistency.APPLICATION: "application-consistent",
}


def next_words(run: NextBackup) -> str:
    """`Thu 21:00 UTC (22:00 W. Europe Standard Time)`, and whether an hour of it is not certain."""
    local = f" ({run.local:%H:%M} {run.zone})" if run.zone != "UTC" else ""
    return f"{run.at:%a %H:%M} UTC{local}" + ("" if run.certain else " ± 1 hour")


def counted_as(vm: VmStatus) -> str:
    """The one word under which a VM is counted."""
    if vm.trust is Trust.UNKNOWN or vm.state == "protected":
        return str(vm.trust)
    return vm.state


def standing(vm: VmStatus) -> str:
    """How well it is: a state, `claimed`, `troubled` or `verified`."""
    if vm.trust is Trust.UNKNOWN:
        return "unknown"
    if vm.trust is None or vm.state in _GOOD_TO_KNOW:
        return "troubled" if vm.troubles and vm.state in _GOOD_TO_KNOW else vm.state
    if vm.trust is Trust.CLAIMED:
        return "claimed"
    return "troubled" if vm.troubles else "verified"


def protection_words(vm: VmStatus) -> str:
    """`verified`, `claimed, troubled`, `soft-deleted, 9 days left`."""
    if vm.trust is Trust.UNKNOWN:
        return "unknown"
    if vm.state != "protected":
        left = f", {plural(vm.days_left, 'day')} left" if vm.days_left is not None else ""
        return f"{STATES.get(vm.state, vm.state)}{left}"
    return f"{vm.trust}, troubled" if vm.troubles else str(vm.trust)


def point_words(vm: VmStatus, now: datetime) -> str:
    """`5 h ago, application`."""
    if vm.last_point is None:
        return "none"
    kind = f", {KINDS[vm.consistency].removesuffix('-consistent')}" if vm.consistency is not None else ""
    return f"{short_age(now - vm.last_point)} ago{kind}"


def moment_words(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
