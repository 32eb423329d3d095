"""Connections that drip: they are closed in time, and pages are answered meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from reconciler.watch.patience import Patient
from reconciler.watch.serving import Server

SOON = 20.0


@asynccontextmanager
async def served() -> AsyncIterator[tuple[str, int]]:
    async def answer(request: Request) -> PlainTextResponse:
        return PlainTextResponse(f"{len(await request.body())} bytes")

    server = Server("127.0.0.1:0")
    server.serve(Starlette(routes=[Route("/", answer, methods=["GET", "POST"])]))
    try:
        yield "127.0.0.1", int(server.url.rpartition(":")[2])
    finally:
        await server.close()


async def closed(reader: asyncio.StreamReader) -> bytes:
    """What came until the other side closed."""
    async with asyncio.timeout(SOON):
        return await reader.read()


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET ",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ",
        b"POST / HTTP/1.1\r\nHost: l\r\nContent-Length: 9\r\n\r\nx",
    ],
)
async def test_a_request_that_does_not_end_is_cut_off(monkeypatch: pytest.MonkeyPatch, begun: bytes) -> None:
    monkeypatch.setattr(Patient, "patience", 0.05)
    async with served() as (host, port):
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(begun)
        assert await closed(reader) == b""
        writer.close()


async def test_more_bytes_buy_no_more_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Patient, "patience", 0.1)
    async with served() as (host, port):
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n")

        async def drip() -> None:
            while not writer.is_closing():
                writer.write(b"X: y\r\n")
                await asyncio.sleep(0.01)

        dripping = asyncio.create_task(drip())
        try:
            with_error = await asyncio.gather(closed(reader), return_exceptions=True)
            assert with_error[0] == b"" or isinstance(with_error[0], ConnectionError)
        finally:
            dripping.cancel()
            await asyncio.gather(dripping, return_exceptions=True)
            writer.close()


async def test_whole_requests_are_answered_beside_a_hundred_that_drip() -> None:
    """And again on the same connection: what is idle between two requests is nobody's drip."""
    async with served() as (host, port):
        slow = [await asyncio.open_connection(host, port) for _ in range(100)]
        for _, writer in slow:
            writer.write(b"GET / HTTP/1.1\r\nHost: lo")
        reader, writer = await asyncio.open_connection(host, port)
        for _ in range(3):
            writer.write(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc")
            async with asyncio.timeout(SOON):
                head = await reader.readuntil(b"\r\n\r\n")
                assert b" 200 OK" in head
                assert await reader.readexactly(7) == b"3 bytes"
        for _, each in (*slow, (reader, writer)):
            each.close()
