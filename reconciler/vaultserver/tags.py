"""Microsoft.Resources/tags: the tags of a machine, a vault or a group as a resource of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from reconciler.vaultserver import errors, groups
from reconciler.vaultserver.records import VaultRecord, VmRecord
from reconciler.vaultserver.routes import ArmRoute, WireCall, empty, json_response

if TYPE_CHECKING:
    from reconciler.vaultserver.world import World

G = "/subscriptions/{subscription}/resourceGroups/{group}"
_DEFAULT = "/providers/Microsoft.Resources/tags/default"

Tagged = VmRecord | VaultRecord | groups.GroupRecord


def routes(world: World) -> list[BaseRoute]:
    """Read, put, patch and delete the tags at the scope of a group or of a resource in it."""
    found: list[BaseRoute] = []
    for scope in (G + "/providers/{namespace}/{kind}/{name}", G):
        path = scope + _DEFAULT
        found += [ArmRoute(world, path, _get), ArmRoute(world, path, _put, ["PUT"])]
        found += [ArmRoute(world, path, _patch, ["PATCH"]), ArmRoute(world, path, _delete, ["DELETE"])]
    return found


def _scope(call: WireCall) -> str:
    params = call.params
    group = groups.group_id(params["subscription"], params["group"])
    return f"{group}/providers/{params['namespace']}/{params['kind']}/{params['name']}" if "name" in params else group


def _tagged(call: WireCall) -> Tagged:
    world, scope = call.world, _scope(call)
    if "name" not in call.params:
        found: Tagged | None = groups.group(world, call.params["subscription"], call.params["group"])
    else:
        found = world.vm(scope) or world.vault(scope)
    if found is None:
        raise errors.ArmError(404, "ResourceNotFound", f"The resource '{scope}' was not found.")
    return found


def _answer(call: WireCall, record: Tagged) -> Response:
    body = {"id": _scope(call) + _DEFAULT, "name": "default", "type": "Microsoft.Resources/tags"}
    return json_response(body | {"properties": {"tags": record.tags}})


def _given(call: WireCall) -> dict[str, str]:
    tags: Any = call.properties().get("tags") or {}
    if not isinstance(tags, dict):
        raise errors.bad_json("'tags' must be an object")
    return {str(name): str(value) for name, value in tags.items()}


def _keep(call: WireCall, record: Tagged, tags: dict[str, str]) -> Response:
    record.tags = tags
    call.world.database.put(record)
    return _answer(call, record)


def _get(call: WireCall) -> Response:
    return _answer(call, _tagged(call))


def _put(call: WireCall) -> Response:
    return _keep(call, _tagged(call), _given(call))


def _patch(call: WireCall) -> Response:
    record, given = _tagged(call), _given(call)
    operation = call.json().get("operation")
    if operation == "Merge":
        return _keep(call, record, record.tags | given)
    if operation == "Replace":
        return _keep(call, record, given)
    if operation == "Delete":
        kept = {name: value for name, value in record.tags.items() if given.get(name) != value}
        return _keep(call, record, kept)
    message = f"The tags operation '{operation}' is not one of Merge, Replace, Delete."
    raise errors.ArmError(400, "InvalidTagsOperation", message)


def _delete(call: WireCall) -> Response:
    _keep(call, _tagged(call), {})
    return empty(200)
