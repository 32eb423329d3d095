"""Microsoft.Resources around the estate: tenants, subscriptions, regions, providers and every resource."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.responses import Response
from starlette.routing import BaseRoute

from reconciler.vaultserver import errors, groups, machines, network, providers, tags
from reconciler.vaultserver.arm import fold
from reconciler.vaultserver.identity import DEFAULT_TENANT
from reconciler.vaultserver.records import VaultRecord, VmRecord
from reconciler.vaultserver.routes import ArmRoute, WireCall, json_response

if TYPE_CHECKING:
    from reconciler.vaultserver.world import World

S = "/subscriptions/{subscription}"
G = S + "/resourceGroups/{group}"
DEFAULT_SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
"""The one subscription of an estate that holds nothing yet: a client needs one to sign in to."""

_CONDITION = re.compile(r"\s*(\w+)\s+eq\s+'((?:[^']|'')*)'\s*", re.IGNORECASE)
_EMPTY_LISTS = ("locks", "policyAssignments", "roleAssignments", "denyAssignments", "roleDefinitions")


def routes(world: World) -> list[BaseRoute]:
    """Everything of Resource Manager itself, resource groups and tags included."""
    reads: list[tuple[str, Callable[[WireCall], Response]]] = [
        ("/tenants", _tenants),
        ("/subscriptions", _subscriptions),
        (S, _subscription),
        (S + "/locations", _locations),
        (S + "/resources", _resources),
        (G + "/resources", _resources),
        ("/providers", _providers),
        ("/providers/{namespace}", _provider),
        (S + "/providers", _providers),
        (S + "/providers/{namespace}", _provider),
        (G + "/providers/Microsoft.Resources/deployments", _none),
        (S + "/providers/Microsoft.Resources/deployments", _none),
    ]
    for kind in _EMPTY_LISTS:
        path = f"/providers/Microsoft.Authorization/{kind}"
        vault = G + "/providers/{namespace}/{kind}/{name}"
        reads += [(root + path, _none) for root in (S, G, vault)]
    found: list[BaseRoute] = [ArmRoute(world, path, handler) for path, handler in reads]
    found.append(ArmRoute(world, S + "/providers/{namespace}/{change}", _register, ["POST"]))
    return found + groups.routes(world) + tags.routes(world)


def _none(_call: WireCall) -> Response:
    return json_response({"value": []})


# -- tenants and subscriptions ----------------------------------------------------------------------------------


def _tenants(_call: WireCall) -> Response:
    tenant = {
        "id": f"/tenants/{DEFAULT_TENANT}",
        "tenantId": DEFAULT_TENANT,
        "tenantCategory": "Home",
        "displayName": "Embedded vault",
        "defaultDomain": "embedded.localhost",
        "domains": ["embedded.localhost"],
        "countryCode": "NL",
    }
    return json_response({"value": [tenant]})


def subscriptions(world: World) -> list[str]:
    """The ids of all subscriptions something lies in, in the case first met."""
    found: dict[str, str] = {}
    known = [vm.subscription_id for vm in world.vms()]
    known += [vault.subscription_id for vault in world.vaults()]
    known += [group.subscription_id for group in world.database.all(groups.GroupRecord)]
    for subscription in known:
        found.setdefault(fold(subscription), subscription)
    return [found[key] for key in sorted(found)] or [DEFAULT_SUBSCRIPTION]


def subscription_model(subscription: str) -> dict[str, Any]:
    return {
        "id": f"/subscriptions/{subscription}",
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionId": subscription,
        "tenantId": DEFAULT_TENANT,
        "displayName": f"Embedded {subscription[-4:]}",
        "state": "Enabled",
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "PayAsYouGo_2014-09-01",
            "spendingLimit": "Off",
        },
    }


def _subscriptions(call: WireCall) -> Response:
    found = [subscription_model(one) for one in subscriptions(call.world)]
    return json_response({"value": found, "count": {"type": "Total", "value": len(found)}})


def _subscription(call: WireCall) -> Response:
    asked = call.params["subscription"]
    for known in subscriptions(call.world):
        if fold(known) == fold(asked):
            return json_response(subscription_model(known))
    message = f"The subscription '{asked}' could not be found."
    raise errors.ArmError(404, "SubscriptionNotFound", message)


def _locations(call: WireCall) -> Response:
    root = f"/subscriptions/{call.params['subscription']}/locations/"
    found = [
        {
            "id": root + name,
            "name": name,
            "type": "Region",
            "displayName": title,
            "regionalDisplayName": title,
            "metadata": {"regionType": "Physical", "regionCategory": "Recommended"},
        }
        for name, title in providers.REGIONS.items()
    ]
    return json_response({"value": found})


# -- providers --------------------------------------------------------------------------------------------------


def _registered(world: World) -> list[str]:
    stored = world.database.setting("providers")
    return msgspec.json.decode(stored, type=list[str]) if stored else []


def _providers(call: WireCall) -> Response:
    root = f"/subscriptions/{call.params['subscription']}" if "subscription" in call.params else ""
    names = [*providers.PROVIDERS, *_registered(call.world)]
    return json_response({"value": [providers.model(root, name) for name in names]})


def _provider(call: WireCall) -> Response:
    root = f"/subscriptions/{call.params['subscription']}" if "subscription" in call.params else ""
    asked = call.params["namespace"]
    for name in (*providers.PROVIDERS, *_registered(call.world)):
        if fold(name) == fold(asked):
            return json_response(providers.model(root, name))
    message = f"The resource namespace '{asked}' is invalid."
    raise errors.ArmError(404, "InvalidResourceNamespace", message)


def _register(call: WireCall) -> Response:
    asked, change = call.params["namespace"], fold(call.params["change"])
    if change not in {"register", "unregister"}:
        raise errors.ArmError(404, "InvalidResourceType", f"There is no action '{call.params['change']}' here.")
    known = [*providers.PROVIDERS, *_registered(call.world)]
    if change == "register" and fold(asked) not in map(fold, known):
        added = [*_registered(call.world), asked]
        call.world.database.set_setting("providers", msgspec.json.encode(added).decode())
    name = next((one for one in known if fold(one) == fold(asked)), asked)
    return json_response(providers.model(f"/subscriptions/{call.params['subscription']}", name))


# -- every resource ---------------------------------------------------------------------------------------------


def resources(world: World, subscription: str) -> list[dict[str, Any]]:
    """All top-level resources of a subscription as the generic list shows them, by folded id."""
    found: list[dict[str, Any]] = []
    for vm in world.vms(subscription):
        found.append(_entry(vm, vm.arm_type))
        if not vm.classic:
            parts = (*machines.disks(vm), *network.interfaces(vm))
            found += [_heading(part) for part in parts]
    found += [_entry(vault, "Microsoft.RecoveryServices/vaults") for vault in world.vaults(subscription)]
    return sorted(found, key=lambda one: fold(one["id"]))


def _heading(resource: dict[str, Any]) -> dict[str, Any]:
    return {
        key: resource[key] for key in ("id", "name", "type", "location", "tags", "sku", "managedBy") if key in resource
    }


def _entry(record: VmRecord | VaultRecord, kind: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": record.id,
        "name": record.name,
        "type": kind,
        "location": record.location,
        "tags": record.tags,
        "provisioningState": record.provisioning_state,
    }
    if isinstance(record, VaultRecord):
        found["sku"] = record.sku
    else:
        found["createdTime"] = machines.stamp(record.created)
    return found


def _resources(call: WireCall) -> Response:
    wanted = _conditions(call.query.get("$filter", ""))
    if "group" in call.params:
        if groups.group(call.world, call.params["subscription"], call.params["group"]) is None:
            raise errors.group_not_found(call.params["group"])
        wanted["resourcegroup"] = call.params["group"]
    found = [one for one in resources(call.world, call.params["subscription"]) if _fits(one, wanted)]
    return json_response(_paged(call, found))


def _paged(call: WireCall, found: list[dict[str, Any]]) -> dict[str, Any]:
    try:
        size = int(call.query.get("$top") or 1000)
        start = int(call.query.get("$skiptoken") or 0)
    except ValueError as error:
        raise errors.ArmError(400, "InvalidQueryParameter", "$top and $skiptoken are numbers in this list.") from error
    body: dict[str, Any] = {"value": found[start : start + size]}
    if len(found) > start + size:
        kept = {key: value for key, value in call.query.items() if key in {"$filter", "$top", "$expand"}}
        body["nextLink"] = call.url(call.request.url.path, **kept, **{"$skiptoken": str(start + size)})
    return body


def _conditions(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in re.split(r"\s+and\s+", text.strip(), flags=re.IGNORECASE) if text.strip() else ():
        match = _CONDITION.fullmatch(part)
        if match is None or fold(match[1]) not in {*_TESTS, "tagvalue"}:
            message = (
                f"Invalid $filter '{text}' specified in the query string: only `property eq 'value'` joined by `and`."
            )
            raise errors.ArmError(400, "InvalidFilterInQueryString", message)
        found[fold(match[1])] = match[2].replace("''", "'")
    return found


_TESTS: dict[str, Callable[[dict[str, Any], str], bool]] = {
    "resourcetype": lambda one, value: fold(one["type"]) == fold(value),
    "resourcegroup": lambda one, value: fold(one["id"]).split("/")[4] == fold(value),
    "name": lambda one, value: fold(one["name"]) == fold(value),
    "location": lambda one, value: machines.region(one["location"]) == machines.region(value),
    "tagname": lambda one, value: value in one.get("tags", {}),
}


def _fits(one: dict[str, Any], wanted: dict[str, str]) -> bool:
    if "tagvalue" in wanted and one.get("tags", {}).get(wanted.get("tagname", "")) != wanted["tagvalue"]:
        return False
    return all(test(one, wanted[name]) for name, test in _TESTS.items() if name in wanted)
