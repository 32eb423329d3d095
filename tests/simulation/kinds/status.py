"""S1-S24: the status says no, not now, elsewhere, or something that does not fit."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from email.utils import format_datetime

from azure.core.rest import AsyncHttpResponse

from tests.simulation.fault import FOR_EVER
from tests.simulation.faults import LISTS, Meeting, kind

_HOSTILE = ("-5", "1e9", "inf", "nan", "9" * 400, "٣", "", "soon", "999999999")
_CHALLENGE = 'Bearer authorization_uri="https://login.windows.net/", error="invalid_token"'


def _error(code: str, message: str = "Something of the simulation.") -> str:
    return json.dumps({"error": {"code": code, "message": message}})


@kind("S1", "400", traits=("blinds", "refuses"))
async def _s1(meeting: Meeting) -> AsyncHttpResponse:
    return meeting.reply(400, _error("BadRequest"))


@kind("S2", "401", times=(1, 3), traits=("blinds", "refuses"))
async def _s2(meeting: Meeting) -> AsyncHttpResponse:
    return meeting.reply(401, _error("InvalidAuthenticationToken"), WWW_Authenticate=_CHALLENGE)


@kind("S3", "401 for ever", times=(FOR_EVER,), traits=("blinds", "refuses"))
async def _s3(meeting: Meeting) -> AsyncHttpResponse:
    return meeting.reply(401, _error("ExpiredAuthenticationToken"))


@kind("S4", "403", traits=("blinds", "refuses"))
async def _s4(meeting: Meeting) -> AsyncHttpResponse:
    return meeting.reply(403, _error("AuthorizationFailed"))


@kind("S5", "404 on a list", on=LISTS, traits=("blinds",))
async def _s5(meeting: Meeting) -> AsyncHttpResponse:
    return meeting.reply(404, _error("NotFound"))


@kind(
    "S6", "404 on something that exists", on=frozenset({"read", "job", "write", "check", "list"}), traits=("refuses",)
)
async def _s6(meeting: Meeting) -> AsyncHttpResponse:
    """In Resource Manager's own words; of a vault in turn with those of a gateway, which prove nothing."""
    gateway = meeting.exchange.kind == "read" and (meeting.number + meeting.exchange.occurrence) % 2
    return meeting.reply(404, _error("NotFound" if gateway else "ResourceNotFound", "The Resource was not found."))


@kind("S7", "408", traits=("blinds",))
async def _s7(meeting: Meeting) -> AsyncHttpResponse:
    return meeting.reply(408, _error("RequestTimeout"))


@kind("S8", "409, another operation runs", traits=("blinds",))
async def _s8(meeting: Meeting) -> AsyncHttpResponse:
    return meeting.reply(409, _error("BMSUserErrorObjectLocked"))


@kind("S9", "409, a conflict", traits=("blinds", "refuses"))
async def _s9(meeting: Meeting) -> AsyncHttpResponse:
    return meeting.reply(409, _error("Conflict"))


@kind("S10", "412", traits=("blinds", "refuses"))
async def _s10(meeting: Meeting) -> AsyncHttpResponse:
    return meeting.reply(412, _error("PreconditionFailed"))


@kind("S11", "423", traits=("blinds", "refuses"))
async def _s11(meeting: Meeting) -> AsyncHttpResponse:
    return meeting.reply(423, _error("ScopeLocked"))


@kind("S12", "429 with seconds", traits=("blinds",))
async def _s12(meeting: Meeting) -> AsyncHttpResponse:
    return meeting.reply(429, _error("TooManyRequests"), Retry_After="17")


@kind("S13", "429 without a time", traits=("blinds",))
async def _s13(meeting: Meeting) -> AsyncHttpResponse:
    return meeting.reply(429, _error("TooManyRequests"))


@kind("S14", "429 with a date", traits=("blinds",))
async def _s14(meeting: Meeting) -> AsyncHttpResponse:
    until = meeting.universe.time.now() + timedelta(seconds=40)
    return meeting.reply(429, _error("TooManyRequests"), Retry_After=format_datetime(until, usegmt=True))


@kind("S15", "429 with a hostile time", traits=("blinds",))
async def _s15(meeting: Meeting) -> AsyncHttpResponse:
    value = _HOSTILE[(meeting.number + meeting.exchange.occurrence) % len(_HOSTILE)]
    return meeting.reply(429, _error("TooManyRequests"), Retry_After=value)


@kind("S16", "500", traits=("blinds",))
async def _s16(meeting: Meeting) -> AsyncHttpResponse:
    return meeting.reply(500, _error("InternalServerError"))


@kind("S17", "502 with a page of HTML", traits=("blinds",))
async def _s17(meeting: Meeting) -> AsyncHttpResponse:
    return meeting.reply(502, "<html><body><h1>502 Bad Gateway</h1></body></html>")


@kind("S18", "503", traits=("blinds",))
async def _s18(meeting: Meeting) -> AsyncHttpResponse:
    return meeting.reply(503, _error("ServiceUnavailable"), Retry_After="5")


@kind("S19", "504 after the effect", traits=("blinds",))
async def _s19(meeting: Meeting) -> AsyncHttpResponse:
    await meeting.serve()
    await asyncio.sleep(30)
    return meeting.reply(504, _error("GatewayTimeout"))


@kind("S20", "307 to the same host", traits=("blinds", "refuses"))
async def _s20(meeting: Meeting) -> AsyncHttpResponse:
    return meeting.reply(307, Location=f"{meeting.exchange.path}/moved?api-version=2024-04-01")


@kind("S21", "307 to another host", traits=("blinds", "refuses"))
async def _s21(meeting: Meeting) -> AsyncHttpResponse:
    return meeting.reply(307, Location="https://management.azure.com.evil.example/subscriptions")


@kind("S22", "200 with an error in it", traits=("blinds", "lies"))
async def _s22(meeting: Meeting) -> AsyncHttpResponse:
    return meeting.reply(200, _error("InternalServerError"))


@kind("S23", "202 without any header", traits=("blinds",))
async def _s23(meeting: Meeting) -> AsyncHttpResponse:
    await meeting.serve()
    return meeting.reply(202)


@kind("S24", "204 where a body is due", traits=("blinds", "lies"))
async def _s24(meeting: Meeting) -> AsyncHttpResponse:
    await meeting.serve()
    return meeting.reply(204)
