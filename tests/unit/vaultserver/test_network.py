"""Microsoft.Network: interfaces and machines name each other."""

from __future__ import annotations

from tests.unit.vaultserver.planes import S, Wire


def test_interfaces_name_their_machine_and_the_machine_names_them() -> None:
    wire = Wire()
    vm = wire.vm("web-01", nics=2)
    listed = wire.ask("GET", f"{S}/providers/Microsoft.Network/networkInterfaces").json["value"]
    named = wire.ask("GET", vm.id).json["properties"]["networkProfile"]["networkInterfaces"]
    assert [nic["id"] for nic in listed] == [nic["id"] for nic in named]
    assert {nic["properties"]["virtualMachine"]["id"] for nic in listed} == {vm.id}
    assert wire.ask("GET", listed[1]["id"]).json == listed[1]
    assert wire.ask("GET", f"{listed[1]['id']}-no").status == 404


def test_only_a_balanced_machine_stands_in_a_pool_and_only_by_its_primary_interface() -> None:
    wire = Wire()
    wire.vm("web-01", nics=2, loadBalancer=True)
    wire.vm("web-02")
    listed = wire.ask("GET", f"{S}/providers/Microsoft.Network/networkInterfaces").json["value"]
    pools = [
        "loadBalancerBackendAddressPools" in nic["properties"]["ipConfigurations"][0]["properties"] for nic in listed
    ]
    assert pools == [True, False, False]


def test_what_is_not_simulated_lists_as_none() -> None:
    wire = Wire()
    for kind in ("publicIPAddresses", "virtualNetworks", "loadBalancers"):
        assert wire.ask("GET", f"{S}/providers/Microsoft.Network/{kind}").json == {"value": []}
