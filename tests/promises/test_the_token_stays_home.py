"""Promise: a token goes to the one origin that is configured, wherever an answer points to."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reconciler.azure import connect
from reconciler.azure.credentials import DEVELOPMENT_TOKEN
from reconciler.azure.pipeline import Reply
from reconciler.engine.ports import Scope
from reconciler.model.outcome import Operation, Unsure
from tests.contract.test_adapter_socket import client_of, says, serving
from tests.unit.azure.scripted import GET, PUT, VAULT, Dice, S, V, VirtualClock
from tests.unit.sources.git.origins import source
from tests.unit.sources.git.remotes import Trust, saying

MOVED = ("301 Moved", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect")
GIT_TOKEN = "token-of-git"


@pytest.mark.parametrize("status", MOVED)
async def test_no_redirect_is_followed(status: str) -> None:
    async with serving(says("200 OK", b"{}")) as catcher:
        elsewhere = f"http://127.0.0.1:{catcher.port}{V}"
        async with serving(says(status, Location=elsewhere)) as server, client_of(server.port) as client:
            result = await client.ask(GET, "c")
            await client.submit(PUT, "c")
    assert isinstance(result, Reply)
    assert result.status == int(status[:3])
    assert [DEVELOPMENT_TOKEN in head for head in server.heads] == [True, True]
    assert catcher.heads == []


@pytest.mark.parametrize("header", ["Location", "Azure_AsyncOperation"])
async def test_no_operation_is_followed_elsewhere(header: str) -> None:
    """Not when it is named, nor when a journal names it that somebody else has written."""
    async with serving(says("200 OK", b"{}")) as catcher:
        elsewhere = f"http://127.0.0.1:{catcher.port}{V}/operations/1"
        accepted = says("202 Accepted", b"", **{header: elsewhere})
        async with serving(accepted) as server, client_of(server.port) as client:
            assert isinstance(await client.submit(PUT, "c"), Unsure)
            assert isinstance(await client.poll(Operation(elsewhere, "location")), Unsure)
    assert len(server.heads) == 1
    assert catcher.heads == []


async def test_no_page_of_a_list_is_read_elsewhere() -> None:
    async with serving(says("200 OK", b"{}")) as catcher:
        page = json.dumps({"value": [], "nextLink": f"http://127.0.0.1:{catcher.port}{S}"}).encode()
        async with serving(says("200 OK", page)) as server:
            made = connect(f"http://127.0.0.1:{server.port}", clock=VirtualClock(), random=Dice())
            observed = await made.reader.observe(Scope((VAULT,), classic=True, network=True))
            await made.close()
    assert observed.gaps
    assert len(server.heads) > 3
    assert catcher.heads == []


@contextmanager
def remote(answer: bytes, trust: Trust) -> Iterator[tuple[int, list[None]]]:
    """A server that says one thing to everybody; its port, and one entry for each who came."""
    came: list[None] = []

    def talk(connection: socket.socket) -> None:
        came.append(None)
        connection.sendall(answer)

    with saying(talk, trust.server) as port:
        yield port, came


@pytest.mark.parametrize("status", MOVED)
async def test_nor_is_a_repository_followed_to_another_host(tmp_path: Path, status: str) -> None:
    trust = Trust()
    with remote(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", trust) as (elsewhere, caught):
        where = f"Location: https://127.0.0.1:{elsewhere}/b.git/info/refs?service=git-upload-pack"
        with remote(f"HTTP/1.1 {status}\r\n{where}\r\nContent-Length: 0\r\n\r\n".encode(), trust) as (port, came):
            access = trust.access(GIT_TOKEN)
            found = await source(f"https://127.0.0.1:{port}/b.git", tmp_path / "state", access=access).look()
    assert "sends us on" in found.state.trouble
    assert len(came) >= 1
    assert caught == []
