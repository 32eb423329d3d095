"""Recovery Services vaults: create, read, change, delete, and bring back."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.responses import Response
from starlette.routing import BaseRoute

from reconciler.vaultserver import errors, operations, paging, policies, policy_defaults, vault_config
from reconciler.vaultserver.arm import vault_id
from reconciler.vaultserver.records import ExtendedInfoRecord, ItemRecord, Json, VaultRecord
from reconciler.vaultserver.routes import ArmRoute, V, WireCall, empty, json_response
from reconciler.vaultserver.wire_times import stamp

if TYPE_CHECKING:
    from reconciler.vaultserver.world import World

S = "/subscriptions/{subscription}"
LIST = "/providers/Microsoft.RecoveryServices/vaults"
DELETED = S + "/providers/Microsoft.RecoveryServices/locations/{location}/deletedVaults"
CREATE_SECONDS = 10
CHANGE_SECONDS = 5
DELETE_SECONDS = 15
PURGE_DAYS = 14

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{1,49}")
_EXTENDED = V + "/extendedInformation/vaultExtendedInfo"


def routes(world: World) -> list[BaseRoute]:
    return [
        ArmRoute(world, V, _get),
        ArmRoute(world, V, _put, ("PUT",)),
        ArmRoute(world, V, _patch, ("PATCH",)),
        ArmRoute(world, V, _delete, ("DELETE",)),
        ArmRoute(world, S + LIST, _list),
        ArmRoute(world, S + "/resourceGroups/{group}" + LIST, _list),
        ArmRoute(world, _EXTENDED, _get_extended),
        ArmRoute(world, _EXTENDED, _put_extended, ("PUT",)),
        ArmRoute(world, _EXTENDED, _put_extended, ("PATCH",)),
        ArmRoute(world, DELETED, _list_deleted),
        ArmRoute(world, DELETED + "/{vault}", _get_deleted),
        ArmRoute(world, DELETED + "/{vault}/undelete", _undelete, ("POST",)),
        ArmRoute(world, DELETED + "/{vault}/operations/{operation}", _undelete_status),
    ]


def wire(vault: VaultRecord, *, full: bool = True) -> Json:
    """The vault as GET shows it; lists leave out what only a GET shows (`full` false)."""
    properties: Json = {"provisioningState": vault.provisioning_state} | vault.properties
    if full:
        if vault.provisioning_state == "Succeeded":
            properties |= {"backupStorageVersion": "Unassigned", "securitySettings": vault_config.security(vault)}
        properties["redundancySettings"] = {
            "standardTierStorageRedundancy": vault.redundancy,
            "crossRegionRestore": vault.cross_region_restore,
        }
    document: Json = {
        "location": vault.location,
        "name": vault.name,
        "etag": f"W/\"datetime'{quote(stamp(vault.changed), safe='')}'\"",
        "properties": properties,
        "id": vault.id,
        "type": "Microsoft.RecoveryServices/vaults",
        "sku": vault.sku,
    }
    if vault.tags:
        document["tags"] = vault.tags
    if vault.identity:
        document["identity"] = vault.identity
    return document


def new_vault(world: World, subscription: str, group: str, name: str, location: str) -> VaultRecord:
    """A vault with the service's defaults and its three policies, ready; not yet stored."""
    vault = VaultRecord(
        id=vault_id(subscription, group, name),
        name=name,
        subscription_id=subscription,
        resource_group=group,
        location=location,
        properties=vault_config.default_properties(),
        changed=world.now,
    )
    world.database.clear_scope(vault.id)
    for policy in policy_defaults.policies(vault, world.now):
        policies.store(world, policy)
    return vault


def _get(call: WireCall) -> Response:
    return json_response(wire(call.vault()))


def _list(call: WireCall) -> Response:
    vaults = call.world.vaults(call.params["subscription"])
    group = call.params.get("group")
    if group is not None:
        vaults = [vault for vault in vaults if vault.resource_group.casefold() == group.casefold()]
    return paging.paged(call, vaults, lambda vault: vault.id, lambda vault: wire(vault, full=False))


