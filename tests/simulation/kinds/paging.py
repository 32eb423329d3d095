"""P1-P10: a list does not come in the pages it should."""

from __future__ import annotations

import json
from typing import Any

from azure.core.rest import AsyncHttpResponse

from reconciler.azure.transport import AsgiTransport, BufferedResponse
from tests.simulation.fault import FOR_EVER
from tests.simulation.faults import LISTS, PAGE, Meeting, kind


async def _page(meeting: Meeting) -> tuple[BufferedResponse, dict[str, Any]]:
    """The real answer and its body; an empty page where it is no list."""
    answer = await meeting.serve()
    body = json.loads(answer.content) if answer.status_code == 200 else {}
    return answer, body if isinstance(body.get("value"), list) else {"value": []}


def _answer(meeting: Meeting, value: list[Any], link: object = None) -> AsyncHttpResponse:
    body: dict[str, Any] = {"value": value}
    return meeting.reply(200, json.dumps(body if link is None else body | {"nextLink": link}))


def _link(meeting: Meeting, number: int) -> str:
    """A link to a page that only the fault knows."""
    meeting.memory["pages"] = meeting.exchange.path
    url = meeting.exchange.url.partition(f"&{PAGE}")[0]
    return f"{url}&{PAGE}{number}"


@kind("P1", "the rest of the list is missing", on=LISTS, traits=("lies",))
async def _p1(meeting: Meeting) -> AsyncHttpResponse:
    _, body = await _page(meeting)
    return _answer(meeting, body["value"][: len(body["value"]) // 2])


@kind("P2", "a page comes twice", on=LISTS)
async def _p2(meeting: Meeting) -> AsyncHttpResponse:
    _, body = await _page(meeting)
    return _answer(meeting, body["value"], None if meeting.page else _link(meeting, 2))


@kind("P3", "the list leads back to itself", on=LISTS, traits=("blinds",))
async def _p3(meeting: Meeting) -> AsyncHttpResponse:
    _, body = await _page(meeting)
    return _answer(meeting, body["value"], _link(meeting, 2))


@kind("P4", "the next page is on another host", on=LISTS, traits=("blinds",))
async def _p4(meeting: Meeting) -> AsyncHttpResponse:
    _, body = await _page(meeting)
    foreign = ("https://evil.example/x", "https://management.azure.com@evil.example/x", "//evil.example/x")
    return _answer(meeting, body["value"], foreign[meeting.number % len(foreign)])


@kind("P5", "the second page is dead", on=LISTS, traits=("blinds",))
async def _p5(meeting: Meeting) -> AsyncHttpResponse:
    if meeting.page:
        return meeting.reply(500, '{"error":{"code":"InternalServerError","message":"no page"}}')
    _, body = await _page(meeting)
    return _answer(meeting, body["value"][:1], _link(meeting, 2))


@kind("P6", "an entry moves between pages", on=LISTS, traits=("lies",))
async def _p6(meeting: Meeting) -> AsyncHttpResponse:
    _, body = await _page(meeting)
    half = (len(body["value"]) + 1) // 2
    if meeting.page:
        return _answer(meeting, body["value"][half + 1 :])
    return _answer(meeting, body["value"][:half], _link(meeting, 2))


@kind("P7", "an empty page with a link", on=LISTS)
async def _p7(meeting: Meeting) -> AsyncHttpResponse:
    _, body = await _page(meeting)
    return _answer(meeting, body["value"]) if meeting.page else _answer(meeting, [], _link(meeting, 2))


@kind("P8", "10,000 pages", on=LISTS, times=(FOR_EVER,), traits=("blinds", "long"))
async def _p8(meeting: Meeting) -> AsyncHttpResponse:
    if meeting.page > 1:
        return _answer(meeting, [], _link(meeting, meeting.page + 1) if meeting.page < 10_000 else None)
    _, body = await _page(meeting)
    return _answer(meeting, body["value"], _link(meeting, 2))


@kind("P9", "a link that is blank or relative", on=LISTS)
async def _p9(meeting: Meeting) -> AsyncHttpResponse:
    _, body = await _page(meeting)
    links: tuple[object, ...] = ("", " ", "?page=2", "backupPolicies", 7, "javascript:alert(1)")
    return _answer(meeting, body["value"], links[meeting.number % len(links)])


@kind("P10", "a stale page", on=LISTS, traits=("photographs", "lies"))
async def _p10(meeting: Meeting) -> AsyncHttpResponse:
    if not meeting.photographs:
        return await meeting.serve()
    stale = AsgiTransport(meeting.universe.stale(meeting.photographs[0]))
    return await stale.send(meeting.request)
