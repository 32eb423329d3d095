"""Microsoft.ClassicCompute, read only: the virtual machines of cloud services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from reconciler.vaultserver import errors
from reconciler.vaultserver.arm import fold, vm_id
from reconciler.vaultserver.records import VmRecord
from reconciler.vaultserver.routes import ArmRoute, WireCall, json_response

if TYPE_CHECKING:
    from reconciler.vaultserver.world import World

S = "/subscriptions/{subscription}"
P = "/providers/Microsoft.ClassicCompute/virtualMachines"

_POWER = {"running": "Started", "stopped": "Stopped", "deallocated": "StoppedDeallocated", "starting": "Starting"}


def routes(world: World) -> list[BaseRoute]:
    """The list of a subscription or a group, and one machine."""
    return [
        ArmRoute(world, S + P, _list),
        ArmRoute(world, S + "/resourceGroups/{group}" + P, _list),
        ArmRoute(world, S + "/resourceGroups/{group}" + P + "/{vm}", _get),
    ]


def _list(call: WireCall) -> Response:
    group = fold(call.params.get("group", ""))
    found = [vm for vm in call.world.vms(call.params["subscription"]) if vm.classic]
    return json_response({"value": [model(vm) for vm in found if not group or fold(vm.resource_group) == group]})


def _get(call: WireCall) -> Response:
    params = call.params
    vm = call.world.vm(vm_id(params["subscription"], params["group"], params["vm"], classic=True))
    if vm is None:
        raise errors.resource_not_found("Microsoft.ClassicCompute/virtualMachines", params["vm"], params["group"])
    return json_response(model(vm))


def model(vm: VmRecord) -> dict[str, Any]:
    """A classic machine. The names of its members are those of Resource Graph's classic rows; no swagger is public."""
    service = vm.cloud_service or vm.resource_group
    group = f"/subscriptions/{vm.subscription_id}/resourceGroups/{vm.resource_group}"
    view: dict[str, Any] = {
        "status": "ReadyRole" if vm.power == "running" else "StoppedVM",
        "powerState": _POWER[vm.power],
        "fullyQualifiedDomainName": f"{service}.cloudapp.net",
    }
    if vm.power == "running" and vm.agent.present:
        ready = vm.agent.status == "ready"
        view["guestAgentStatus"] = {
            "protocolVersion": "1.0",
            "guestAgentVersion": vm.agent.version,
            "status": "Ready" if ready else "NotReady",
        }
    return {
        "id": vm.id,
        "name": vm.name,
        "type": "Microsoft.ClassicCompute/virtualMachines",
        "location": vm.location,
        "tags": vm.tags,
        "properties": {
            "provisioningState": vm.provisioning_state,
            "domainName": {
                "id": f"{group}/providers/Microsoft.ClassicCompute/domainNames/{service}",
                "name": service,
                "type": "Microsoft.ClassicCompute/domainNames",
            },
            "hardwareProfile": {"size": vm.vm_size, "deploymentName": service, "deploymentId": vm.vm_id},
            "instanceView": view,
            "storageProfile": _storage(vm),
            "networkProfile": _network(vm),
        },
    }


def _storage(vm: VmRecord) -> dict[str, Any]:
    return {
        "operatingSystemDisk": {
            "diskName": f"{vm.name}-os",
            "operatingSystem": vm.os,
            "caching": "ReadWrite",
            "ioType": _io(vm.os_disk_storage),
        },
        "dataDisks": [
            {"diskName": disk.name, "lun": lun, "ioType": _io(disk.storage)} for lun, disk in enumerate(vm.data_disks)
        ],
    }


def _io(storage: str) -> str:
    """Service management's word for the performance of a disk's storage account."""
    return "Provisioned" if fold(storage).startswith("premium") else "Standard"


def _network(vm: VmRecord) -> dict[str, Any]:
    """`networkInterfaces` are those beside the primary one, and a balanced endpoint names its set, as there."""
    endpoint: dict[str, Any] = {
        "endpointName": "https",
        "privatePort": 443,
        "publicPort": 443,
        "protocol": "tcp",
        "enableDirectServerReturn": False,
        "loadBalancedEndpointSetName": f"{vm.name}-set",
    }
    return {
        "inputEndpoints": [endpoint] if vm.load_balancer else [],
        "networkInterfaces": [{"name": f"{vm.name}-nic-{number}"} for number in range(2, vm.nics + 1)],
        "virtualNetwork": None,
    }