def _put(call: WireCall) -> Response:
    world, body = call.world, call.json()
    subscription, group, name = (call.params[key] for key in ("subscription", "group", "vault"))
    location = body.get("location")
    if not isinstance(location, str) or not location:
        raise errors.ArmError(400, "LocationRequired", "The location property is required for this definition.")
    if not _NAME.fullmatch(name):
        raise errors.ArmError(400, "InvalidResourceName", f"The resource name '{name}' is invalid.")
    location = location.replace(" ", "").lower()
    present = world.vault(vault_id(subscription, group, name))
    if present is not None:
        if present.location != location:
            raise errors.wrong_location(name, present.location, location)
        world.database.put(changed(present, body, world))
        return json_response(wire(present))
    _check_group(world, subscription, group)
    vault = changed(new_vault(world, subscription, group, name, location), body, world)
    vault.provisioning_state = "Provisioning"
    world.database.put(vault)
    operation = operations.begin(world, vault, "vault", vault.id)
    world.later(world.now + timedelta(seconds=CREATE_SECONDS), "vault-ready", vault.id, operation=operation.name)
    headers = operations.addresses(call, operation)
    del headers["Location"]  # Azure gives none with the 201 of a vault
    return json_response(wire(vault), 201, headers)


def _check_group(world: World, subscription: str, group: str) -> None:
    from reconciler.vaultserver import groups  # the death of a group is that of its vaults, so it imports this module

    if world.settings.group_must_exist and groups.group(world, subscription, group) is None:
        raise errors.group_not_found(group)


def changed(vault: VaultRecord, body: Json, world: World) -> VaultRecord:
    """The vault with what a PUT or PATCH body says; refuses what the service refuses."""
    if isinstance(body.get("tags"), dict):
        vault.tags = {str(key): str(value) for key, value in body["tags"].items()}
    if isinstance(body.get("sku"), dict):
        vault.sku = body["sku"]
    if isinstance(body.get("identity"), dict):
        vault.identity = _identity(body["identity"], vault, world)
    vault_config.apply_properties(vault, body.get("properties") or {})
    vault.changed = world.now
    return vault


def _identity(given: Json, vault: VaultRecord, world: World) -> Json:
    if "SystemAssigned" not in str(given.get("type", "")):
        return given
    return given | {"principalId": world.guid("principal", vault.id), "tenantId": world.guid("tenant")}


def _patch(call: WireCall) -> Response:
    world, vault = call.world, call.vault()
    world.database.put(changed(vault, call.json(), world))
    operation = operations.begin(world, vault, "vault", vault.id)
    world.later(world.now + timedelta(seconds=CHANGE_SECONDS), "operation-ends", operation.name)
    return operations.accepted(call, operation)


def _delete(call: WireCall) -> Response:
    world = call.world
    vault = world.vault(vault_id(call.params["subscription"], call.params["group"], call.params["vault"]))
    if vault is None:
        return empty(204)
    items = world.database.all(ItemRecord, vault.id)
    _check_empty(vault, items)
    vault.provisioning_state = "Deleting"
    world.database.put(vault)
    operation = operations.begin(world, vault, "vault", vault.id)
    world.later(world.now + timedelta(seconds=DELETE_SECONDS), "vault-gone", vault.id, operation=operation.name)
    return operations.accepted(call, operation)


def _check_empty(vault: VaultRecord, items: list[ItemRecord]) -> None:
    if any(item.deleted is None for item in items):
        names = ", ".join(f"{item.friendly_name}" for item in items if item.deleted is None)
        raise errors.vault_not_empty(vault.name, names)
    if items and vault.soft_delete != "AlwaysON":
        raise errors.vault_holds_soft_deleted(vault.name)


def ready_event(world: World, subject: str, body: dict[str, Any]) -> None:
    """Timeline: a vault has been made."""
    vault = world.vault(subject)
    if vault is not None:
        vault.provisioning_state = "Succeeded"
        vault.changed = world.now
        world.database.put(vault)
        operations.end(world, body["operation"])


