"""What is protected although nobody says so: it stays as it is, and is told."""

from __future__ import annotations

from collections.abc import Collection

from reconciler.model.observed import ProtectedItem, VmKey
from reconciler.model.plan import Basis, Finding, Quiet, Severity, Subject, SubjectKind
from reconciler.planning.absence import vm_is_gone, vm_seems_gone
from reconciler.planning.provision import Ground
from reconciler.planning.situation import Situation, label_of


def orphans(
    situation: Situation, ground: Ground, named: Collection[tuple[str, VmKey]]
) -> tuple[list[Quiet], list[Finding]]:
    """The items of one vault that no document names. An item whose VM is gone is told apart, named or not."""
    vault = ground.vault
    items = situation.seen(vault).items
    quiet: list[Quiet] = []
    orphaned: list[str] = []
    deleted: list[str] = []
    for key in sorted(items):
        item = items[key]
        if item.protected and vm_is_gone(situation, item):
            deleted.append(item.vm_arm_id)
        if (vault.name, key) in named:
            continue
        because = _because(situation, item)
        if because == "orphan":
            orphaned.append(item.vm_arm_id)
        subject = Subject(SubjectKind.VM, _label(situation, item), item.vm_arm_id)
        quiet.append(Quiet(subject, because, vault.span, vault.name))
    return quiet, [*_told(ground, "orphan", orphaned), *_told(ground, "vm-deleted-still-protected", deleted)]


def _because(situation: Situation, item: ProtectedItem) -> str:
    if item.soft_deleted:
        return "soft-deleted"
    if vm_is_gone(situation, item):
        return "vm-deleted"
    return "vm-not-seen" if vm_seems_gone(situation, item) else "orphan"


def _told(ground: Ground, code: str, ids: list[str]) -> list[Finding]:
    if not ids:
        return []
    vault = ground.vault
    severity = Severity.INFO if code == "orphan" else Severity.WARNING
    what = "that no document names" if code == "orphan" else "whose virtual machine no longer exists"
    count = "1 item" if len(ids) == 1 else f"{len(ids)} items"
    text = f"The vault {vault.name!r} has {count} {what}."
    return [Finding(code, severity, tuple(ids), text, vault.span, Basis.OBSERVED, vault.name)]


def _label(situation: Situation, item: ProtectedItem) -> str:
    vm = situation.estate.get(item.key)
    return vm.label if vm is not None else label_of(item.vm_arm_id)
