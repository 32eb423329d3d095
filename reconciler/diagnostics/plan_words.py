"""The words of a plan: the order of its actions, and reasons in plain English."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from reconciler.diagnostics.subject_names import count
from reconciler.model.plan import Finding, Severity, SubjectKind

ACTION_ORDER = (
    "create-vault",
    "update-vault",
    "create-policy",
    "update-policy",
    "discover",
    "start-vm",
    "register",
    "protect",
    "change-policy",
    "stop",
    "resume",
    "undelete",
)
"""The actions as DESIGN 4 lists them: the order of every summary."""

USUAL_QUIET = ("protected", "exempt", "paused")
"""Why nothing is done, as DESIGN 4 lists it."""

_TO_DO = {
    "create-vault": (SubjectKind.VAULT, "create"),
    "update-vault": (SubjectKind.VAULT, "update"),
    "create-policy": (SubjectKind.POLICY, "create"),
    "update-policy": (SubjectKind.POLICY, "update"),
    "discover": (SubjectKind.VAULT, "discover"),
    "start-vm": (SubjectKind.VM, "start"),
    "register": (SubjectKind.VM, "register"),
    "protect": (SubjectKind.VM, "protect"),
    "change-policy": (SubjectKind.VM, "move to another policy"),
    "stop": (SubjectKind.VM, "stop protecting"),
    "resume": (SubjectKind.VM, "resume"),
    "undelete": (SubjectKind.VM, "undelete"),
}
_LIFECYCLE = (
    "create-vault",
    "update-vault",
    "create-policy",
    "update-policy",
    "discover",
    "undelete",
    "start-vm",
    "register",
    "protect",
    "resume",
    "change-policy",
    "stop",
)
"""The order in which a VM meets them: that of the steps on a page."""
_REASONS = {
    "not-protected": "",
    "not-registered": "",
    "not-discovered": "has VMs that it does not know yet",
    "stopped": "backups are stopped",
    "drifted": "another policy than declared",
    "policy-differs": "another policy than declared",
    "retired": "asked for by a Retirement",
    "policy-missing": "",
    "policy-outdated": "differs from its declaration",
    "vault-missing": "",
    "soft-delete-weaker": "soft delete is weaker than declared",
}
_QUIET = {
    "protected-initial-backup-pending": "waiting for the first backup",
    "vm-deleted": "of deleted VMs",
    "vm-not-seen": "of VMs that this look did not show",
    "protection-paused": "suspended by Azure",
    "protection-error": "in error",
    "policy-drift": "with another policy",
}
_SEVERITIES = tuple(Severity)


def in_action_order(actions: Collection[str]) -> list[str]:
    """Each action once; one this version does not list comes last."""
    known = {action: place for place, action in enumerate(ACTION_ORDER)}
    return sorted(set(actions), key=lambda action: (known.get(action, len(known)), action))


def lifecycle_place(action: str) -> int:
    """Where an action stands in the life of a VM; one this version does not list comes last."""
    return _LIFECYCLE.index(action) if action in _LIFECYCLE else len(_LIFECYCLE)


def in_quiet_order(reasons: Collection[str]) -> list[str]:
    """Each reason once: the usual ones first, then the others by name."""
    return [*(one for one in USUAL_QUIET if one in reasons), *sorted(set(reasons) - set(USUAL_QUIET))]


def sorted_findings(findings: Iterable[Finding]) -> list[Finding]:
    """Worst first, then by code, vault and subjects: an order that does not depend on how they were found."""
    return sorted(
        findings,
        key=lambda one: (
            _SEVERITIES.index(one.severity),
            one.code,
            one.vault,
            one.subjects,
            one.source,
            one.message,
            one.basis,
        ),
    )


def to_do(counts: Sequence[tuple[str, int]]) -> str:
    """`1 vault to discover, 4 VMs to register, 4 to protect`: a noun is said again only when it changes."""
    parts: list[str] = []
    said: tuple[SubjectKind | None, bool] = (None, False)
    for action, number in counts:
        kind, verb = _TO_DO.get(action, (SubjectKind.VM, action))
        noun = str(number) if said == (kind, number == 1) else count(number, kind)
        parts.append(f"{noun} to {verb}")
        said = (kind, number == 1)
    return ", ".join(parts)


def reason_words(reason: str) -> str:
    """Why a step is there, after one name or many: empty where the action says it; others read well themselves."""
    return _REASONS.get(reason, reason.replace("-", " "))


def quiet_words(because: str) -> str:
    """Why nothing is done, after a number: `412 protected`."""
    return _QUIET.get(because, because.replace("-", " "))
