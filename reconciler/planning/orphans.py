"""What is protected although nobody says so: it stays as it is, and is told."""

from __future__ import annotations

from collections.abc import Collection

from reconciler.model.ids import fold
from reconciler.model.observed import ProtectedItem, VmKey
from reconciler.model.plan import Basis, Finding, Quiet, Severity, Subject, SubjectKind
from reconciler.planning.provision import Ground
from reconciler.planning.situation import Situation, label_of, vm_name


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
        gone = vm_is_gone(situation, item)
        if gone and item.protected:
            deleted.append(item.vm_arm_id)
        if (vault.name, key) in named:
            continue
        if not gone and not item.soft_deleted:
            orphaned.append(item.vm_arm_id)
        because = "soft-deleted" if item.soft_deleted else "vm-deleted" if gone else "orphan"
        quiet.append(
            Quiet(Subject(SubjectKind.VM, _label(situation, item), item.vm_arm_id), because, vault.span, vault.name)
        )
    return quiet, [*_told(ground, "orphan", orphaned), *_told(ground, "vm-deleted-still-protected", deleted)]


def _told(ground: Ground, code: str, ids: list[str]) -> list[Finding]:
    if not ids:
        return []
    vault = ground.vault
    severity = Severity.INFO if code == "orphan" else Severity.WARNING
    what = "no document names" if code == "orphan" else "whose virtual machine no longer exists"
    count = "1 item" if len(ids) == 1 else f"{len(ids)} items"
    text = (
        f"The vault {vault.name!r} has {count} that {what}."
        if code == "orphan"
        else (f"The vault {vault.name!r} has {count} {what}.")
    )
    return [Finding(code, severity, tuple(ids), text, vault.span, Basis.OBSERVED, vault.name)]


def vm_is_gone(situation: Situation, item: ProtectedItem) -> bool:
    """Only a whole list of its subscription proves that a VM is gone; a subscription we do not read proves nothing."""
    name = vm_name(item.vm_arm_id)
    if name is None or item.key in situation.observed.vms or name.classic:
        return False
    ours = {fold(vault.subscription_id) for vault in situation.vaults.values()}
    return fold(name.subscription_id) in ours and situation.sees_vms_of(name.subscription_id)


def _label(situation: Situation, item: ProtectedItem) -> str:
    vm = situation.estate.get(item.key)
    return vm.label if vm is not None else label_of(item.vm_arm_id)
