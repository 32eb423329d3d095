"""The addresses a long-running operation is read at: one id answers on several of them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import BaseRoute

from reconciler.vaultserver import errors, items, policies, vaults
from reconciler.vaultserver.arm import vault_id
from reconciler.vaultserver.operations import addresses, find, retry_after, status_body
from reconciler.vaultserver.records import Json, OperationRecord
from reconciler.vaultserver.routes import ITEM, ArmRoute, C, F, V, WireCall, empty, json_response

if TYPE_CHECKING:
    from reconciler.vaultserver.world import World

_REMEMBERED = timedelta(hours=1)
"""How long the operation that deleted a vault can still be read."""


def routes(world: World) -> list[BaseRoute]:
    status = [
        V + "/backupOperations/{operation}",
        ITEM + "/operationsStatus/{operation}",
        C + "/operationsStatus/{operation}",
        F + "/operationsStatus/{operation}",
        V + "/backupPolicies/{policy}/operations/{operation}",
    ]
    results = [
        V + "/backupOperationResults/{operation}",
        ITEM + "/operationResults/{operation}",
        C + "/operationResults/{operation}",
        F + "/operationResults/{operation}",
        V + "/backupPolicies/{policy}/operationResults/{operation}",
        V + "/backupJobs/{job}/operationResults/{operation}",
    ]
    return [
        ArmRoute(world, V + "/operationStatus/{operation}", _vault_status),
        ArmRoute(world, V + "/operationResults/{operation}", _vault_result),
        *(ArmRoute(world, path, _status) for path in status),
        *(ArmRoute(world, path, _result) for path in results),
    ]


def _wanted(call: WireCall) -> OperationRecord:
    operation = find(call.world, call.vault().id, call.params["operation"])
    if operation is None:
        raise errors.operation_not_found()
    return operation


def _status(call: WireCall) -> Response:
    return json_response(status_body(_wanted(call)))


def _result(call: WireCall) -> Response:
    operation = _wanted(call)
    if operation.end is None:
        location = {"Location": str(call.request.url)}
        return empty(202, location | retry_after(call.world, operation.family))
    if operation.error:
        status = operation.error.get("status", 400)
        raise errors.ServiceError(status, operation.error["code"], operation.error["message"])
    if operation.result == 200:
        return _resource(call, operation)
    return empty(operation.result)


def _resource(call: WireCall, operation: OperationRecord) -> Response:
    world = call.world
    if operation.family == "policy":
        policy = policies.find(world, operation.subject)
        return json_response(policies.wire(world, policy)) if policy else empty(204)
    item = items.find(world, operation.subject)
    return json_response(items.wire(world, item, call.vault(), call.base)) if item else empty(204)


def _vault_status(call: WireCall) -> Response:
    """The deletion of a vault was recorded to end as Succeeded and as 404: here as the one, and later as the other."""
    world, params = call.world, call.params
    known = find(world, vault_id(params["subscription"], params["group"], params["vault"]), params["operation"])
    fresh = known is not None and (known.end is None or world.now - known.end < _REMEMBERED)
    operation = known if known is not None and fresh else _wanted(call)
    subject = f"{operation.vault}/operationStatus/{operation.name}"
    body: Json = {"id": subject, "name": operation.name, "status": operation.status}
    if operation.end is None:
        return json_response(body, 200, addresses(call, operation))
    if operation.error:
        body["error"] = {"code": operation.error["code"], "message": operation.error["message"]}
    return json_response(body)


def _vault_result(call: WireCall) -> Response:
    operation = _wanted(call)
    if operation.end is None:
        return empty(202, addresses(call, operation))
    return json_response(vaults.wire(call.vault()))
