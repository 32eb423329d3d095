"""B1-B20: the body is not what it should be. The request itself takes effect."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from azure.core.rest import AsyncHttpResponse

from reconciler.azure.transport import BufferedResponse
from tests.simulation.faults import READS, Meeting, kind

_BODIES = READS | {"write"}
_WITH_BODY = READS - {"job"}
_ENUMS = {
    "protectionState",
    "protectionStatus",
    "status",
    "registrationStatus",
    "softDeleteFeatureState",
    "softDeleteState",
    "provisioningState",
    "scheduleRunFrequency",
    "policyType",
    "protectableItemType",
}
Change = Callable[[Meeting, Any], Any]


def _with(answer: BufferedResponse, body: bytes | str, media: str = "") -> AsyncHttpResponse:
    content = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    headers = [(name, value) for name, value in answer.headers.items() if name.lower() != "content-length"]
    if media:
        headers = [(name, value) for name, value in headers if name.lower() != "content-type"]
        headers.append(("content-type", media))
    return BufferedResponse(answer.request, answer.status_code, headers, content)


async def _changed(meeting: Meeting, change: Change) -> AsyncHttpResponse:
    """The real answer, its JSON changed; as it is where there is none."""
    answer = await meeting.serve()
    if not answer.content.strip() or answer.status_code >= 300:
        return answer
    return _with(answer, json.dumps(change(meeting, json.loads(answer.content))))


def _entries(body: Any) -> list[Any]:
    """The entries of a list, or the one resource."""
    return body["value"] if isinstance(body, dict) and isinstance(body.get("value"), list) else [body]


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for child in list(value.values()):
            yield from _objects(child)
    elif isinstance(value, list):
        for child in value:
            yield from _objects(child)


@kind("B1", "truncated JSON", on=_WITH_BODY, traits=("blinds",))
async def _b1(meeting: Meeting) -> AsyncHttpResponse:
    answer = await meeting.serve()
    return _with(answer, answer.content[: max(len(answer.content) - 7, 0)])


@kind("B2", "empty", on=_BODIES, traits=("blinds",))
async def _b2(meeting: Meeting) -> AsyncHttpResponse:
    return _with(await meeting.serve(), b"")


@kind("B3", "a page of HTML", on=_BODIES, traits=("blinds",))
async def _b3(meeting: Meeting) -> AsyncHttpResponse:
    return _with(await meeting.serve(), "<!doctype html><title>Sign in</title>", "text/html")


@kind("B4", "wrong content type", on=_BODIES)
async def _b4(meeting: Meeting) -> AsyncHttpResponse:
    answer = await meeting.serve()
    return _with(answer, answer.content, "application/octet-stream")


@kind("B5", "null", on=_BODIES, traits=("blinds",))
async def _b5(meeting: Meeting) -> AsyncHttpResponse:
    return _with(await meeting.serve(), "null")


def _value(text: str) -> Change:
    def change(meeting: Meeting, body: Any) -> Any:
        if not isinstance(body, dict):
            return body
        left = {name: value for name, value in body.items() if name != "value"}
        return left if text == "missing" else left | {"value": json.loads(text)}

    return change


@kind("B6", "value missing", on=frozenset({"list", "page"}), traits=("blinds",))
async def _b6(meeting: Meeting) -> AsyncHttpResponse:
    return await _changed(meeting, _value("missing"))


@kind("B7", "value null", on=frozenset({"list", "page"}), traits=("blinds",))
async def _b7(meeting: Meeting) -> AsyncHttpResponse:
    return await _changed(meeting, _value("null"))


@kind("B8", "value an object", on=frozenset({"list", "page"}), traits=("blinds",))
async def _b8(meeting: Meeting) -> AsyncHttpResponse:
    return await _changed(meeting, _value("{}"))


def _unknown_word(meeting: Meeting, body: Any) -> Any:
    for found in _objects(body):
        for name in found.keys() & _ENUMS:
            if isinstance(found[name], str):
                found[name] = "Frobnicated"
    return body


@kind("B9", "unknown words", on=_BODIES, traits=("lies",))
async def _b9(meeting: Meeting) -> AsyncHttpResponse:
    return await _changed(meeting, _unknown_word)


def _without_a_field(meeting: Meeting, body: Any) -> Any:
    entries = [entry for entry in _entries(body) if isinstance(entry, dict) and entry]
    if not entries:
        return body
    entry = meeting.random.choice(entries)
    inside = entry.get("properties")
    place = inside if isinstance(inside, dict) and inside and meeting.random.random() < 0.6 else entry
    del place[meeting.random.choice(sorted(place))]
    return body


@kind("B10", "a field missing", on=_BODIES, traits=("lies",))
async def _b10(meeting: Meeting) -> AsyncHttpResponse:
    return await _changed(meeting, _without_a_field)


def _another_type(meeting: Meeting, body: Any) -> Any:
    places = [found for found in _objects(body) if found]
    if not places:
        return body
    place = meeting.random.choice(places)
    place[meeting.random.choice(sorted(place))] = meeting.random.choice([None, 7, True, [], {}, ["x"], "seven"])
    return body


@kind("B11", "a field of another type", on=_BODIES, traits=("lies",))
async def _b11(meeting: Meeting) -> AsyncHttpResponse:
    return await _changed(meeting, _another_type)


def _more_fields(meeting: Meeting, body: Any) -> Any:
    for found in list(_objects(body)):
        found["addedByAzure"] = {"since": "2027-01-01", "list": [1, None]}
    return body


@kind("B12", "fields nobody knows", on=_BODIES)
async def _b12(meeting: Meeting) -> AsyncHttpResponse:
    return await _changed(meeting, _more_fields)


async def _with_raw(meeting: Meeting, raw: str) -> AsyncHttpResponse:
    """One more member, in JSON's own spelling."""
    answer = await meeting.serve()
    content = answer.content.strip()
    if not content.startswith(b"{") or len(content) < 3:
        return answer
    return _with(answer, b'{"addedByAzure":' + raw.encode("utf-8", "surrogatepass") + b"," + content[1:])


