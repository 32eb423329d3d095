"""The adapter against the embedded vault: from nothing to protected, stopped, resumed, and what is seen on the way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from reconciler.azure import AzureWriter, Connection, connect
from reconciler.engine.ports import Scope
from reconciler.model import api, ids
from reconciler.model.call import Call, Json, canonical
from reconciler.model.observed import Agent, Observed, ObservedVault, Power, VirtualMachine
from reconciler.model.outcome import Answer, Done, Pending, Refused
from reconciler.model.state import ItemState
from tests.unit.azure.scripted import SUBSCRIPTION, VAULT, Dice, S, V
from tests.unit.vaultserver.planes import Wire

POLICY = f"{V}/backupPolicies/DefaultPolicy"


class WorldClock:
    """The estate's own clock: sleeping lets its events happen."""

    def __init__(self, wire: Wire) -> None:
        self._world = wire.world
        self._start = wire.world.now

    def now(self) -> datetime:
        return self._world.now

    def monotonic(self) -> float:
        return (self._world.now - self._start).total_seconds()

    async def sleep(self, seconds: float) -> None:
        self._world.advance(timedelta(seconds=seconds))


@dataclass
class Estate:
    """An embedded vault, a connection to it, and short ways to act and to look."""

    wire: Wire
    connection: Connection
    clock: WorldClock

    @property
    def writer(self) -> AzureWriter:
        assert self.connection.writer is not None
        return self.connection.writer

    async def observe(self, *, classic: bool = True, network: bool = True) -> Observed:
        return await self.connection.reader.observe(Scope((VAULT,), classic, network))

    async def vault(self) -> ObservedVault:
        observed = await self.observe()
        assert observed.gaps == ()
        return observed.vaults["rsv"]

    async def carry_out(self, call: Call) -> Answer:
        answer = await self.writer.submit(call, "corr")
        for _ in range(20):
            if not isinstance(answer, Pending):
                return answer
            await self.clock.sleep(answer.operation.retry_after or 10)
            answer = await self.writer.poll(answer.operation)
        raise AssertionError("the operation never ended")

    @property
    def writes(self) -> list[str]:
        return [entry.method for entry in self.wire.world.requests() if entry.method in {"PUT", "PATCH", "DELETE"}]


@pytest.fixture
async def estate() -> AsyncIterator[Estate]:
    wire = Wire()
    wire.vm("web-01")
    wire.vm("web-02", group="RG-Db")
    clock = WorldClock(wire)
    connection = connect(wire.app, clock=clock, random=Dice(), writable=True)
    yield Estate(wire, connection, clock)
    await connection.close()
    wire.world.close()


def _item(vm: VirtualMachine) -> str:
    container = ids.container_name(vm.resource_group, vm.name, classic=False)
    item = ids.item_name(vm.resource_group, vm.name, classic=False)
    return f"{V}/backupFabrics/Azure/protectionContainers/{container}/protectedItems/{item}"


def _put(vm: VirtualMachine, **properties: Json) -> Call:
    kind = {"protectedItemType": "Microsoft.Compute/virtualMachines", "sourceResourceId": vm.id}
    return Call("PUT", _item(vm), api.BACKUP, canonical({"properties": {**kind, **properties}}))


async def _make_vault(estate: Estate) -> None:
    body = canonical({"location": "westeurope", "sku": {"name": "Standard"}, "properties": {}})
    assert await estate.carry_out(Call("PUT", V, api.VAULTS, body)) == Done()


async def _vm(estate: Estate, name: str) -> VirtualMachine:
    return next(vm for vm in (await estate.observe()).vms.values() if vm.name == name)


async def test_a_vault_that_is_not_there_is_seen_to_be_missing_and_then_made(estate: Estate) -> None:
    assert not (await estate.vault()).exists
    await _make_vault(estate)
    vault = await estate.vault()
    assert (vault.exists, vault.location, vault.redundancy) == (True, "westeurope", "GeoRedundant")
    assert vault.soft_delete_retention == 14
    assert set(vault.policies) == {"defaultpolicy", "enhancedpolicy"}
    assert all(policy.rules for policy in vault.policies.values())


async def test_discover_protect_stop_and_resume(estate: Estate) -> None:
    await _make_vault(estate)
    vm = await _vm(estate, "web-01")
    assert await estate.carry_out(Call("POST", f"{V}/backupFabrics/Azure/refreshContainers", api.BACKUP)) == Done()
    assert vm.key in (await estate.vault()).discovered
    enabled = await estate.carry_out(_put(vm, policyId=POLICY))
    assert isinstance(enabled, Done)
    assert enabled.job_id
    vault = await estate.vault()
    assert vault.items[vm.key].state is ItemState.IR_PENDING
    assert vault.items[vm.key].policy_name == "DefaultPolicy"
    assert vault.registered == {vm.key}
    assert vm.key not in vault.discovered
    assert [job.operation for job in vault.jobs] == ["ConfigureBackup"]
    assert isinstance(await estate.carry_out(_put(vm, policyId="", protectionState="ProtectionStopped")), Done)
    assert (await estate.vault()).items[vm.key].state is ItemState.PROTECTION_STOPPED
    assert isinstance(await estate.carry_out(_put(vm, policyId=POLICY)), Done)
    assert (await estate.vault()).items[vm.key].state is not ItemState.PROTECTION_STOPPED
    assert estate.writes == ["PUT"] * 4


