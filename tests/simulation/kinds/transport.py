"""T1-T13: the connection fails, as azure-core's aiohttp transport tells of it."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator
from functools import cache
from typing import Any

import aiohttp
from aiohttp.client_reqrep import ConnectionKey
from azure.core.exceptions import (
    AzureError,
    DecodeError,
    IncompleteReadError,
    ServiceRequestError,
    ServiceRequestTimeoutError,
    ServiceResponseTimeoutError,
)
from azure.core.rest import AsyncHttpResponse

from reconciler.azure.transport import BufferedResponse
from tests.simulation.faults import Meeting, kind

_MEGABYTE = 1 << 20
_KEY = ConnectionKey("management.azure.com", 443, True, True, None, None, None)


class _Streamed(BufferedResponse):
    """A body that comes in its own way."""

    def __init__(self, like: BufferedResponse, parts: AsyncIterator[bytes]) -> None:
        super().__init__(like.request, like.status_code, list(like.headers.items()), b"")
        self._parts = parts

    async def iter_bytes(self, **_options: Any) -> AsyncIterator[bytes]:
        async for part in self._parts:
            yield part


def _refused(error: OSError) -> AzureError:
    inner = aiohttp.ClientConnectorError(_KEY, error)
    return ServiceRequestError(str(inner), error=inner)


def _reset() -> AzureError:
    inner = aiohttp.ClientOSError(104, "Connection reset by peer")
    return ServiceRequestError(str(inner), error=inner)


@kind("T1", "connection refused", traits=("blinds",))
async def _t1(meeting: Meeting) -> AsyncHttpResponse:
    raise _refused(ConnectionRefusedError(111, "Connection refused"))


@kind("T2", "name not resolved", traits=("blinds",))
async def _t2(meeting: Meeting) -> AsyncHttpResponse:
    inner = aiohttp.ClientConnectorDNSError(_KEY, OSError(-2, "Name or service not known"))
    raise ServiceRequestError(str(inner), error=inner)


@kind("T3", "TLS fails", traits=("blinds",))
async def _t3(meeting: Meeting) -> AsyncHttpResponse:
    inner = aiohttp.ClientConnectorSSLError(_KEY, OSError(1, "certificate verify failed"))
    raise ServiceRequestError(str(inner), error=inner)


@kind("T4", "connection times out", traits=("blinds",))
async def _t4(meeting: Meeting) -> AsyncHttpResponse:
    await asyncio.sleep(10)
    raise ServiceRequestTimeoutError("Connection timeout")


@kind("T5", "connection reset before the request", traits=("blinds",))
async def _t5(meeting: Meeting) -> AsyncHttpResponse:
    raise _reset()


@kind("T6", "time-out before the effect", traits=("blinds",))
async def _t6(meeting: Meeting) -> AsyncHttpResponse:
    await asyncio.sleep(60)
    raise ServiceResponseTimeoutError("Timeout on reading data from socket")


@kind("T7", "time-out after the effect", traits=("blinds",))
async def _t7(meeting: Meeting) -> AsyncHttpResponse:
    await meeting.serve()
    await asyncio.sleep(60)
    raise ServiceResponseTimeoutError("Timeout on reading data from socket")


@kind("T8", "connection reset after the effect", traits=("blinds",))
async def _t8(meeting: Meeting) -> AsyncHttpResponse:
    await meeting.serve()
    raise _reset()


@kind("T9", "connection reset in the body", traits=("blinds",))
async def _t9(meeting: Meeting) -> AsyncHttpResponse:
    answer = await meeting.serve()

    async def half() -> AsyncIterator[bytes]:
        yield answer.content[: len(answer.content) // 2]
        inner = aiohttp.ClientPayloadError("Response payload is not completed")
        raise IncompleteReadError(inner, error=inner)

    return _Streamed(answer, half())


@kind("T10", "body drips a byte a second", traits=("blinds",))
async def _t10(meeting: Meeting) -> AsyncHttpResponse:
    answer = await meeting.serve()

    async def drip() -> AsyncIterator[bytes]:
        while True:
            await asyncio.sleep(1)
            yield b" "

    return _Streamed(answer, drip())


@kind("T11", "body without end", traits=("blinds",))
async def _t11(meeting: Meeting) -> AsyncHttpResponse:
    answer = await meeting.serve()

    async def flood() -> AsyncIterator[bytes]:
        part = b" " * _MEGABYTE
        for _ in range(64):
            yield part

    return _Streamed(answer, flood())


@cache
def _bomb() -> bytes:
    return zlib.compress(b" " * (64 * _MEGABYTE), 9)


@kind("T12", "compressed bomb", traits=("blinds",))
async def _t12(meeting: Meeting) -> AsyncHttpResponse:
    answer = await meeting.serve()

    async def burst() -> AsyncIterator[bytes]:
        pump, rest = zlib.decompressobj(), _bomb()
        while rest:
            yield pump.decompress(rest, _MEGABYTE)
            rest = pump.unconsumed_tail
        raise DecodeError("Incorrect data check")

    return _Streamed(answer, burst())


@kind("T13", "request delivered twice", on=frozenset({"list", "read", "check", "poll", "write"}))
async def _t13(meeting: Meeting) -> AsyncHttpResponse:
    answer = await meeting.serve()
    await meeting.serve()
    return answer
