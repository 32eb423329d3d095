"""Resource groups: those made by request and those that simulated machines and vaults imply; their life and end."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from msgspec import field
from starlette.responses import Response
from starlette.routing import BaseRoute

from reconciler.vaultserver import errors, operations, timeline, vaults
from reconciler.vaultserver.arm import fold
from reconciler.vaultserver.records import OperationRecord, Record, VaultRecord, VmRecord
from reconciler.vaultserver.routes import ArmRoute, WireCall, empty, json_response

if TYPE_CHECKING:
    from reconciler.vaultserver.world import World

S = "/subscriptions/{subscription}"
G = S + "/resourceGroups/{group}"
FAMILY = "group"
DEFAULT_LOCATION = "westeurope"

_NAME = re.compile(r"[-\w.()]{0,89}[-\w()]")
_DELETE_SECONDS = 15


class GroupRecord(Record):
    """A resource group that was made by a request."""

    kind: ClassVar[str] = "group"
    name: str
    subscription_id: str
    location: str
    tags: dict[str, str] = field(default_factory=dict)
    managed_by: str = ""

    @property
    def scope(self) -> str:
        return fold(self.subscription_id)


def routes(world: World) -> list[BaseRoute]:
    """Create, read, tag, list and delete resource groups."""
    return [
        ArmRoute(world, S + "/resourceGroups", _list),
        ArmRoute(world, G, _head, ["HEAD"]),  # before GET, whose route would answer HEAD as well
        ArmRoute(world, G, _get),
        ArmRoute(world, G, _put, ["PUT"]),
        ArmRoute(world, G, _patch, ["PATCH"]),
        ArmRoute(world, G, _delete, ["DELETE"]),
        ArmRoute(world, S + "/operationresults/{operation}", _result),
    ]


def group_id(subscription: str, name: str) -> str:
    return f"/subscriptions/{subscription}/resourceGroups/{name}"


def groups(world: World, subscription: str) -> list[GroupRecord]:
    """Every group of a subscription, by folded name; made ones keep the location and tags they were given."""
    found = {fold(group.name): group for group in world.database.all(GroupRecord, subscription)}
    resources: list[VmRecord | VaultRecord] = [*world.vms(subscription), *world.vaults(subscription)]
    for resource in resources:
        found.setdefault(fold(resource.resource_group), _implied(resource))
    return [found[name] for name in sorted(found)]


def _implied(resource: VmRecord | VaultRecord) -> GroupRecord:
    return GroupRecord(
        id=group_id(resource.subscription_id, resource.resource_group),
        name=resource.resource_group,
        subscription_id=resource.subscription_id,
        location=resource.location,
    )


def group(world: World, subscription: str, name: str) -> GroupRecord | None:
    """One group, made or implied; names compare case-insensitively."""
    made = world.database.get(GroupRecord, group_id(subscription, name))
    return made or next((one for one in groups(world, subscription) if fold(one.name) == fold(name)), None)


def model(one: GroupRecord, state: str = "Succeeded") -> dict[str, Any]:
    body: dict[str, Any] = {
        "id": one.id,
        "name": one.name,
        "type": "Microsoft.Resources/resourceGroups",
        "location": one.location,
        "tags": one.tags,
        "properties": {"provisioningState": state},
    }
    return body | ({"managedBy": one.managed_by} if one.managed_by else {})


def _existing(call: WireCall) -> GroupRecord:
    found = group(call.world, call.params["subscription"], call.params["group"])
    if found is None:
        raise errors.group_not_found(call.params["group"])
    return found


def _list(call: WireCall) -> Response:
    found = groups(call.world, call.params["subscription"])
    wanted = re.fullmatch(
        r"\s*tagName eq '([^']*)'(?:\s+and\s+tagValue eq '([^']*)')?\s*", call.query.get("$filter", "")
    )
    if wanted:
        found = [one for one in found if wanted[1] in one.tags and wanted[2] in {None, one.tags[wanted[1]]}]
    return json_response({"value": [model(one) for one in found]})


def _get(call: WireCall) -> Response:
    return json_response(model(_existing(call)))


def _head(call: WireCall) -> Response:
    known = group(call.world, call.params["subscription"], call.params["group"])
    return empty(204 if known else 404)


def _put(call: WireCall) -> Response:
    world, name, subscription = call.world, call.params["group"], call.params["subscription"]
    if not _NAME.fullmatch(name):
        message = f"The provided resource group name '{name}' has invalid characters or is longer than 90."
        raise errors.ArmError(400, "InvalidResourceGroup", message)
    body = call.json()
    location = str(body.get("location") or "")
    if not location:
        raise errors.ArmError(400, "LocationRequired", "The location property is required for this definition.")
    before = group(world, subscription, name)
    if before and fold(before.location) != fold(location.replace(" ", "")):
        known = f"The Resource group already exists in location '{before.location}'."
        message = f"Invalid resource group location '{location}'. {known}"
        raise errors.ArmError(409, "InvalidResourceGroupLocation", message)
    made = GroupRecord(
        id=before.id if before else group_id(subscription, name),
        name=before.name if before else name,
        subscription_id=subscription,
        location=fold(location.replace(" ", "")),
        tags=_tags(body),
        managed_by=str(body.get("managedBy") or ""),
    )
    world.database.put(made)
    return json_response(model(made), 200 if before else 201)


def _tags(body: dict[str, Any]) -> dict[str, str]:
    tags = body.get("tags") or {}
    if not isinstance(tags, dict):
        raise errors.bad_json("'tags' must be an object")
    return {str(name): str(value) for name, value in tags.items()}


def _patch(call: WireCall) -> Response:
    found = _existing(call)
    found.tags = _tags(call.json())
    call.world.database.put(found)
    return json_response(model(found))


def _delete(call: WireCall) -> Response:
    found, world = _existing(call), call.world
    name = world.guid()
    path = f"/subscriptions/{found.subscription_id}/operationresults/{name}"
    world.database.put(
        OperationRecord(id=path, vault=FAMILY, name=name, family=FAMILY, subject=found.id, start=world.now, result=200)
    )
    world.later(world.now + timedelta(seconds=_DELETE_SECONDS), "group", found.id, operation=path)
    return empty(202, {"Location": call.url(path)} | operations.retry_after(world, FAMILY))


def _carry_out(world: World, subject: str, body: dict[str, Any]) -> None:
    """Empty the group, or leave it as it is and fail when one of its vaults still holds backups."""
    operation = world.database.get(OperationRecord, body["operation"])
    _, _, subscription, _, name = subject.split("/")
    held = [one for one in world.vaults(subscription) if fold(one.resource_group) == fold(name)]
    blocked = [one for one in held if _holds_backups(world, one)]
    if not blocked:
        for vault in held:
            vaults.gone_event(world, vault.id, {})
        for vm in world.vms(subscription):
            if fold(vm.resource_group) == fold(name):
                vm.deleted = True
                world.put_vm(vm)
        made = world.database.get(GroupRecord, subject)
        if made:
            world.database.delete(made)
    if operation is None:
        return
    operation.status, operation.end = ("Failed" if blocked else "Succeeded"), world.now
    if blocked:
        operation.error = errors.error_detail(
            "ResourceGroupDeletionBlocked",
            f"Deletion of resource group '{name}' did not complete: vault '{blocked[0].name}' holds backup items. "
            "Vault cannot be deleted as there are existing resources within the vault.",
        )
    world.database.put(operation)


timeline.HANDLERS["group"] = _carry_out


def _holds_backups(world: World, vault: VaultRecord) -> bool:
    """Whether the service would refuse to delete the vault: soft-deleted items count unless soft delete is AlwaysON."""
    return any(item.deleted is None or vault.soft_delete != "AlwaysON" for item in world.items(vault.id))


def _result(call: WireCall) -> Response:
    operation = call.world.database.get(OperationRecord, call.request.url.path.rstrip("/"))
    if operation is None:
        raise errors.ArmError(404, "NotFound", f"The operation '{call.params['operation']}' was not found.")
    if operation.status == "InProgress":
        again = {"Location": str(call.request.url)}
        return empty(202, again | operations.retry_after(call.world, FAMILY))
    return json_response({"error": operation.error}, 409) if operation.error else empty(200)