def gone_event(world: World, subject: str, body: dict[str, Any]) -> None:
    """Timeline: a vault has been deleted; with soft-deleted items in it, it can be brought back for a while."""
    vault = world.vault(subject)
    if vault is None:
        return
    # The deletion's own operation outlives what it deleted: an SDK's poller takes a 404 for a failure.
    operation = operations.find(world, vault.id, body.get("operation", ""))
    vault.deleted = world.now
    world.database.put(vault)
    if world.database.count(ItemRecord, vault.id):
        world.later(world.now + timedelta(days=PURGE_DAYS), "vault-purge", vault.id)
    else:
        world.database.clear_scope(vault.id)
    if operation is not None:
        world.database.put(operation)
        operations.end(world, operation.name)


def purge_event(world: World, subject: str, _body: dict[str, Any]) -> None:
    """Timeline: a deleted vault can no longer be brought back."""
    vault = world.database.get(VaultRecord, subject)
    if vault is not None and vault.deleted is not None:
        world.database.clear_scope(vault.id)
        world.database.delete(vault)


# deleted vaults


def _deleted(call: WireCall) -> list[VaultRecord]:
    vaults = call.world.database.all(VaultRecord, call.params["subscription"])
    region = call.params["location"].casefold()
    return [vault for vault in vaults if vault.deleted is not None and vault.location == region]


def _deleted_wire(vault: VaultRecord) -> Json:
    if vault.deleted is None:
        raise ValueError(vault.id)
    region = f"/subscriptions/{vault.subscription_id}/providers/Microsoft.RecoveryServices/locations/{vault.location}"
    return {
        "id": f"{region}/deletedVaults/{vault.name}",
        "name": vault.name,
        "type": "Microsoft.RecoveryServices/locations/deletedVaults",
        "properties": {
            "vaultId": vault.id,
            "vaultDeletionTime": stamp(vault.deleted),
            "purgeAt": stamp(vault.deleted + timedelta(days=PURGE_DAYS)),
        },
    }


def _list_deleted(call: WireCall) -> Response:
    return paging.paged(call, _deleted(call), lambda vault: vault.id, _deleted_wire)


def _one_deleted(call: WireCall) -> VaultRecord:
    name = call.params["vault"].casefold()
    for vault in _deleted(call):
        if vault.name.casefold() == name:
            return vault
    raise errors.resource_not_found("Microsoft.RecoveryServices/locations/deletedVaults", call.params["vault"], "")


def _get_deleted(call: WireCall) -> Response:
    return json_response(_deleted_wire(_one_deleted(call)))


def _undelete(call: WireCall) -> Response:
    world, vault = call.world, _one_deleted(call)
    shown = _deleted_wire(vault)
    vault.deleted = None
    vault.provisioning_state = "Succeeded"
    vault.changed = world.now
    world.database.put(vault)
    operation = operations.begin(world, vault, "vault", vault.id)
    operations.end(world, operation.name)
    status = call.url(f"{shown['id']}/operations/{operation.name}")
    return empty(202, {"Azure-AsyncOperation": status} | operations.retry_after(world, "vault"))


def _undelete_status(call: WireCall) -> Response:
    name, wanted = call.params["vault"].casefold(), call.params["operation"]
    for vault in call.world.vaults(call.params["subscription"]):
        operation = operations.find(call.world, vault.id, wanted) if vault.name.casefold() == name else None
        if operation is not None:
            return json_response({"id": call.request.url.path, "name": wanted, "status": operation.status})
    raise errors.operation_not_found()


# extended information


def _extended_body(vault: VaultRecord, properties: Json) -> Json:
    return {
        "id": f"{vault.id}/extendedInformation/vaultExtendedInfo",
        "name": "vaultExtendedInfo",
        "type": "Microsoft.RecoveryServices/vaults/extendedInformation",
        "properties": properties,
    }


def _get_extended(call: WireCall) -> Response:
    vault = call.vault()
    kept = call.world.database.get(ExtendedInfoRecord, f"{vault.id}/extendedInformation")
    properties = kept.properties if kept else {"integrityKey": "", "algorithm": "None"}
    return json_response(_extended_body(vault, properties))


def _put_extended(call: WireCall) -> Response:
    vault, properties = call.vault(), call.properties()
    call.world.database.put(ExtendedInfoRecord(id=f"{vault.id}/extendedInformation", properties=properties))
    return json_response(_extended_body(vault, properties))
