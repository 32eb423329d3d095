"""Microsoft.ClassicCompute: machines of cloud services, kept apart from those of Resource Manager."""

from __future__ import annotations

from tests.unit.vaultserver.planes import S, Wire

LIST = f"{S}/providers/Microsoft.ClassicCompute/virtualMachines"


def test_classic_machines_are_listed_alone_and_tell_their_cloud_service() -> None:
    wire = Wire()
    wire.vm("web-01")
    wire.vm("legacy", group="rg-one", classic=True, cloudService="svc-one", power="stopped")
    wire.vm("legacy", group="rg-two", classic=True, cloudService="svc-two")
    found = wire.ask("GET", LIST).json["value"]
    assert [(vm["name"], vm["properties"]["domainName"]["name"]) for vm in found] == [
        ("legacy", "svc-one"),
        ("legacy", "svc-two"),
    ]
    assert [vm["properties"]["instanceView"]["powerState"] for vm in found] == ["Stopped", "Started"]
    assert "guestAgentStatus" not in found[0]["properties"]["instanceView"]


def test_what_the_preview_cannot_back_up_is_told() -> None:
    wire = Wire()
    wire.vm("plain", classic=True)
    wire.vm("special", classic=True, osDiskStorage="Premium_LRS", nics=3, loadBalancer=True)
    plain, special = (vm["properties"] for vm in wire.ask("GET", LIST).json["value"])
    assert plain["storageProfile"]["operatingSystemDisk"]["ioType"] == "Standard"
    assert plain["networkProfile"] == {"inputEndpoints": [], "networkInterfaces": [], "virtualNetwork": None}
    assert special["storageProfile"]["operatingSystemDisk"]["ioType"] == "Provisioned"
    assert len(special["networkProfile"]["networkInterfaces"]) == 2
    assert special["networkProfile"]["inputEndpoints"][0]["loadBalancedEndpointSetName"]


def test_one_classic_machine_is_read_by_its_own_id() -> None:
    wire = Wire()
    vm = wire.vm("legacy", classic=True)
    assert wire.ask("GET", vm.id).json["id"] == vm.id
    assert wire.ask("GET", vm.id).json["properties"]["domainName"]["name"] == "rg-web"
    assert wire.ask("GET", f"{vm.id}-no").json["error"]["code"] == "ResourceNotFound"


def test_a_classic_machine_tells_its_premium_disks_further_interfaces_and_balanced_endpoint() -> None:
    wire = Wire()
    disks = [{"storage": "Premium_LRS"}, {"storage": "Standard_LRS"}]
    rich = wire.vm("rich", classic=True, dataDisks=disks, nics=3, loadBalancer=True)
    plain = wire.vm("plain", classic=True)
    properties = wire.ask("GET", rich.id).json["properties"]
    assert [disk["ioType"] for disk in properties["storageProfile"]["dataDisks"]] == ["Provisioned", "Standard"]
    assert len(properties["networkProfile"]["networkInterfaces"]) == 2
    assert properties["networkProfile"]["inputEndpoints"][0]["loadBalancedEndpointSetName"]
    network = wire.ask("GET", plain.id).json["properties"]["networkProfile"]
    assert (network["networkInterfaces"], network["inputEndpoints"]) == ([], [])
