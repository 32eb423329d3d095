"""Azure Resource Graph over the estate: its tables as rows, and the query request with its pages."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from reconciler.vaultserver import classic, errors, groups, items, jobs, kusto, machines, network, policies, vaults
from reconciler.vaultserver.arm import fold
from reconciler.vaultserver.identity import DEFAULT_TENANT
from reconciler.vaultserver.kusto_expressions import QueryError
from reconciler.vaultserver.resources import subscription_model, subscriptions
from reconciler.vaultserver.routes import ArmRoute, WireCall, json_response

if TYPE_CHECKING:
    from reconciler.vaultserver.world import World

Json = dict[str, Any]
Section = tuple[str, Callable[[WireCall, list[str]], Iterable[Json]]]

MOST_ROWS = 1000
MOST_SNAPSHOTS = 4
_VAULT = "microsoft.recoveryservices/vaults"
_QUOTA = {"x-ms-user-quota-remaining": "14", "x-ms-user-quota-resets-after": "00:00:05"}
_PROPERTY_COLUMNS = ("kind", "managedBy", "sku", "plan", "tags", "identity", "zones", "extendedLocation")


def routes(world: World) -> list[BaseRoute]:
    """The one route of Resource Graph."""
    kept = Snapshots()
    handler = partial(_query, kept)
    return [ArmRoute(world, "/providers/Microsoft.ResourceGraph/resources", handler, ["POST"])]


class Snapshots:
    """The last few answers that had further pages, so that a fleet is evaluated once and its pages agree."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[object, kusto.Result]] = {}
        self._numbers = count(1)

    def keep(self, asked: object, result: kusto.Result) -> int:
        """A number under which the result of what was asked is found again, for a while."""
        number = next(self._numbers)
        self._kept[number] = (asked, result)
        while len(self._kept) > MOST_SNAPSHOTS:
            del self._kept[min(self._kept)]
        return number

    def find(self, number: int, asked: object) -> kusto.Result | None:
        """The result, if it is still kept and was an answer to the same question."""
        before, result = self._kept.get(number, (None, None))
        return result if before == asked else None


def _query(kept: Snapshots, call: WireCall) -> Response:
    body = call.json()
    options = {} if body.get("options") is None else body["options"]
    query = body.get("query")
    if not isinstance(query, str) or not query.strip() or not isinstance(options, dict):
        raise _bad_request(
            "InvalidQuery", "The request body must have a 'query' text, and 'options' must be an object."
        )
    scope = _scope(call.world, body.get("subscriptions") or options.get("subscriptions"))
    start, size, number = _place(options)
    result = kept.find(number, (query, scope))
    try:
        result = result or kusto.run(query, _tables(call, scope), call.world.now)
    except QueryError as error:
        raise _bad_request("InvalidQuery", f"Query is invalid: {error}.") from error
    body = _answer(result, start, size, as_table=options.get("resultFormat") == "table")
    if start + size < len(result.rows) and not result.limited:
        number = number if kept.find(number, (query, scope)) else kept.keep((query, scope), result)
        body["$skipToken"] = base64.urlsafe_b64encode(f"row {start + size} {number}".encode()).decode()
    return json_response(body, headers=_QUOTA)


class GraphError(errors.ArmError):
    """A refusal of Resource Graph, which puts the code that matters into the details."""

    def body(self) -> Json:
        detail = {"details": [errors.error_detail(self.code, self.message)]}
        return {"error": errors.error_detail("BadRequest", self.message) | detail}


def _bad_request(code: str, message: str) -> GraphError:
    return GraphError(400, code, message)


def _scope(world: World, asked: object) -> list[str]:
    """The subscriptions a query sees; none asked for means the tenant's all."""
    known = subscriptions(world)
    if not isinstance(asked, list) or not asked:
        return known
    wanted = {fold(str(one)) for one in asked}
    return [one for one in known if fold(one) in wanted]


def _place(options: Json) -> tuple[int, int, int]:
    """The first row asked for, the number of rows, and the snapshot a token names (0 without one)."""
    try:
        size = min(int(options.get("$top") or MOST_ROWS), MOST_ROWS)
        if not options.get("$skipToken"):
            return int(options.get("$skip") or 0), size, 0
        kind, row, number = base64.urlsafe_b64decode(str(options["$skipToken"])).decode().split(" ")
        if kind != "row":
            raise ValueError(kind)
        return int(row), size, int(number)
    except (ValueError, TypeError) as error:
        message = "$top and $skip are numbers, and $skipToken is one that this query gave."
        raise _bad_request("InvalidPaging", message) from error


def _answer(result: kusto.Result, start: int, size: int, *, as_table: bool) -> Json:
    page = result.rows[start : start + size]
    cut = result.limited and start + size < len(result.rows)
    return {
        "totalRecords": len(result.rows),
        "count": len(page),
        "data": _plain(_table(page) if as_table else page),
        "facets": [],
        "resultTruncated": "true" if cut else "false",
    }


def _table(rows: list[Json]) -> Json:
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = [{"name": name, "type": _kind(rows, name)} for name in names]
    return {"columns": columns, "rows": [[row.get(name) for name in names] for row in rows]}


def _kind(rows: list[Json], name: str) -> str:
    first = next((row[name] for row in rows if row.get(name) is not None), "")
    kinds: dict[type, str] = {bool: "boolean", int: "integer", float: "number", dict: "object", list: "object"}
    return kinds.get(type(first), "string")


