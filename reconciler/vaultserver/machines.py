"""Virtual machines as Microsoft.Compute shows them: model, status, instance view, extensions and disks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from reconciler.vaultserver.arm import fold
from reconciler.vaultserver.records import Extension, VmRecord

_POWER_TITLES = {
    "running": "VM running",
    "stopped": "VM stopped",
    "deallocated": "VM deallocated",
    "starting": "VM starting",
}
_OS_DISK_GB = {"Linux": 30, "Windows": 127}


def region(location: str) -> str:
    """A location as ARM compares it: `West Europe` and `westeurope` are one."""
    return fold(location).replace(" ", "")


def _group_id(vm: VmRecord) -> str:
    return f"/subscriptions/{vm.subscription_id}/resourceGroups/{vm.resource_group}"


def nic_ids(vm: VmRecord) -> list[str]:
    """The ids of its network interfaces, the primary one first."""
    base = f"{_group_id(vm)}/providers/Microsoft.Network/networkInterfaces/{vm.name}-nic"
    return [f"{base}-{number}" for number in range(1, vm.nics + 1)]


def disk_id(vm: VmRecord, name: str) -> str:
    return f"{_group_id(vm)}/providers/Microsoft.Compute/disks/{name}"


def os_disk_name(vm: VmRecord) -> str:
    return f"{vm.name}_OsDisk_1"


def _heading(vm: VmRecord) -> dict[str, Any]:
    return {"id": vm.id, "name": vm.name, "type": "Microsoft.Compute/virtualMachines", "location": vm.location}


def model(vm: VmRecord, _now: datetime) -> dict[str, Any]:
    """What was asked for when the machine was made, without its run-time state."""
    properties: dict[str, Any] = {
        "hardwareProfile": {"vmSize": vm.vm_size},
        "provisioningState": vm.provisioning_state,
        "vmId": vm.vm_id,
        "timeCreated": stamp(vm.created),
        "storageProfile": _storage(vm),
        "osProfile": _os_profile(vm),
        "networkProfile": {
            "networkInterfaces": [
                {"id": nic, "properties": {"primary": number == 0}} for number, nic in enumerate(nic_ids(vm))
            ]
        },
        "diagnosticsProfile": {"bootDiagnostics": {"enabled": True}},
    }
    if vm.security_type:
        properties["securityProfile"] = {"securityType": vm.security_type}
    body = _heading(vm) | {"tags": vm.tags, "properties": properties}
    if vm.extensions:
        body["resources"] = [extension(vm, one) for one in vm.extensions]
    return body


def status(vm: VmRecord, now: datetime) -> dict[str, Any]:
    """An entry of a list with `statusOnly=true`: the run-time state in place of the model."""
    properties = {
        "vmId": vm.vm_id,
        "hardwareProfile": {"vmSize": vm.vm_size},
        "provisioningState": vm.provisioning_state,
        "instanceView": instance_view(vm, now),
    }
    return _heading(vm) | {"properties": properties}


def _storage(vm: VmRecord) -> dict[str, Any]:
    exact = {} if vm.image.get("version") != "latest" else {"exactVersion": vm.os_version}
    profile: dict[str, Any] = {
        "imageReference": vm.image | exact,
        "osDisk": {
            "osType": vm.os,
            "name": os_disk_name(vm),
            "createOption": "FromImage",
            "caching": "ReadWrite",
            "managedDisk": {"storageAccountType": vm.os_disk_storage, "id": disk_id(vm, os_disk_name(vm))},
            "deleteOption": "Detach",
            "diskSizeGB": _OS_DISK_GB[vm.os],
        },
        "dataDisks": [
            {
                "lun": lun,
                "name": disk.name,
                "createOption": "Attach",
                "caching": "None",
                "managedDisk": {"storageAccountType": disk.storage, "id": disk_id(vm, disk.name)},
                "deleteOption": "Detach",
                "diskSizeGB": disk.size_gb,
                "toBeDetached": False,
            }
            for lun, disk in enumerate(vm.data_disks)
        ],
        "diskControllerType": "SCSI",
    }
    return profile


def _os_profile(vm: VmRecord) -> dict[str, Any]:
    agent = {"provisionVMAgent": vm.agent.present}
    if vm.os == "Windows":
        own = {"windowsConfiguration": agent | {"enableAutomaticUpdates": True}}
    else:
        own = {"linuxConfiguration": agent | {"disablePasswordAuthentication": True}}
    common = {"computerName": vm.name, "adminUsername": "azureuser", "secrets": []}
    return common | own | {"allowExtensionOperations": True}


def instance_view(vm: VmRecord, now: datetime) -> dict[str, Any]:
    """The run-time state; the guest's own word (agent, system, extensions) only while it runs."""
    view: dict[str, Any] = {
        "hyperVGeneration": "V2",
        "bootDiagnostics": {},
        "disks": [
            {"name": name, "statuses": [_status("ProvisioningState/succeeded", "Provisioning succeeded", now)]}
            for name in (os_disk_name(vm), *(disk.name for disk in vm.data_disks))
        ],
        "statuses": [
            _status(f"ProvisioningState/{vm.provisioning_state.lower()}", _provisioning_title(vm), now),
            {"code": f"PowerState/{vm.power}", "level": "Info", "displayStatus": _POWER_TITLES[vm.power]},
        ],
    }
    if vm.power == "running":
        view |= {"computerName": vm.name, "osName": vm.os_name, "osVersion": vm.os_version}
        if vm.agent.present:
            view["vmAgent"] = _agent(vm, now)
        if vm.extensions:
            view["extensions"] = [_extension_status(one, now) for one in vm.extensions]
    return view


