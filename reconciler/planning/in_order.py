"""Which observed facts of a VM are as they should be: what only these would foresee is ruled out."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.model.limits import Limits
from reconciler.model.observed import Check, Power, VirtualMachine


def lasting(vm: VirtualMachine, limits: Limits) -> frozenset[str]:
    """Those that do not come and go by themselves: they were so when a backup of the last day failed, too."""
    few = vm.data_disks <= (limits.data_disks_classic if vm.classic else limits.data_disks).value
    return frozenset({"vm-exists", "data-disks"} if few else {"vm-exists"})


def now(vm: VirtualMachine, limits: Limits, check: Check | None) -> frozenset[str]:
    """All of them, for what is answered to a request of this very run. `check` is Azure's word on the VM."""
    return lasting(vm, limits) | frozenset(_passing(vm, check))


def _passing(vm: VirtualMachine, check: Check | None) -> Iterator[str]:
    if vm.provisioning_state == "Succeeded":
        yield "provisioning-state"
    if check is not None and not check.held_by:
        yield "held-by"
    if vm.power is Power.RUNNING:
        yield "power"
        if vm.agent is not None and vm.agent.ready:
            yield "agent"
