"""Containers of virtual machines: listed, read, and registered where the preview asks for it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from starlette.responses import Response
from starlette.routing import BaseRoute

from reconciler.vaultserver import eligibility, errors, faults, filters, jobs, operations, paging
from reconciler.vaultserver.arm import fold
from reconciler.vaultserver.failures import Failure
from reconciler.vaultserver.records import (
    ContainerRecord,
    ItemRecord,
    Json,
    OperationRecord,
    VaultRecord,
    VmRecord,
)
from reconciler.vaultserver.routes import ArmRoute, C, V, WireCall, empty, json_response

if TYPE_CHECKING:
    from reconciler.vaultserver.world import World

REGISTER_SECONDS = 60
UNREGISTER_SECONDS = 15

_CONTAINER = re.compile(r"iaasvmcontainer;(iaasvmcontainer(?:v2)?;[^;/]+;[^;/]+)")
_ITEM = re.compile(r"vm;(iaasvmcontainer(?:v2)?;[^;/]+;[^;/]+)")


class Names(NamedTuple):
    """What a vault calls a machine: `key` is `iaasvmcontainerv2;group;name`, folded."""

    key: str
    container: str
    item: str


def routes(world: World) -> list[BaseRoute]:
    return [
        ArmRoute(world, V + "/backupProtectionContainers", _list),
        ArmRoute(world, V + "/backupDeletedProtectionContainers", _list_deleted),
        ArmRoute(world, C, _get),
        ArmRoute(world, C, _put, ("PUT",)),
        ArmRoute(world, C, _delete, ("DELETE",)),
    ]


def names(vault_id: str, key: str) -> Names:
    """Full ids of the container and the item of a machine's key."""
    container = f"{vault_id}/backupFabrics/Azure/protectionContainers/IaasVMContainer;{key}"
    return Names(key, container, f"{container}/protectedItems/VM;{key}")


def asked(vault: VaultRecord, container: str, item: str | None = None) -> Names:
    """The names of a request's path, or the service's refusal of them."""
    found = _CONTAINER.fullmatch(fold(container))
    if found is None:
        raise errors.bad_container_name()
    if item is not None:
        inner = _ITEM.fullmatch(fold(item))
        if inner is None:
            raise errors.bad_item_name()
        if inner[1] != found[1]:
            raise errors.bad_configure_request()
    return names(vault.id, found[1])


def machine(world: World, vault: VaultRecord, key: str) -> VmRecord | None:
    """The machine a key names: in the vault's subscription, or one of a container the vault knows."""
    known = world.database.get(ContainerRecord, names(vault.id, key).container)
    if known is not None:
        return world.vm(known.vm)
    matches = world.database.linked(VmRecord, key.rpartition(";")[2])
    fits = [vm for vm in matches if vm.item_key == key and not vm.deleted]
    return next((vm for vm in fits if fold(vm.subscription_id) == fold(vault.subscription_id)), None)


def make(vault: VaultRecord, vm: VmRecord) -> ContainerRecord:
    """The container of a machine, not registered and not yet stored."""
    container = names(vault.id, vm.item_key).container
    return ContainerRecord(
        id=container,
        vault=vault.id,
        name=f"IaasVMContainer;{vm.item_key}",
        vm=vm.id,
        friendly_name=vm.name,
        resource_group=vm.resource_group,
        classic=vm.classic,
    )


def register(world: World, vault: VaultRecord, vm: VmRecord, state: str = "Registered") -> None:
    """Note that a vault holds a machine."""
    box = world.database.get(ContainerRecord, names(vault.id, vm.item_key).container) or make(vault, vm)
    box.registration = "SoftDeleted" if state == "SoftDeleted" else "Registered"
    world.database.put(box)


def wire(box: ContainerRecord) -> Json:
    kind = "Microsoft.ClassicCompute/virtualMachines" if box.classic else "Microsoft.Compute/virtualMachines"
    return {
        "id": box.id,
        "name": box.name,
        "type": "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers",
        "properties": {
            "virtualMachineId": box.vm,
            "virtualMachineVersion": "Classic" if box.classic else "Compute",
            "resourceGroup": box.resource_group,
            "friendlyName": box.friendly_name,
            "backupManagementType": "AzureIaasVM",
            "registrationStatus": box.registration or "NotRegistered",
            "healthStatus": "Healthy",
            "containerType": kind,
            "protectableObjectType": kind,
        },
    }


def _list(call: WireCall) -> Response:
    vault = call.vault()
    keys = ("backupManagementType", "containerType", "status", "friendlyName", "fabricName", "backupEngineName")
    wanted = filters.read(call, *keys)
    if not wanted:
        raise errors.invalid_input()
    chosen = [
        box
        for box in call.world.containers(vault.id)
        if _listed(box, wanted.get("status"))
        and wanted.matches("backupManagementType", "AzureIaasVM")
        and wanted.matches("friendlyName", box.friendly_name)
        and wanted.matches("fabricName", "Azure")
        and fold(wanted.get("containerType") or "")
        in {"", "iaasvmcontainer", fold(wire(box)["properties"]["containerType"])}
    ]
    return paging.paged(call, chosen, lambda box: box.id, wire)


