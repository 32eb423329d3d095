"""The virtual machines of a subscription, from a few paged lists."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from reconciler.azure.client import ReadClient
from reconciler.azure.decode import vms
from reconciler.azure.listing import Listing, T, read_list
from reconciler.model import api, ids
from reconciler.model.call import Call
from reconciler.model.observed import Gap, VirtualMachine, VmKey


@dataclass(slots=True)
class Inventory:
    """What one subscription holds, and what of it could not be seen. `subscription` is its path."""

    subscription: str
    vms: dict[VmKey, VirtualMachine] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)

    def add(self, found: VirtualMachine) -> None:
        """What is listed under another subscription is not taken in: requests would go there."""
        if found.key.startswith(f"{ids.fold(self.subscription)}/"):
            self.vms[found.key] = found
        else:
            self.note(found.id, ["it is listed under a subscription that is not its own"])

    def note(self, scope: str, reasons: Iterable[str]) -> None:
        self.gaps += [Gap(ids.fold(scope), reason) for reason in reasons]


async def read_subscription(
    client: ReadClient, subscription_id: str, correlation_id: str, *, classic: bool, network: bool
) -> Inventory:
    """All VMs with power, agent and operating system; classic VMs and load balancing only if asked for."""
    try:
        inventory = Inventory(ids.subscription_path(subscription_id))
    except ids.BadSegmentError as error:
        inventory = Inventory(subscription_id)
        inventory.note(subscription_id, [str(error)])
        return inventory
    base = f"{inventory.subscription}/providers"
    machines = Call("GET", f"{base}/{ids.COMPUTE}", api.COMPUTE)
    statuses = Call("GET", f"{base}/{ids.COMPUTE}", api.COMPUTE, query=(("statusOnly", "true"),))
    old = Call("GET", f"{base}/{ids.CLASSIC_COMPUTE}", api.CLASSIC_COMPUTE)
    interfaces = Call("GET", f"{base}/Microsoft.Network/networkInterfaces", api.NETWORK)
    models, states, classics, nics = await asyncio.gather(
        read_list(client, machines, vms.WireVm, correlation_id),
        read_list(client, statuses, vms.WireVmStatus, correlation_id),
        _maybe(client, old, vms.WireClassicVm, correlation_id, wanted=classic),
        _maybe(client, interfaces, vms.WireInterface, correlation_id, wanted=network),
    )
    for call, listing in ((machines, models), (statuses, states), (old, classics), (interfaces, nics)):
        scope = f"{call.path}?statusonly" if call is statuses else call.path
        inventory.note(scope, listing.trouble)
    _merge(inventory, models, states)
    _add_classic(inventory, classics)
    if network and not nics.trouble:
        _mark_balanced(inventory, nics)
    return inventory


async def _maybe(client: ReadClient, call: Call, kind: type[T], correlation_id: str, *, wanted: bool) -> Listing[T]:
    return await read_list(client, call, kind, correlation_id) if wanted else Listing()


def _merge(inventory: Inventory, models: Listing[vms.WireVm], states: Listing[vms.WireVmStatus]) -> None:
    by_key = {ids.fold(state.id): state for state in states.entries}
    for wire in models.entries:
        try:
            found = vms.vm(wire, by_key.get(ids.fold(wire.id)))
        except ids.BadSegmentError as error:
            inventory.note(wire.id, [str(error)])
            continue
        inventory.add(found)


def _add_classic(inventory: Inventory, classics: Listing[vms.WireClassicVm]) -> None:
    for wire in classics.entries:
        try:
            found = vms.classic_vm(wire)
        except ids.BadSegmentError as error:
            inventory.note(wire.id, [str(error)])
            continue
        inventory.add(found)


def _mark_balanced(inventory: Inventory, nics: Listing[vms.WireInterface]) -> None:
    keys = vms.balanced(nics.entries)
    for key, vm in inventory.vms.items():
        if not vm.classic:
            inventory.vms[key] = replace(vm, load_balanced=key in keys)