def _provisioning_title(vm: VmRecord) -> str:
    return f"Provisioning {vm.provisioning_state.lower()}"


def _status(code: str, title: str, now: datetime, level: str = "Info", message: str = "") -> dict[str, Any]:
    found = {"code": code, "level": level, "displayStatus": title}
    if message:
        found["message"] = message
    return found | {"time": stamp(now)}


def _agent(vm: VmRecord, now: datetime) -> dict[str, Any]:
    if vm.agent.status == "ready":
        state = _status("ProvisioningState/succeeded", "Ready", now, message="Guest Agent is running")
    else:
        message = "VM status blob is found but not yet populated."
        state = _status("ProvisioningState/Unavailable", "Not Ready", now, "Warning", message)
    handlers = [
        {
            "type": f"{one.publisher}.{one.type}",
            "typeHandlerVersion": one.version,
            "status": _status("ProvisioningState/succeeded", "Ready", now),
        }
        for one in vm.extensions
    ]
    return {"vmAgentVersion": vm.agent.version, "statuses": [state], "extensionHandlers": handlers}


def _extension_status(one: Extension, now: datetime) -> dict[str, Any]:
    good = one.provisioning_state == "Succeeded"
    code = f"ProvisioningState/{one.provisioning_state.lower()}"
    title = f"Provisioning {one.provisioning_state.lower()}"
    return {
        "name": one.name,
        "type": f"{one.publisher}.{one.type}",
        "typeHandlerVersion": one.version,
        "statuses": [_status(code, title, now, "Info" if good else "Error")],
    }


def extension(vm: VmRecord, one: Extension) -> dict[str, Any]:
    """An extension as a resource of its own."""
    return {
        "id": f"{vm.id}/extensions/{one.name}",
        "name": one.name,
        "type": "Microsoft.Compute/virtualMachines/extensions",
        "location": vm.location,
        "properties": {
            "autoUpgradeMinorVersion": True,
            "provisioningState": one.provisioning_state,
            "publisher": one.publisher,
            "type": one.type,
            "typeHandlerVersion": one.version,
        },
    }


def disks(vm: VmRecord) -> list[dict[str, Any]]:
    """Its managed disks as resources, the system's first."""
    found = [_disk(vm, os_disk_name(vm), vm.os_disk_storage, _OS_DISK_GB[vm.os])]
    found[0]["properties"]["osType"] = vm.os
    return found + [_disk(vm, disk.name, disk.storage, disk.size_gb) for disk in vm.data_disks]


def _disk(vm: VmRecord, name: str, storage: str, size: int) -> dict[str, Any]:
    attached = "Reserved" if vm.power == "deallocated" else "Attached"
    return {
        "id": disk_id(vm, name),
        "name": name,
        "type": "Microsoft.Compute/disks",
        "location": vm.location,
        "tags": {},
        "sku": {"name": storage, "tier": storage.partition("_")[0]},
        "managedBy": vm.id,
        "properties": {"diskSizeGB": size, "diskState": attached, "provisioningState": "Succeeded"},
    }


def stamp(moment: datetime) -> str:
    """A time as Compute writes it."""
    return moment.isoformat(timespec="microseconds")
