"""The activity log of a subscription: who wrote what, over the wire or in the portal."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import BaseRoute

from reconciler.vaultserver import errors, paging
from reconciler.vaultserver.arm import fold
from reconciler.vaultserver.records import EventRecord, Json
from reconciler.vaultserver.routes import ArmRoute, WireCall
from reconciler.vaultserver.wire_times import parse, stamp

if TYPE_CHECKING:
    from reconciler.vaultserver.world import World

_PATH = "/subscriptions/{subscription}/providers/microsoft.insights/eventtypes/management/values"
_TERM = re.compile(
    r"\s*(eventTimestamp|resourceGroupName|resourceUri)\s+(ge|le|eq)\s+'([^']*)'\s*(?:and(?=\s)|$)", re.I
)
_VERBS = {"PUT": "write", "PATCH": "write", "DELETE": "delete", "POST": "action"}
_CHECKS = ("/backupstatus", "/backupprevalidateprotection", "/resources")
CLIENT = "reconcile"
"""Seeds the object id of whoever writes over the wire: every client is the same development identity."""


def routes(world: World) -> list[BaseRoute]:
    return [ArmRoute(world, _PATH, _list)]


def note(world: World, resource: str, verb: str = "write") -> None:
    """Write down what was done in the portal."""
    number = world.database.next_number("event")
    world.database.put(
        EventRecord(id=f"{resource}/events/{number}", resource=resource, caller=world.actor, verb=verb, time=world.now)
    )


def _list(call: WireCall) -> Response:
    low, high, group, resource = _asked(call)
    prefix = f"/subscriptions/{fold(call.params['subscription'])}/"
    found = [
        event
        for event in _events(call.world)
        if low <= event.time <= high
        and fold(event.resource).startswith(prefix)
        and (not group or f"/resourcegroups/{group}/" in f"{fold(event.resource)}/")
        and resource in {"", fold(event.resource)}
    ]
    found.sort(key=lambda event: (event.time, event.id), reverse=True)
    return paging.paged(call, found, lambda event: event.id, _shown)


def _asked(call: WireCall) -> tuple[datetime, datetime, str, str]:
    """The span, the folded group and resource; without a beginning the log is refused, as Azure does."""
    text, place = call.query.get("$filter", "").strip(), 0
    terms: dict[tuple[str, str], str] = {}
    while place < len(text):
        term = _TERM.match(text, place)
        if term is None:
            raise errors.ArmError(400, "BadRequest", f"The filter is invalid at {text[place:]!r}.")
        terms[fold(term[1]), fold(term[2])] = term[3]
        place = term.end()
    low = parse(terms.get(("eventtimestamp", "ge")))
    high = parse(terms.get(("eventtimestamp", "le"))) or call.world.now
    if low is None:
        raise errors.ArmError(400, "BadRequest", "The start time of the event filter is missing or invalid.")
    return low, high, fold(terms.get(("resourcegroupname", "eq"), "")), fold(terms.get(("resourceuri", "eq"), ""))


def _events(world: World) -> list[EventRecord]:
    client = world.guid("caller", CLIENT)
    wire = [
        EventRecord(
            id=f"{line.path}/events/request-{line.number}",
            resource=line.path,
            caller=client,
            verb=_VERBS[line.method],
            time=line.time,
        )
        for line in world.requests()
        if line.method in _VERBS and line.status < 300 and not fold(line.path).endswith(_CHECKS)
    ]
    return [*wire, *world.database.all(EventRecord)]


def _shown(event: EventRecord) -> Json:
    return {
        "id": event.id,
        "caller": event.caller,
        "eventTimestamp": stamp(event.time),
        "correlationId": event.id.rpartition("/")[2],
        "resourceId": event.resource,
        "operationName": {"value": f"{_kind(event.resource)}/{event.verb}", "localizedValue": event.verb},
        "status": {"value": "Succeeded", "localizedValue": "Succeeded"},
        "level": "Informational",
    }


def _kind(resource: str) -> str:
    provider, _, rest = resource.rpartition("/providers/")[2].partition("/")
    return "/".join([provider, *rest.split("/")[::2]])
