"""Microsoft.Network as far as backup asks: the machines' interfaces, and empty lists of the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from reconciler.vaultserver import errors
from reconciler.vaultserver.arm import fold
from reconciler.vaultserver.machines import nic_ids
from reconciler.vaultserver.paging import paged
from reconciler.vaultserver.records import VmRecord
from reconciler.vaultserver.routes import ArmRoute, WireCall, json_response

if TYPE_CHECKING:
    from reconciler.vaultserver.world import World

S = "/subscriptions/{subscription}"
G = S + "/resourceGroups/{group}"
P = "/providers/Microsoft.Network"

_EMPTY = ("publicIPAddresses", "networkSecurityGroups", "loadBalancers", "virtualNetworks", "applicationGateways")


def routes(world: World) -> list[BaseRoute]:
    """Interfaces of the simulated machines; addresses, groups and networks are not simulated and list as none."""
    found: list[BaseRoute] = [ArmRoute(world, root + P + "/networkInterfaces", _interfaces) for root in (S, G)]
    found.append(ArmRoute(world, G + P + "/networkInterfaces/{nic}", _interface))
    for kind in _EMPTY:
        found += [ArmRoute(world, f"{root}{P}/{kind}", _none) for root in (S, G)]
    return found


def _none(_call: WireCall) -> Response:
    return json_response({"value": []})


def _machines(call: WireCall) -> list[VmRecord]:
    group = fold(call.params.get("group", ""))
    found = [vm for vm in call.world.vms(call.params["subscription"]) if not vm.classic]
    return [vm for vm in found if not group or fold(vm.resource_group) == group]


def _interfaces(call: WireCall) -> Response:
    found = [nic for vm in _machines(call) for nic in interfaces(vm)]
    return paged(call, found, lambda nic: str(nic["id"]), lambda nic: nic)


def _interface(call: WireCall) -> Response:
    for vm in _machines(call):
        for nic in interfaces(vm):
            if fold(nic["name"]) == fold(call.params["nic"]):
                return json_response(nic)
    raise errors.resource_not_found("Microsoft.Network/networkInterfaces", call.params["nic"], call.params["group"])


def interfaces(vm: VmRecord) -> list[dict[str, Any]]:
    """Its network interfaces, each naming the machine; a balanced machine's primary one is in a back-end pool."""
    return [_model(vm, nic, number) for number, nic in enumerate(nic_ids(vm))]


def _model(vm: VmRecord, nic: str, number: int) -> dict[str, Any]:
    network = f"/subscriptions/{vm.subscription_id}/resourceGroups/{vm.resource_group}{P}"
    address = sum(vm.name.encode()) % 250 + 4
    configuration: dict[str, Any] = {
        "provisioningState": "Succeeded",
        "privateIPAddress": f"10.0.{number}.{address}",
        "privateIPAllocationMethod": "Dynamic",
        "privateIPAddressVersion": "IPv4",
        "primary": True,
        "subnet": {"id": f"{network}/virtualNetworks/{vm.resource_group}-vnet/subnets/default"},
    }
    if vm.load_balancer and number == 0:
        pool = f"{network}/loadBalancers/{vm.name}-lb/backendAddressPools/{vm.name}-pool"
        configuration["loadBalancerBackendAddressPools"] = [{"id": pool}]
    return {
        "id": nic,
        "name": nic.rpartition("/")[2],
        "type": "Microsoft.Network/networkInterfaces",
        "location": vm.location,
        "tags": {},
        "properties": {
            "provisioningState": "Succeeded",
            "primary": number == 0,
            "virtualMachine": {"id": vm.id},
            "macAddress": f"00-0D-3A-{number:02X}-{address:02X}-01",
            "enableAcceleratedNetworking": False,
            "enableIPForwarding": False,
            "dnsSettings": {"dnsServers": [], "appliedDnsServers": []},
            "nicType": "Standard",
            "ipConfigurations": [
                {
                    "id": f"{nic}/ipConfigurations/ipconfig1",
                    "name": "ipconfig1",
                    "type": "Microsoft.Network/networkInterfaces/ipConfigurations",
                    "properties": configuration,
                }
            ],
        },
    }
