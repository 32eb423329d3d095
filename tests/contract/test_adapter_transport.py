"""The transport in process and the one over a socket give azure-core the same answers, whatever is asked of them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.core.rest import HttpRequest

from reconciler.azure.sockets import SendOnceTransport
from reconciler.azure.transport import AsgiApp, AsgiTransport
from tests.contract.test_adapter_socket import says, serving

TEXT = "Größe"
KIND = "application/json; charset=utf-8"


def _application(body: bytes, status: int) -> AsgiApp:
    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        headers = [(b"Content-Type", KIND.encode()), (b"Content-Length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


@asynccontextmanager
async def both(status: int, reason: str, body: bytes) -> AsyncIterator[tuple[Any, Any]]:
    """The same answer twice: over a socket, and in process."""
    async with serving(says(f"{status} {reason}", body, Content_Type=KIND)) as server:
        request = HttpRequest("GET", f"http://127.0.0.1:{server.port}/x?y=z")
        over_socket: Any = SendOnceTransport()
        async with over_socket, AsgiTransport(_application(body, status)) as in_process:
            yield await over_socket.send(request, stream=True), await in_process.send(request, stream=True)


async def _told(response: Any) -> dict[str, Any]:
    """All that can be asked of an answer."""
    async with response:
        content = await response.read()
        told = {
            "status": response.status_code,
            "reason": response.reason,
            "type": response.content_type,
            "headers": [response.headers[name] for name in ("content-type", "Content-Length")],
            "url": response.url,
            "method": response.request.method,
            "body": content,
            "content": response.content,
            "text": response.text(),
            "latin": response.text("latin-1"),
            "encoding": response.encoding,
            "json": response.json(),
            "again": [part async for part in response.iter_bytes()],
        }
    return told | {"closed": response.is_closed, "consumed": response.is_stream_consumed}


@pytest.mark.parametrize(("status", "reason"), [(200, "OK"), (202, "Accepted"), (404, "Not Found")])
async def test_they_say_the_same(status: int, reason: str) -> None:
    async with both(status, reason, json.dumps({"a": TEXT}, ensure_ascii=False).encode()) as (socket, in_process):
        assert await _told(in_process) == await _told(socket)


async def test_the_pieces_are_the_same_as_they_came() -> None:
    async with both(200, "OK", b'{"a": 1}') as (socket, in_process):
        assert [part async for part in in_process.iter_raw()] == [part async for part in socket.iter_raw()]


@pytest.mark.parametrize("status", [200, 404])
async def test_they_fail_alike(status: int) -> None:
    async with both(status, "x", b"{}") as pair:
        for response in pair:
            await response.read()
            if status == 200:
                response.raise_for_status()
                continue
            with pytest.raises(HttpResponseError) as caught:
                response.raise_for_status()
            assert caught.value.status_code == status


async def test_who_knows_the_encoding_better_may_say_so() -> None:
    async with both(200, "OK", TEXT.encode("latin-1")) as pair:
        for response in pair:
            await response.read()
            response.encoding = "latin-1"
            assert response.text() == TEXT
