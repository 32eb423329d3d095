"""Protection intents: what the portal's VM blade writes; answered at once, carried out later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import BaseRoute

from reconciler.vaultserver import containers, errors, filters, item_outcomes, item_requests, items, paging, policies
from reconciler.vaultserver.eligibility import protect_failure
from reconciler.vaultserver.records import IntentRecord, Json
from reconciler.vaultserver.routes import ArmRoute, F, V, WireCall, empty, json_response

if TYPE_CHECKING:
    from reconciler.vaultserver.world import World

INTENT = F + "/backupProtectionIntent/{intent}"


def routes(world: World) -> list[BaseRoute]:
    return [
        ArmRoute(world, INTENT, _get),
        ArmRoute(world, INTENT, _put, ("PUT",)),
        ArmRoute(world, INTENT, _delete, ("DELETE",)),
        ArmRoute(world, V + "/backupProtectionIntents", _list),
    ]


def wire(intent: IntentRecord) -> Json:
    return {
        "id": intent.id,
        "name": intent.name,
        "type": "Microsoft.RecoveryServices/vaults/backupFabrics/backupProtectionIntent",
        "properties": {
            "protectionIntentItemType": "AzureResourceItem",
            "friendlyName": intent.vm.rpartition("/")[2],
            "backupManagementType": "AzureIaasVM",
            "sourceResourceId": intent.vm,
            "policyId": intent.policy,
            "protectionState": intent.state,
        },
    }


def _id(call: WireCall) -> str:
    return f"{call.vault().id}/backupFabrics/Azure/backupProtectionIntent/{call.params['intent']}"


def _put(call: WireCall) -> Response:
    """Protect a machine the portal's way: success is told even when another vault holds it."""
    world, vault, given = call.world, call.vault(), call.properties()
    source, policy_id = str(given.get("sourceResourceId") or ""), str(given.get("policyId") or "")
    vm, policy = world.vm(source), policies.find(world, policy_id)
    if vm is None or policy is None or given.get("protectionIntentItemType") != "AzureResourceItem":
        raise errors.bad_configure_request()
    intent = IntentRecord(id=_id(call), vault=vault.id, name=call.params["intent"], policy=policy.id, vm=vm.id)
    world.database.put(intent)
    names = containers.names(vault.id, vm.item_key)
    if items.find(world, names.item) is None and protect_failure(world, vault, vm) is None and not vault.preview:
        item_outcomes.govern(world, vault, item_requests.new_item(world, vault, vm), policy)
    return json_response(wire(intent))


def _wanted(call: WireCall) -> IntentRecord | None:
    return call.world.database.get(IntentRecord, _id(call))


def _get(call: WireCall) -> Response:
    intent = _wanted(call)
    if intent is None:
        raise errors.item_not_found()
    return json_response(wire(intent))


def _delete(call: WireCall) -> Response:
    intent = _wanted(call)
    if intent is not None:
        call.world.database.delete(intent)
    return empty(204)


def _list(call: WireCall) -> Response:
    vault = call.vault()
    wanted = filters.read(
        call, "backupManagementType", "itemType", "parentName", "itemName", "protectionStatus", "intentItemType"
    )
    intents = call.world.database.all(IntentRecord, vault.id)
    chosen = [intent for intent in intents if wanted.matches("itemName", intent.name)]
    return paging.paged(call, chosen, lambda intent: intent.id, wire)
