"""Discovery: refreshing what a vault knows, and the machines it could protect."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from reconciler.vaultserver import containers, failures, faults, filters, operations, paging
from reconciler.vaultserver.arm import fold
from reconciler.vaultserver.records import ItemRecord, Json, OperationRecord, VaultRecord, VmRecord
from reconciler.vaultserver.routes import ArmRoute, F, V, WireCall

if TYPE_CHECKING:
    from reconciler.vaultserver.world import World

REFRESH_SECONDS = (8, 15)
"""From the recordings: between these two."""


def routes(world: World) -> list[BaseRoute]:
    return [
        ArmRoute(world, F + "/refreshContainers", _refresh, ("POST",)),
        ArmRoute(world, V + "/backupProtectableItems", _list),
    ]


def _refresh(call: WireCall) -> Response:
    """Begin a discovery; one that runs already is joined (in the preview the second one fails)."""
    world, vault = call.world, call.vault()
    filters.read(call, "backupManagementType", "fabricName")
    runs = _running(world, vault)
    if runs is not None and not vault.preview:
        return operations.accepted(call, runs)
    if runs is not None:
        operation = operations.begin(world, vault, "fabric", _subject(vault))
        operations.end(world, operation.name, failures.DISCOVERY_RUNS.operation_error() | {"status": 409})
        return operations.accepted(call, operation)
    return operations.accepted(call, begin(world, vault))


def _subject(vault: VaultRecord) -> str:
    return f"{vault.id}/backupFabrics/Azure"


def begin(world: World, vault: VaultRecord) -> OperationRecord:
    """A discovery under way, whoever asked for it."""
    operation = operations.begin(world, vault, "fabric", _subject(vault))
    least, most = REFRESH_SECONDS
    seconds = least + (most - least) * world.chance("refresh", operation.name)
    world.later(world.now + timedelta(seconds=seconds), "discovery-ends", vault.id, operation=operation.name)
    return operation


def _running(world: World, vault: VaultRecord) -> OperationRecord | None:
    for operation in world.database.all(OperationRecord, vault.id):
        if operation.family == "fabric" and operation.end is None:
            return operation
    return None


def discovered_event(world: World, subject: str, body: dict[str, Any]) -> None:
    """Timeline: a vault has learnt of the machines of its subscription and region."""
    vault = world.vault(subject)
    if vault is None:
        return
    injected = faults.meet_job(world, "Discover", vault.name)
    if injected is None:
        vault.discovered = world.now
        world.database.put(vault)
        operations.end(world, body["operation"])
    else:
        error = {"code": injected.code, "message": injected.message, "status": injected.status or 500}
        operations.end(world, body["operation"], error)


def protectable(world: World, vault: VaultRecord) -> list[VmRecord]:
    """The machines the vault knows of and nobody protects, by id."""
    vaults = {fold(other.id) for other in world.vaults()}
    held = {item.link for item in world.database.all(ItemRecord) if item.scope in vaults}
    seen = {box.link for box in world.containers(vault.id) if box.discovered}
    registered = {box.link for box in world.containers(vault.id) if box.registration}
    return [
        vm
        for vm in world.vms(vault.subscription_id)
        if fold(vm.location) == fold(vault.location)
        and fold(vm.id) not in held
        and (fold(vm.id) in seen or (vault.discovered is not None and vm.created <= vault.discovered))
        and (vault.preview or fold(vm.id) not in registered)
    ]


def _known(world: World, vault: VaultRecord) -> list[VmRecord]:
    return world.recall(f"protectable {vault.id}", lambda: protectable(world, vault))


def wire(vault: VaultRecord, vm: VmRecord) -> Json:
    names = containers.names(vault.id, vm.item_key)
    return {
        "id": f"{names.container}/protectableItems/vm;{names.key}",
        "name": names.key,
        "type": "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectableItems",
        "properties": {
            "virtualMachineId": vm.id,
            "virtualMachineVersion": "Classic" if vm.classic else "Compute",
            "resourceGroup": vm.resource_group,
            "backupManagementType": "AzureIaasVM",
            "protectableItemType": vm.arm_type,
            "friendlyName": vm.name,
            "protectionState": "NotProtected",
        },
    }


def _list(call: WireCall) -> Response:
    vault = call.vault()
    wanted = filters.read(
        call, "backupManagementType", "workloadType", "containerName", "status", "friendlyName", "protectableItemType"
    )
    managed = wanted.matches("backupManagementType", "AzureIaasVM") and wanted.matches("workloadType", "VM")
    chosen = [
        vm
        for vm in (_known(call.world, vault) if managed else [])
        if wanted.matches("friendlyName", vm.name)
        and wanted.matches("containerName", vm.item_key)
        and wanted.matches("status", "NotProtected")
    ]
    return paging.paged(call, chosen, lambda vm: vm.id, lambda vm: wire(vault, vm))
