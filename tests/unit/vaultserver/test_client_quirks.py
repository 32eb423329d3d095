"""What the az CLI and Ansible send that a stricter server would stumble over."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.unit.vaultserver.planes import S, Wire

V = f"{S}/resourceGroups/rg-backup/providers/Microsoft.RecoveryServices/vaults/rsv"
_CONTAINER = (
    f"{V}/backupFabrics/Azure/protectionContainers/iaasvmcontainer;iaasvmcontainerv2;rg-web;web-01/protectedItems/"
)
ITEM = f"{_CONTAINER}vm;iaasvmcontainerv2;rg-web;web-01"
VAULT = {"location": "westeurope", "sku": {"name": "Standard"}, "properties": {}}


def protecting(wire: Wire, units: list[object]) -> int:
    """The status of enabling protection with some disks left out."""
    vm = wire.vm("web-01", dataDisks=2)
    wire.ask("PUT", V, VAULT)
    wire.world.advance(timedelta(minutes=1))
    exclusion = {"diskLunList": units, "isInclusionList": False}
    properties = {
        "protectedItemType": "Microsoft.Compute/virtualMachines",
        "sourceResourceId": vm.id,
        "policyId": f"{V}/backupPolicies/DefaultPolicy",
        "extendedProperties": {"diskExclusionProperties": exclusion},
    }
    status = wire.ask("PUT", ITEM, {"properties": properties}).status
    wire.world.advance(timedelta(minutes=2))
    return status


def test_unit_numbers_sent_as_texts_are_kept_as_numbers() -> None:
    wire = Wire()
    assert protecting(wire, ["0", 1]) == 202
    kept = wire.ask("GET", ITEM).json["properties"]["extendedProperties"]["diskExclusionProperties"]
    assert kept == {"diskLunList": [0, 1], "isInclusionList": False}


@pytest.mark.parametrize("unit", ["first", None, {}])
def test_unit_numbers_that_are_none_are_refused(unit: object) -> None:
    wire = Wire()
    assert protecting(wire, [unit]) == 400
    assert wire.world.items() == []


def test_a_group_made_by_request_is_one_a_vault_can_be_made_in() -> None:
    wire = Wire()
    wire.world.configure(group_must_exist=True)
    assert wire.ask("PUT", V, VAULT).json["error"]["code"] == "ResourceGroupNotFound"
    wire.ask("PUT", f"{S}/resourcegroups/rg-backup", {"location": "westeurope"})
    assert wire.ask("PUT", V, VAULT).status == 201


@pytest.mark.parametrize("stopped", [False, True])
def test_a_group_whose_vault_holds_backups_is_not_deleted(stopped: bool) -> None:
    wire = Wire()
    protecting(wire, [])
    if stopped:
        wire.ask("DELETE", ITEM)
        wire.world.advance(timedelta(minutes=2))
    accepted = wire.ask("DELETE", f"{S}/resourceGroups/rg-backup")
    wire.world.advance(timedelta(minutes=1))
    refused = wire.ask("GET", accepted.headers["location"])
    assert (refused.status, refused.json["error"]["code"]) == (409, "ResourceGroupDeletionBlocked")
    assert [vault.name for vault in wire.world.vaults()] == ["rsv"]
    assert len(wire.world.items()) == 1


def test_a_group_with_an_empty_vault_is_deleted_with_it() -> None:
    wire = Wire()
    wire.ask("PUT", V, VAULT)
    wire.world.advance(timedelta(minutes=1))
    wire.ask("DELETE", f"{S}/resourceGroups/RG-backup")
    wire.world.advance(timedelta(minutes=1))
    assert wire.ask("GET", V).status == 404
    assert wire.ask("HEAD", f"{S}/resourceGroups/rg-backup").status == 404