def _plain(value: Any) -> Any:
    """Times as texts, all the way down: a query can compute them."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value


# -- tables -----------------------------------------------------------------------------------------------------


def _tables(call: WireCall, scope: list[str]) -> kusto.Tables:
    def table(sections: list[Section]) -> Callable[[kusto.Types], Iterable[Json]]:
        return lambda types: (
            _row(kind, resource)
            for kind, make in sections
            if types is None or kind in types
            for resource in make(call, scope)
        )

    return {
        "resources": table(RESOURCES),
        "recoveryservicesresources": table(RECOVERY_SERVICES),
        "resourcecontainers": table(CONTAINERS),
    }


def _row(kind: str, resource: Json) -> Json:
    """A resource as a row: its type folded, its place in columns of their own, and the columns every row has."""
    parts = resource["id"].split("/")
    row: Json = {
        "id": resource["id"],
        "name": resource.get("name", ""),
        "type": kind,
        "tenantId": DEFAULT_TENANT,
        "location": resource.get("location", ""),
        "resourceGroup": parts[4] if len(parts) > 4 else "",
        "subscriptionId": parts[2],
        "properties": resource.get("properties", {}),
    }
    return row | {name: resource.get(name) for name in _PROPERTY_COLUMNS}


def _machines(call: WireCall, scope: list[str]) -> Iterator[Json]:
    for vm in (vm for one in scope for vm in call.world.vms(one) if not vm.classic):
        body = machines.model(vm, call.world.now)
        power = next(status for status in machines.instance_view(vm, call.world.now)["statuses"][1:])
        view = {"powerState": power, "hyperVGeneration": "V2"}
        if vm.power == "running":
            view |= {"computerName": vm.name, "osName": vm.os_name, "osVersion": vm.os_version}
        body["properties"]["extended"] = {"instanceView": view}
        yield body


def _classic_machines(call: WireCall, scope: list[str]) -> Iterator[Json]:
    return (classic.model(vm) for one in scope for vm in call.world.vms(one) if vm.classic)


def _disks(call: WireCall, scope: list[str]) -> Iterator[Json]:
    return (disk for one in scope for vm in call.world.vms(one) if not vm.classic for disk in machines.disks(vm))


def _interfaces(call: WireCall, scope: list[str]) -> Iterator[Json]:
    found = (vm for one in scope for vm in call.world.vms(one) if not vm.classic)
    return (nic for vm in found for nic in network.interfaces(vm))


def _vaults(call: WireCall, scope: list[str]) -> Iterator[Json]:
    return (vaults.wire(vault) for one in scope for vault in call.world.vaults(one))


def _protected_items(call: WireCall, scope: list[str]) -> Iterator[Json]:
    for vault in (vault for one in scope for vault in call.world.vaults(one)):
        for item in call.world.items(vault.id):
            body = items.wire(call.world, item, vault, call.base)
            body["properties"] = body["properties"] | {"currentProtectionState": _current_state(body["properties"])}
            yield body | {"location": vault.location}


def _current_state(properties: Json) -> str:
    """Resource Graph's own word for where an item stands."""
    if properties.get("isScheduledForDeferredDelete"):
        return "SoftDeleted"
    known = {"ProtectionStopped": "ProtectionStopped", "BackupsSuspended": "ProtectionStopped"}
    failed = {"ProtectionError": "ProtectionError", "Invalid": "ProtectionError"}
    return (known | failed).get(str(properties.get("protectionState")), "ProtectionConfigured")


def _policies(call: WireCall, scope: list[str]) -> Iterator[Json]:
    for vault in (vault for one in scope for vault in call.world.vaults(one)):
        for policy in call.world.policies(vault.id):
            yield policies.wire(call.world, policy) | {"location": vault.location}


def _jobs(call: WireCall, scope: list[str]) -> Iterator[Json]:
    for vault in (vault for one in scope for vault in call.world.vaults(one)):
        for job in call.world.jobs(vault.id):
            yield jobs.wire(call.world, job, full=False) | {"location": vault.location}


def _subscriptions(_call: WireCall, scope: list[str]) -> Iterator[Json]:
    for one in scope:
        known = subscription_model(one)
        yield {"id": known["id"], "name": known["displayName"], "properties": {"state": known["state"]}}


def _groups(call: WireCall, scope: list[str]) -> Iterator[Json]:
    return (groups.model(group) for one in scope for group in groups.groups(call.world, one))


RESOURCES: list[Section] = [
    ("microsoft.compute/virtualmachines", _machines),
    ("microsoft.classiccompute/virtualmachines", _classic_machines),
    ("microsoft.compute/disks", _disks),
    ("microsoft.network/networkinterfaces", _interfaces),
    (_VAULT, _vaults),
]
RECOVERY_SERVICES: list[Section] = [
    (f"{_VAULT}/backupfabrics/protectioncontainers/protecteditems", _protected_items),
    (f"{_VAULT}/backuppolicies", _policies),
    (f"{_VAULT}/backupjobs", _jobs),
]
CONTAINERS: list[Section] = [
    ("microsoft.resources/subscriptions", _subscriptions),
    ("microsoft.resources/subscriptions/resourcegroups", _groups),
]
