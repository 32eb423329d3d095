"""An observation is complete or says what is missing; no fault of a list becomes an exception or an absence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from azure.core.rest import HttpRequest

from reconciler.model.desired import SoftDeleteState, Vault
from reconciler.model.ids import fold
from reconciler.model.observed import Observed
from reconciler.model.state import ItemState
from tests.unit.azure.scripted import RESET, VAULT, S, Says, V, connection, refusal

VM = f"{S}/resourceGroups/rg-web/providers/Microsoft.Compute/virtualMachines/web-01"
ITEM = f"{V}/backupFabrics/Azure/protectionContainers/c/protectedItems/VM;iaasvmcontainerv2;rg-web;web-01"
LISTS = ["backupPolicies", "backupProtectedItems", "backupProtectionContainers", "backupProtectableItems", "backupJobs"]


@dataclass(frozen=True)
class Scope:
    vaults: tuple[Vault, ...] = (VAULT,)
    classic: bool = False
    network: bool = False
    age: float = 0.0


def _vault(**properties: Any) -> dict[str, Any]:
    return {"id": V, "name": "rsv", "location": "West Europe", "properties": properties}


def _vm(vm_id: str = "guid-1") -> dict[str, Any]:
    return {"id": VM, "name": "web-01", "location": "westeurope", "properties": {"vmId": vm_id}}


def _item(**properties: Any) -> dict[str, Any]:
    given = {"protectionState": "Protected", "sourceResourceId": VM, "policyId": f"{V}/backupPolicies/p"}
    return {"id": ITEM, "name": "i", "properties": {**given, **properties}}


def _world(**instead: Says | Exception) -> Callable[[HttpRequest], Says | Exception]:
    """A quiet vault with one protected VM; `instead` replaces the answers of lists by the last segment of the path."""
    config = {"properties": {"softDeleteFeatureState": "AlwaysON", "softDeleteRetentionPeriodInDays": 30}}
    answers: dict[str, Says | Exception] = {
        "rsv": Says(body=_vault()),
        "vaultconfig": Says(body=config),
        "virtualMachines": Says(body={"value": [_vm()]}),
        "backupProtectedItems": Says(body={"value": [_item()]}),
        **instead,
    }

    def script(request: HttpRequest) -> Says | Exception:
        last = urlsplit(request.url).path.rpartition("/")[2]
        return answers.get(last, Says(body={"value": []}))

    return script


async def _observe(scope: Scope | None = None, /, **instead: Says | Exception) -> Observed:
    made, transport = connection(_world(**instead))
    observed = await made.reader.observe(scope or Scope())
    assert transport.writes == []
    return observed


async def test_a_quiet_vault_is_seen_completely() -> None:
    observed = await _observe()
    assert observed.complete
    vault = observed.vaults["rsv"]
    assert (vault.soft_delete, vault.soft_delete_retention) == (SoftDeleteState.ALWAYS_ON, 30)
    assert (vault.location, vault.guarded) == ("westeurope", False)
    assert vault.items[fold(VM)].state is ItemState.PROTECTED
    assert set(observed.vms) == {fold(VM)}


@pytest.mark.parametrize(
    "fault",
    [
        Says(401, refusal("InvalidAuthenticationToken")),
        Says(403, refusal("AuthorizationFailed")),
        Says(404, refusal("ResourceNotFound")),
        Says(429),
        Says(500),
        Says(502, b"<html>"),
        Says(200, b"<html>sign in</html>"),
        Says(200, b"{}"),
        Says(200, {"value": None}),
        Says(307, b"", {"Location": "https://evil.example"}),
        RESET,
    ],
)
@pytest.mark.parametrize("name", LISTS)
async def test_each_list_that_cannot_be_read_is_a_gap_of_its_vault(name: str, fault: Says | Exception) -> None:
    observed = await _observe(**{name: fault})
    assert {(gap.scope, gap.vault) for gap in observed.gaps} == {(fold(f"{V}/{name}"), "rsv")}
    assert observed.vaults["rsv"].exists


@pytest.mark.parametrize("code", ["ResourceNotFound", "ResourceGroupNotFound"])
async def test_a_vault_is_missing_only_when_azure_says_so(code: str) -> None:
    observed = await _observe(rsv=Says(404, refusal(code)))
    assert observed.complete
    assert not observed.vaults["rsv"].exists


@pytest.mark.parametrize(
    "fault",
    [
        Says(404, b"<html>"),
        Says(404, refusal("SubscriptionNotFound")),
        Says(403, refusal("AuthorizationFailed")),
        Says(500),
        Says(204),
        Says(200, b"null"),
        Says(200, {"id": f"{V}2", "name": "rsv2", "location": "x", "properties": {}}),
        RESET,
    ],
)
async def test_otherwise_nobody_knows_whether_it_exists(fault: Says | Exception) -> None:
    observed = await _observe(rsv=fault)
    assert observed.vaults == {}
    assert [(gap.scope, gap.vault) for gap in observed.gaps] == [(V, "rsv")]


@pytest.mark.parametrize("fault", [Says(403, refusal("AuthorizationFailed")), Says(500), Says(200, b"[]"), RESET])
async def test_a_subscription_that_cannot_be_read_is_a_gap_of_all_its_vaults(fault: Says | Exception) -> None:
    observed = await _observe(virtualMachines=fault)
    assert observed.vms == {}
    assert observed.gaps
    assert {gap.vault for gap in observed.gaps} == {None}


async def test_an_unknown_state_is_kept_as_unknown_with_azures_word() -> None:
    observed = await _observe(backupProtectedItems=Says(body={"value": [_item(protectionState="Levitating")]}))
    item = observed.vaults["rsv"].items[fold(VM)]
    assert (item.state, item.raw_state) == (ItemState.UNKNOWN, "Levitating")
    assert observed.complete


@pytest.mark.parametrize(
    "entry",
    [
        {"id": ITEM, "name": "i", "properties": {}},
        {"id": ITEM, "name": "i"},
        {"name": "i", "properties": {"protectionState": "Protected"}},
        _item(sourceResourceId=None),
        _item(sourceResourceId="/subscriptions/x/../y"),
        _item(protectionState=3),
        _item() | {"id": ITEM.replace("/rsv/", "/other/")},
    ],
)
async def test_an_odd_item_is_a_gap_and_spares_its_neighbour(entry: dict[str, Any]) -> None:
    other = {**_item(sourceResourceId=f"{VM}-b"), "id": f"{ITEM}-b"}
    observed = await _observe(backupProtectedItems=Says(body={"value": [entry, other]}))
    assert set(observed.vaults["rsv"].items) == {fold(f"{VM}-b")}
    assert [gap.vault for gap in observed.gaps] == ["rsv"]


async def test_sentinel_times_mean_never() -> None:
    odd = _item(lastBackupTime="2001-01-01T00:00:00Z", lastRecoveryPoint="0001-01-01T00:00:00")
    item = (await _observe(backupProtectedItems=Says(body={"value": [odd]}))).vaults["rsv"].items[fold(VM)]
    assert (item.last_backup_time, item.last_recovery_point) == (None, None)


async def test_resource_guards() -> None:
    guard = {"value": [{"id": f"{V}/backupResourceGuardProxies/VaultProxy"}]}
    assert (await _observe(backupResourceGuardProxies=Says(body=guard))).vaults["rsv"].guarded
    for status in (403, 404):
        unseen = await _observe(backupResourceGuardProxies=Says(status, refusal("X")))
        assert unseen.complete
        assert not unseen.vaults["rsv"].guarded
    assert not (await _observe(backupResourceGuardProxies=Says(500))).complete


async def test_soft_delete_comes_from_the_vault_where_its_configuration_cannot_be_read() -> None:
    settings = {"softDeleteSettings": {"softDeleteState": "Enabled", "softDeleteRetentionPeriodInDays": 14}}
    mirrored = Says(body=_vault(securitySettings=settings))
    denied = Says(403, refusal("AuthorizationFailed"))
    vault = (await _observe(rsv=mirrored, vaultconfig=denied)).vaults["rsv"]
    assert (vault.soft_delete, vault.soft_delete_retention) == (SoftDeleteState.ENABLED, 14)
    assert not (await _observe(vaultconfig=denied)).complete
    odd = Says(body={"properties": {"softDeleteFeatureState": "Perhaps"}})
    unknown = await _observe(vaultconfig=odd)
    assert unknown.vaults["rsv"].soft_delete is None
    assert not unknown.complete


async def test_a_configuration_that_is_none_is_a_gap() -> None:
    observed = await _observe(vaultconfig=Says(200, b"[]"))
    assert observed.vaults["rsv"].soft_delete is None
    assert [gap.scope for gap in observed.gaps] == [f"{V}/backupconfig".lower()]


async def test_a_policy_that_cannot_be_read_is_a_gap_and_one_of_another_kind_is_none_of_ours() -> None:
    good = {"id": f"{V}/backupPolicies/daily", "name": "daily", "properties": _DAILY}
    odd = {"id": f"{V}/backupPolicies/odd", "name": "odd", "properties": ["daily"]}
    sql = {"id": f"{V}/backupPolicies/sql", "name": "sql", "properties": {"backupManagementType": "AzureWorkload"}}
    observed = await _observe(backupPolicies=Says(body={"value": [odd, sql, good]}))
    assert set(observed.vaults["rsv"].policies) == {"daily"}
    assert [("'odd'" in gap.reason, gap.vault) for gap in observed.gaps] == [(True, "rsv")]


async def test_an_item_of_another_kind_is_none_of_ours() -> None:
    database = {**_item(backupManagementType="AzureWorkload", sourceResourceId="/sql"), "id": f"{ITEM}-sql"}
    observed = await _observe(backupProtectedItems=Says(body={"value": [database, _item()]}))
    assert (set(observed.vaults["rsv"].items), observed.complete) == ({fold(VM)}, True)


@pytest.mark.parametrize("order", [1, -1])
async def test_of_two_items_of_one_vm_the_one_that_lives_is_shown_and_the_vault_is_not_whole(order: int) -> None:
    dead = {**_item(isScheduledForDeferredDelete=True, protectionState="ProtectionStopped"), "id": f"{ITEM}-old"}
    observed = await _observe(backupProtectedItems=Says(body={"value": [_item(), dead][::order]}))
    assert observed.vaults["rsv"].items[fold(VM)].state is ItemState.PROTECTED
    assert [gap.reason for gap in observed.gaps] == [f"{VM} has two items"]


@pytest.mark.parametrize(
    ("of", "kind"), [("virtualMachines", "Microsoft.Compute"), ("virtualMachines", "Microsoft.ClassicCompute")]
)
async def test_a_vm_that_has_no_id_of_a_vm_is_a_gap_and_spares_its_neighbour(of: str, kind: str) -> None:
    def script(request: HttpRequest) -> Says | Exception:
        if f"/providers/{kind}/virtualMachines" in request.url and "statusOnly" not in request.url:
            odd = _vm() | {"id": f"{S}/resourceGroups/rg/../web-02"}
            good = _vm() | {"id": VM.replace("Microsoft.Compute", kind)}
            return Says(body={"value": [odd, good]})
        return _world(virtualMachines=Says(body={"value": []}))(request)

    made, _ = connection(script)
    observed = await made.reader.observe(Scope(classic=True))
    assert set(observed.vms) == {fold(VM.replace("Microsoft.Compute", kind))}
    assert [gap.vault for gap in observed.gaps] == [None]


async def test_a_name_that_cannot_stand_in_a_path_is_a_gap_and_is_not_asked_for() -> None:
    made, transport = connection(_world())
    bad = Vault("../x", "not-a-guid", "rg", "weu")
    observed = await made.reader.observe(Scope((bad,)))
    assert {gap.vault for gap in observed.gaps} == {None, "../x"}
    assert transport.sent == []


async def test_a_policy_with_the_id_of_another_vault_is_a_gap_and_not_written_there() -> None:
    """Its id would be the address of an update."""
    foreign = {"id": f"{V}-theirs/backupPolicies/daily", "name": "daily", "properties": _DAILY}
    observed = await _observe(backupPolicies=Says(body={"value": [foreign]}))
    assert observed.vaults["rsv"].policies == {}
    assert [gap.vault for gap in observed.gaps] == ["rsv"]


@pytest.mark.parametrize("name", ["/resourceGroups", "/resourcegroups"])
async def test_a_vm_of_another_subscription_is_a_gap_and_not_started_there(name: str) -> None:
    foreign = _vm() | {"id": VM.replace("000001/resourceGroups", f"000002{name}")}
    observed = await _observe(virtualMachines=Says(body={"value": [foreign]}))
    assert (observed.vms, len(observed.gaps)) == ({}, 1)


_DAILY = {
    "backupManagementType": "AzureIaasVM",
    "timeZone": "UTC",
    "schedulePolicy": {
        "schedulePolicyType": "SimpleSchedulePolicy",
        "scheduleRunFrequency": "Daily",
        "scheduleRunTimes": ["2020-01-01T22:00:00Z"],
    },
    "retentionPolicy": {
        "retentionPolicyType": "LongTermRetentionPolicy",
        "dailySchedule": {
            "retentionTimes": ["2020-01-01T22:00:00Z"],
            "retentionDuration": {"count": 30, "durationType": "Days"},
        },
    },
}