@kind("B13", "a number of 5,000 digits", on=_BODIES)
async def _b13(meeting: Meeting) -> AsyncHttpResponse:
    return await _with_raw(meeting, "9" * 5000)


@kind("B14", "200,000 levels of nesting", on=_BODIES, traits=("blinds",))
async def _b14(meeting: Meeting) -> AsyncHttpResponse:
    return await _with_raw(meeting, "[" * 200_000 + "]" * 200_000)


@kind("B15", "NaN", on=_BODIES)
async def _b15(meeting: Meeting) -> AsyncHttpResponse:
    return await _with_raw(meeting, "NaN")


def _odd_text(text: str) -> Change:
    def change(meeting: Meeting, body: Any) -> Any:
        for found in _objects(body):
            for name in ("friendlyName", "policyName", "message", "osName", "displayStatus", "title"):
                if isinstance(found.get(name), str):
                    found[name] += text
            if isinstance(found.get("tags"), dict):
                found["tags"]["odd"] = text
        return body

    return change


@kind("B16", "half a surrogate pair", on=_BODIES)
async def _b16(meeting: Meeting) -> AsyncHttpResponse:
    return await _changed(meeting, _odd_text("\ud800"))


@kind("B17", "control characters in names", on=_BODIES)
async def _b17(meeting: Meeting) -> AsyncHttpResponse:
    return await _changed(meeting, _odd_text("\x1b[31m\r\n::error::\u202e\x00"))


@kind("B18", "a key twice", on=_BODIES, traits=("lies",))
async def _b18(meeting: Meeting) -> AsyncHttpResponse:
    answer = await meeting.serve()
    body = json.loads(answer.content) if answer.content.strip() else None
    if not isinstance(body, dict) or not body:
        return answer
    twice = sorted(body)[0] if "value" not in body else "value"
    return _with(answer, answer.content.rstrip()[:-1] + f',"{twice}":{json.dumps(body[twice])}}}'.encode())


def _in_capitals(meeting: Meeting, body: Any) -> Any:
    for found in _objects(body):
        for name in ("id", "virtualMachineId", "sourceResourceId", "policyId", "containerName", "vaultId"):
            if isinstance(found.get(name), str):
                found[name] = found[name].upper()
    return body


@kind("B19", "ids in other casing", on=_BODIES)
async def _b19(meeting: Meeting) -> AsyncHttpResponse:
    return await _changed(meeting, _in_capitals)


_FOREIGN = (("/vaults/rsv", "/vaults/rsv-foreign"), ("/rg/", "/rg-foreign/"), ("00000001/", "00000009/"))


def _of_another(meeting: Meeting, body: Any) -> Any:
    """Another vault's, another group's, another subscription's: one of them in turn."""
    for entry in _entries(body):
        if isinstance(entry, dict) and isinstance(entry.get("id"), str):
            entry["id"] = entry["id"].replace(*_FOREIGN[(meeting.number + meeting.exchange.occurrence) % len(_FOREIGN)])
    return body


@kind("B20", "the id of another resource", on=_BODIES, traits=("lies",))
async def _b20(meeting: Meeting) -> AsyncHttpResponse:
    return await _changed(meeting, _of_another)
