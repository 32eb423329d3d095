"""The embedded vault on a socket of this machine: real time, a free port, an orderly end."""

from __future__ import annotations

import http.client
import json
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from reconciler.vaultserver import serve
from reconciler.vaultserver.world import World
from tests.contract.vault_wire import NOW, V, new_wire


def test_it_answers_on_a_free_port_and_ends() -> None:
    wire = new_wire()
    ready: list[str] = []
    listening = threading.Event()

    def told(url: str) -> None:
        ready.append(url)
        listening.set()

    server = serve.server(wire.world, port=0, ready=told)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert listening.wait(timeout=20)
        connection = http.client.HTTPConnection(ready[0].removeprefix("http://"), timeout=20)
        connection.request("GET", f"{V}?api-version=2024-04-01")
        assert json.load(connection.getresponse())["name"] == "rsv"
        connection.close()
    finally:
        server.should_exit = True
        thread.join(timeout=20)
    assert not thread.is_alive()
    assert [(request.method, request.status) for request in wire.world.requests()] == [("GET", 200)]


def test_it_serves_this_machine_only() -> None:
    with pytest.raises(serve.NotLoopbackError, match="loopback"):
        serve.server(World(clock=NOW), host="192.0.2.1")


def test_requests_are_written_down(tmp_path: Path) -> None:
    world = World(tmp_path / "vault.db", clock=NOW)
    world.advance(timedelta(hours=1))
    assert world.requests() == []
    world.close()
