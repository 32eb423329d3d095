"""A VM that was made anew under the name and id of another: the vault's recovery points are the other's (facts I-37).

Azure goes on with the old item. Told from when Azure says that the VM was created, and from the vmId that was seen
before; without a recovery point and without a memory, nobody can tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC

from reconciler.actions.paths import vault_id
from reconciler.model.desired import Vault
from reconciler.model.observed import ProtectedItem, VirtualMachine
from reconciler.model.plan import Basis, Finding, Severity
from reconciler.planning.situation import Situation

CODE = "vm-recreated"


def is_recreated(situation: Situation, vault: Vault, item: ProtectedItem) -> bool:
    """Whether the recovery points of an item are of a machine that had the VM's id before it.

    A deployment id of a classic VM changes whenever it is moved, so it tells nothing.
    """
    vm = situation.observed.vms.get(item.key)
    if vm is None or vm.classic:
        return False
    if item.last_recovery_point is not None and vm.created is not None:
        return item.last_recovery_point < vm.created
    known = situation.past.machine(vault_id(vault), item.key)
    return bool(known) and known != vm.vm_id


def recreated(situation: Situation, vault: Vault) -> Iterator[Finding]:
    """One finding for each such item of a vault."""
    items = situation.seen(vault).items
    for key in sorted(items):
        item, vm = items[key], situation.observed.vms.get(key)
        if vm is not None and not item.soft_deleted and is_recreated(situation, vault, item):
            text = f"{vm.label} was made anew{_when(vm)}, and {_points(vault, item)}"
            yield Finding(CODE, Severity.WARNING, (vm.id,), text, vault.span, Basis.OBSERVED, vault.name)


def _when(vm: VirtualMachine) -> str:
    return f" on {vm.created.astimezone(UTC):%Y-%m-%d}" if vm.created is not None else ""


def _points(vault: Vault, item: ProtectedItem) -> str:
    if item.last_recovery_point is None:
        return f"its item in the vault {vault.name!r} is of the machine before it."
    last = item.last_recovery_point.astimezone(UTC)
    return f"the recovery points in {vault.name!r} are of the machine before it, the last of {last:%Y-%m-%d}."