def _listed(box: ContainerRecord, status: str | None) -> bool:
    """A container whose item is soft-deleted is told under Registered too, as it was seen to be."""
    if status is None:
        return box.registration != ""
    if fold(status) == "registered":
        return box.registration in ("Registered", "SoftDeleted")
    return fold(status) == fold(box.registration or "NotRegistered")


def _list_deleted(call: WireCall) -> Response:
    vault = call.vault()
    wanted = filters.read(call, "backupManagementType", "friendlyName", "containerType")
    chosen = [
        box
        for box in call.world.containers(vault.id)
        if box.registration == "SoftDeleted"
        and wanted.matches("backupManagementType", "AzureIaasVM")
        and wanted.matches("friendlyName", box.friendly_name)
    ]
    return paging.paged(call, chosen, lambda box: box.id, wire)


def _get(call: WireCall) -> Response:
    found = asked(call.vault(), call.params["container"])
    box = call.world.database.get(ContainerRecord, found.container)
    if box is None:
        raise errors.container_not_found()
    return json_response(wire(box))


def _put(call: WireCall) -> Response:
    """Register a machine: today a note that it is known, in the preview a request with a job."""
    world, vault = call.world, call.vault()
    found = asked(vault, call.params["container"])
    source = str(call.properties().get("sourceResourceId") or call.properties().get("virtualMachineId") or "")
    vm = world.vm(source) if source else machine(world, vault, found.key)
    if vm is None or vm.item_key != found.key:
        raise errors.container_not_found()
    box = world.database.get(ContainerRecord, found.container) or make(vault, vm)
    if not vault.preview:
        box.discovered = True
        world.database.put(box)
        return json_response(wire(box))
    return _register(call, vault, box, found)


def _register(call: WireCall, vault: VaultRecord, box: ContainerRecord, found: Names) -> Response:
    if vault.discovered is None and not box.discovered:
        raise errors.bad_configure_request()
    if box.registration == "Registering":
        raise errors.object_locked()
    return operations.accepted(call, begin_registration(call.world, vault, box, found, call))


def begin_registration(
    world: World, vault: VaultRecord, box: ContainerRecord, found: Names, call: WireCall | None = None
) -> OperationRecord:
    """A registration in the preview under way, with its job, whoever asked for it."""
    box.registration = "Registering"
    world.database.put(box)
    job = jobs.begin(world, vault, _stand_in(vault, box, found), "Register", call)
    operation = operations.begin(world, vault, "container", found.container, jobs=[job.name], result=200)
    due = world.now + timedelta(seconds=REGISTER_SECONDS)
    world.later(due, "registration-ends", found.container, job=job.id, operation=operation.name)
    return operation


def _stand_in(vault: VaultRecord, box: ContainerRecord, found: Names) -> ItemRecord:
    """An item to hang a job of registration on: there is none yet."""
    name = f"VM;{found.key}"
    return ItemRecord(
        id=found.item, vault=vault.id, name=name, container=box.id, vm=box.vm, friendly_name=box.friendly_name
    )


def registered_event(world: World, subject: str, body: dict[str, Any]) -> None:
    """Timeline: the preview has registered a machine, or could not."""
    box = world.database.get(ContainerRecord, subject)
    vault = world.vault(box.vault) if box else None
    if box is None or vault is None:
        return
    vm = world.vm(box.vm)
    injected = faults.meet_job(world, "Register", box.friendly_name)
    failure = Failure(injected.code, injected.number, injected.message) if injected else None
    failure = failure or eligibility.register_failure(world, vault, vm)
    box.registration = "" if failure else "Registered"
    world.database.put(box)
    if failure:
        jobs.fail(world, body["job"], failure)
        operations.end(world, body["operation"], failure.operation_error())
    else:
        jobs.complete(world, body["job"])
        operations.end(world, body["operation"])


def _delete(call: WireCall) -> Response:
    """Unregister: changes nothing while an item exists."""
    world, vault = call.world, call.vault()
    found = asked(vault, call.params["container"])
    box = world.database.get(ContainerRecord, found.container)
    if box is None or world.database.get(ItemRecord, found.item) is not None or not vault.preview:
        return empty(204)
    job = jobs.begin(world, vault, _stand_in(vault, box, found), "UnRegister", call)
    box.registration = ""
    world.database.put(box)
    operation = operations.begin(world, vault, "container", found.container, jobs=[job.name])
    due = world.now + timedelta(seconds=UNREGISTER_SECONDS)
    world.later(due, "job-ends", job.id, operation=operation.name)
    return operations.accepted(call, operation)


def unregistered_event(world: World, subject: str, body: dict[str, Any]) -> None:
    """Timeline: a job that has nothing more to do than to end, with its operation."""
    jobs.complete(world, subject)
    operations.end(world, body["operation"])
