"""Virtual machines: model and status become one, and what is not said is not made up."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from reconciler.azure.decode.vms import WireClassicVm, WireVm, WireVmStatus, classic_vm, vm
from reconciler.model.desired import OsType
from reconciler.model.observed import Agent, Power, VirtualMachine
from tests.unit.azure.scripted import S

ID = f"{S}/resourceGroups/RG-Web/providers/Microsoft.Compute/virtualMachines/Web-01"


def _made(view: dict[str, Any] | None = None, vm_id: str = "guid", **model: Any) -> VirtualMachine:
    wire = {"id": ID, "name": "Web-01", "location": "West Europe", "properties": {"vmId": "guid", **model}}
    status = {"id": ID.upper(), "properties": {"vmId": vm_id, "instanceView": view}}
    model_bytes, status_bytes = msgspec.json.encode(wire), msgspec.json.encode(status)
    return vm(msgspec.json.decode(model_bytes, type=WireVm), msgspec.json.decode(status_bytes, type=WireVmStatus))


def _power(code: str) -> dict[str, Any]:
    return {"statuses": [{"code": "ProvisioningState/succeeded"}, {"code": code}]}


@pytest.mark.parametrize(
    ("code", "power"),
    [
        *((f"PowerState/{power}", power) for power in Power if power is not Power.UNKNOWN),
        ("powerstate/Running", Power.RUNNING),
        ("PowerState/levitating", Power.UNKNOWN),
        ("", Power.UNKNOWN),
    ],
)
def test_power(code: str, power: Power) -> None:
    assert _made(_power(code)).power is power


def test_the_status_of_a_namesake_is_left_aside() -> None:
    assert _made(_power("PowerState/running"), vm_id="another").power is Power.UNKNOWN


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        ({"vmAgentVersion": "2.7.1", "statuses": [{"code": "ProvisioningState/succeeded"}]}, Agent("2.7.1", True)),
        ({"vmAgentVersion": "2.7.1", "statuses": [{"code": "ProvisioningState/Unavailable"}]}, Agent("2.7.1", False)),
        ({"vmAgentVersion": "2.7.1"}, Agent("2.7.1", False)),
        ({"vmAgentVersion": "Unknown", "statuses": []}, None),
        ({}, None),
        (None, None),
    ],
)
def test_agent(agent: dict[str, Any] | None, expected: Agent | None) -> None:
    assert _made({"vmAgent": agent}).agent == expected


def test_model() -> None:
    disk = {"managedDisk": {"storageAccountType": "Premium_LRS"}}
    found = _made(
        storageProfile={"osDisk": {"osType": "Windows", "managedDisk": {}}, "dataDisks": [disk, disk, {}]},
        networkProfile={"networkInterfaces": [{"id": "a"}, {"id": "b"}]},
        securityProfile={"securityType": "TrustedLaunch"},
    )
    assert (found.os, found.data_disks, found.storage, found.nics) == (OsType.WINDOWS, 3, ("Premium_LRS",), 2)
    assert (found.location, found.resource_group, found.security_type) == ("westeurope", "RG-Web", "TrustedLaunch")
    assert found.load_balanced is None


def _classic(**properties: Any) -> VirtualMachine:
    arm_id = f"{S}/resourceGroups/svc/providers/Microsoft.ClassicCompute/virtualMachines/old-01"
    wire = {"id": arm_id, "name": "old-01", "location": "East Asia", "properties": properties}
    return classic_vm(msgspec.json.decode(msgspec.json.encode(wire), type=WireClassicVm))


def test_a_classic_machine_tells_premium_storage_interfaces_and_balancing() -> None:
    disks = {"operatingSystemDisk": {"ioType": "Standard"}, "dataDisks": [{"ioType": "Provisioned"}, {}]}
    network = {"networkInterfaces": [{"name": "second"}], "inputEndpoints": [{"loadBalancedEndpointSetName": "web"}]}
    found = _classic(storageProfile=disks, networkProfile=network)
    assert (found.storage, found.nics, found.load_balanced) == (("Premium_LRS", "Standard_LRS"), 2, True)


def test_a_plain_classic_machine_has_one_interface_and_no_balancer() -> None:
    found = _classic(networkProfile={"inputEndpoints": [{"endpointName": "ssh"}]})
    assert (found.storage, found.nics, found.load_balanced) == ((), 1, False)
