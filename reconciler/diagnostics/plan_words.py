"""The words of a plan: plurals, reasons in plain English, and many names folded into a few."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from reconciler.diagnostics.escape import shorten
from reconciler.model.ids import BadSegmentError, VmName
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
_NOUNS = {
    SubjectKind.VAULT: ("vault", "vaults"),
    SubjectKind.POLICY: ("policy", "policies"),
    SubjectKind.VM: ("VM", "VMs"),
}
_REASONS = {
    "not-protected": "is not protected",
    "not-registered": "is not registered",
    "not-discovered": "has VMs that it does not know yet",
    "stopped": "its backups are stopped",
    "soft-deleted": "is soft-deleted",
    "drifted": "has another policy than declared",
    "policy-differs": "has another policy than declared",
    "retired": "a Retirement asks to stop its backups",
    "policy-missing": "does not exist",
    "policy-outdated": "differs from its declaration",
    "vault-missing": "does not exist",
    "soft-delete-weaker": "its soft delete is weaker than declared",
    "vm-not-running": "is not running",
}
_QUIET = {
    "protected-initial-backup-pending": "waiting for the first backup",
    "protection-paused": "suspended by Azure",
    "protection-error": "in error",
    "policy-drift": "with another policy",
}
_SEVERITIES = tuple(Severity)
SHOWN_NAMES = 3
"""Up to so many names are all shown; of more, the first and the last."""
_NAME_CELLS = 40


def in_action_order(actions: Collection[str]) -> list[str]:
    """Each action once; one this version does not list comes last."""
    known = {action: place for place, action in enumerate(ACTION_ORDER)}
    return sorted(set(actions), key=lambda action: (known.get(action, len(known)), action))


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


def count(number: int, kind: SubjectKind) -> str:
    """`1 VM`, `4 VMs`."""
    return plural(number, *_NOUNS[kind])


def plural(number: int, one: str, many: str = "") -> str:
    """`1 finding`, `6 findings`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


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
    """Why a step is there, as the end of a sentence about its subject; other reasons read well enough themselves."""
    return _REASONS.get(reason, reason.replace("-", " "))


def vm_label(arm_id: str) -> str:
    """`group/vm` of a VM's ARM id; a name or an id of another shape stays as it is."""
    try:
        vm = VmName.parse(arm_id)
    except BadSegmentError:
        return arm_id
    return f"{vm.resource_group}/{vm.name}"


def is_vm(subject: str) -> bool:
    """Whether a subject of a finding is a VM: they are told by ARM id."""
    return vm_label(subject) != subject


def quiet_words(because: str) -> str:
    """Why nothing is done, after a number: `412 protected`."""
    return _QUIET.get(because, because.replace("-", " "))


def names(subjects: Sequence[str], kind: SubjectKind | None, *, full: bool = False) -> str:
    """`rg/web-01`, `2 VMs  rg/web-01, web-02`, or `12 VMs  rg/web-01 … web-12`: sorted, harmless and short."""
    ordered = [shorten(name, _NAME_CELLS) for name in _without_repetition(sorted(set(subjects)))]
    if full or len(ordered) <= 1:
        return ", ".join(ordered)
    many = count(len(ordered), kind) if kind else str(len(ordered))
    shown = ", ".join(ordered) if len(ordered) <= SHOWN_NAMES else f"{ordered[0]} … {ordered[-1]}"
    return f"{many}  {shown}"


def _without_repetition(ordered: Sequence[str]) -> list[str]:
    """The group in front of a name is said once when all names share it."""
    prefix, slash, _ = ordered[0].partition("/") if ordered else ("", "", "")
    if not slash or not all(name.startswith(prefix + slash) for name in ordered):
        return list(ordered)
    return [ordered[0], *(name.removeprefix(prefix + slash) for name in ordered[1:])]