async def test_a_deleted_item_is_seen_as_soft_deleted_and_comes_back(estate: Estate) -> None:
    await _make_vault(estate)
    vm = await _vm(estate, "web-01")
    await estate.carry_out(_put(vm, policyId=POLICY))
    assert isinstance(await estate.carry_out(Call("DELETE", _item(vm), api.BACKUP)), Done)
    item = (await estate.vault()).items[vm.key]
    assert (item.soft_deleted, item.state) == (True, ItemState.PROTECTION_STOPPED)
    assert item.deferred_delete_days_left == 13
    undelete = _put(vm, policyId="", isRehydrate=True, protectionState="ProtectionStopped")
    assert isinstance(await estate.carry_out(undelete), Done)
    assert not (await estate.vault()).items[vm.key].soft_deleted


async def test_a_first_backup_is_seen(estate: Estate) -> None:
    await _make_vault(estate)
    vm = await _vm(estate, "web-01")
    await estate.carry_out(_put(vm, policyId=POLICY))
    estate.wire.world.advance(timedelta(days=2))
    item = (await estate.vault()).items[vm.key]
    assert item.state is ItemState.PROTECTED
    assert item.last_backup_status == "Completed"
    assert item.last_recovery_point is not None
    assert estate.clock.now() - item.last_recovery_point < timedelta(hours=26)


async def test_azures_own_checks_tell_who_holds_a_vm(estate: Estate) -> None:
    await _make_vault(estate)
    vm, other = await _vm(estate, "web-01"), await _vm(estate, "web-02")
    before = await estate.connection.reader.check(VAULT, [vm, other])
    assert {check.held_by for check in before.values()} == {""}
    assert {check.code for check in before.values()} == {""}
    await estate.carry_out(_put(vm, policyId=POLICY))
    after = await estate.connection.reader.check(VAULT, [vm, other])
    assert ids.fold(after[vm.key].held_by) == ids.fold(V)
    assert after[vm.key].code
    assert after[other.key].held_by == ""


async def test_a_refusal_carries_azures_words(estate: Estate) -> None:
    await _make_vault(estate)
    vm = await _vm(estate, "web-01")
    answer = await estate.carry_out(_put(vm, policyId=f"{V}/backupPolicies/none"))
    assert isinstance(answer, Refused)
    assert answer.error.code.startswith("BMSUserError")
    assert answer.error.message


async def test_a_failed_job_is_the_answer_of_its_operation(estate: Estate) -> None:
    await _make_vault(estate)
    vm = await _vm(estate, "web-01")
    estate.wire.world.set_vm(vm.id, "agent.status", "notReady")
    answer = await estate.carry_out(_put(vm, policyId=POLICY))
    assert isinstance(answer, Refused)
    assert answer.error.code
    assert answer.error.number


async def test_machines_are_read_with_their_state_over_many_pages(estate: Estate) -> None:
    wire = estate.wire
    wire.world.configure(page_size=3)
    for number in range(10):
        wire.vm(f"many-{number}", group="rg-many", power="deallocated")
    wire.vm("legacy", classic=True, cloudService="svc-legacy")
    observed = await estate.observe()
    assert observed.complete
    assert len(observed.vms) == 13
    off = [vm for vm in observed.vms.values() if vm.name.startswith("many")]
    assert {(vm.power, vm.agent) for vm in off} == {(Power.DEALLOCATED, None)}
    web = next(vm for vm in observed.vms.values() if vm.name == "web-01")
    assert (web.power, web.load_balanced, web.nics) == (Power.RUNNING, False, 1)
    assert isinstance(web.agent, Agent)
    legacy = next(vm for vm in observed.vms.values() if vm.classic)
    assert (legacy.cloud_service, legacy.label) == ("svc-legacy", "svc-legacy/legacy")
    plain = await estate.observe(classic=False, network=False)
    assert len(plain.vms) == 12
    assert {vm.load_balanced for vm in plain.vms.values()} == {None}


async def test_a_dry_runs_connection_writes_nothing(estate: Estate) -> None:
    await _make_vault(estate)
    before = len(estate.writes)
    reading = connect(estate.wire.app, clock=estate.clock, random=Dice())
    assert reading.writer is None
    observed = await reading.reader.observe(Scope((VAULT,), classic=True, network=True))
    await reading.reader.check(VAULT, list(observed.vms.values()))
    posts = {entry.path for entry in estate.wire.world.requests() if entry.method == "POST"}
    assert len(estate.writes) == before
    assert posts <= {
        f"{S}/providers/Microsoft.RecoveryServices/locations/westeurope/{name}"
        for name in ("backupStatus", "backupPreValidateProtection")
    }
    assert SUBSCRIPTION in S
    await reading.close()
