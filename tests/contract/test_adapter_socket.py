"""The adapter over real sockets: what a broken, hostile or slow server does to it."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest

from reconciler.azure.budget import Budget
from reconciler.azure.client import WriteClient
from reconciler.azure.clouds import cloud_of
from reconciler.azure.connect import _socket
from reconciler.azure.credentials import DEVELOPMENT_TOKEN, credential_for
from reconciler.azure.pipeline import BODY_LIMIT, Broken, Pipeline, Reply
from reconciler.model.outcome import Pending, Unsure
from tests.unit.azure.scripted import GET, PUT, Dice, V, VirtualClock
from tests.unit.sources.git.remotes import Trust, saying

Behaviour = Callable[[asyncio.StreamWriter], Coroutine[Any, Any, None]]


class Server:
    """Answers every connection by one behaviour; `heads` keeps what it was sent."""

    def __init__(self, behaviour: Behaviour) -> None:
        self._behaviour = behaviour
        self.heads: list[str] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heads.append((await reader.readuntil(b"\r\n\r\n")).decode("latin-1"))
        await self._behaviour(writer)
        writer.close()


@asynccontextmanager
async def serving(behaviour: Behaviour) -> AsyncIterator[Server]:
    server = Server(behaviour)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    async with listening:
        yield server


@asynccontextmanager
async def client_of(port: int) -> AsyncIterator[WriteClient]:
    cloud, clock = cloud_of(f"http://127.0.0.1:{port}"), VirtualClock()
    pipeline = Pipeline(cloud, credential_for(cloud), _socket(cloud), clock, writable=True)
    try:
        yield WriteClient(pipeline, Budget(clock), clock, Dice(), 4)
    finally:
        await pipeline.close()


def says(status: str, body: bytes = b"", **headers: str) -> Behaviour:
    async def behave(writer: asyncio.StreamWriter) -> None:
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        await writer.drain()

    return behave


async def _nothing(_writer: asyncio.StreamWriter) -> None:
    """Hang up at once."""


async def _half(writer: asyncio.StreamWriter) -> None:
    writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"value": [')
    await writer.drain()


async def _noise(writer: asyncio.StreamWriter) -> None:
    writer.write(b"\x00\xff\xfe not http at all\r\n\r\n")
    await writer.drain()


async def test_a_plain_answer() -> None:
    async with serving(says("200 OK", b"{}")) as server, client_of(server.port) as client:
        result = await client.ask(GET, "corr")
        assert isinstance(result, Reply)
        assert result.body == b"{}"
    assert server.heads[0].startswith(f"GET {V}?api-version=2024-04-01 HTTP/1.1")
    assert f"Authorization: Bearer {DEVELOPMENT_TOKEN}" in server.heads[0]


@pytest.mark.parametrize("behaviour", [_nothing, _half, _noise])
async def test_a_broken_connection_leaves_a_write_unsure_and_is_not_tried_again(behaviour: Behaviour) -> None:
    async with serving(behaviour) as server, client_of(server.port) as client:
        assert isinstance(await client.submit(PUT, "c"), Unsure)
        assert len(server.heads) == 1
        assert isinstance(await client.ask(GET, "c"), Broken)


async def test_a_refused_connection_was_certainly_not_sent() -> None:
    async with serving(_nothing) as server:
        port = server.port
    async with client_of(port) as client:
        assert await client.ask(GET, "c") == Broken("the connection was refused", sent=False)


async def test_corrupt_compression_is_no_exception() -> None:
    async with (
        serving(says("200 OK", b"not gzip", Content_Encoding="gzip")) as server,
        client_of(server.port) as client,
    ):
        assert isinstance(await client.ask(GET, "c"), Broken)
        assert isinstance(await client.submit(PUT, "c"), Unsure)


async def test_a_compressed_bomb_is_cut_off() -> None:
    bomb = gzip.compress(b" " * (BODY_LIMIT + 1_000_000))
    async with serving(says("200 OK", bomb, Content_Encoding="gzip")) as server, client_of(server.port) as client:
        result = await client.ask(GET, "c")
    assert isinstance(result, Broken)
    assert "larger" in result.reason


async def test_an_operation_of_the_own_server_is_followed() -> None:
    async def behave(writer: asyncio.StreamWriter) -> None:
        link = f"http://127.0.0.1:{server.port}{V}/backupOperations/1?s=x"
        await says("202 Accepted", Location=link, Retry_After="7")(writer)

    async with serving(behave) as server, client_of(server.port) as client:
        answer = await client.submit(PUT, "c")
        assert isinstance(answer, Pending)
        assert answer.operation.retry_after == 7.0
        again = await client.poll(answer.operation)
        assert isinstance(again, Pending)
        assert again.operation.url == answer.operation.url


async def test_an_answer_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.azure.pipeline.EXCHANGE_LIMIT", 0.05)
    over = asyncio.Event()

    async def behave(writer: asyncio.StreamWriter) -> None:
        await _half(writer)
        await over.wait()

    async with serving(behave) as server, client_of(server.port) as client:
        assert isinstance(await client.submit(PUT, "c"), Unsure)
        result = await client.ask(GET, "c")
        over.set()
    assert isinstance(result, Broken)
    assert "no complete answer" in result.reason


async def test_a_certificate_that_is_not_trusted_ends_it_before_anything_is_sent() -> None:
    met: list[bytes] = []
    with saying(lambda connection: met.append(connection.recv(1)), Trust().server) as port:
        cloud, clock = cloud_of(f"https://127.0.0.1:{port}"), VirtualClock()
        pipeline = Pipeline(cloud, credential_for(cloud), _socket(cloud), clock, writable=True)
        result = await WriteClient(pipeline, Budget(clock), clock, Dice(), 4).ask(GET, "c")
        await pipeline.close()
    assert result == Broken("the TLS connection could not be made; check proxies and certificates", sent=False)
    assert set(met) <= {b""}, "no byte of a request"
