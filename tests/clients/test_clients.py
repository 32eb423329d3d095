"""The scenarios as tests, for a machine whose environments are prepared; and the relay and the table themselves."""

from __future__ import annotations

import io
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.__main__ import CLIENTS, play
from tests.clients.environments import VARIABLE, prepared
from tests.clients.relay import AZURE_NAMES, relay
from tests.clients.scenario import ClientError, Scenario, expect, run, table


@pytest.mark.parametrize("name", sorted(CLIENTS))
def test_an_unchanged_client_runs_through_its_scenario(name: str) -> None:
    if VARIABLE not in os.environ:
        pytest.skip(f"set {VARIABLE} to the folder that `python -m tests.clients` prepared")
    environment = prepared(name)
    if environment is None:
        pytest.skip(f"{VARIABLE} holds no environment for {name}: run `python -m tests.clients {name}` once")
    scenario = play(name, environment)
    assert scenario.outcomes
    assert [outcome for outcome in scenario.outcomes if outcome.error] == []


@pytest.fixture
def echo() -> Iterator[tuple[str, int]]:
    """A server that answers one connection with what it was sent."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(10)

        def serve() -> None:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(10)
                connection.sendall(connection.recv(100))

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()
        socket.create_connection(listening.getsockname(), timeout=10).close()  # ends an accept nobody came to
        thread.join(11)


def tunnelled(proxy: str, name: str, text: bytes) -> tuple[bytes, bytes]:
    """The proxy's first line, and what came back through it."""
    host, _, port = proxy.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as client, client.makefile("rb") as answer:
        client.sendall(f"CONNECT {name}:443 HTTP/1.1\r\nHost: {name}:443\r\n\r\n".encode())
        status = answer.readline().strip()
        while answer.readline().strip():
            pass
        if b" 200 " not in status:
            return status, b""
        client.sendall(text)
        return status, answer.read(len(text))


@pytest.mark.parametrize("name", AZURE_NAMES)
def test_the_relay_leads_the_names_of_azure_to_the_vault(echo: tuple[str, int], name: str) -> None:
    with relay(echo) as tunnel:
        assert tunnelled(tunnel.url, name, b"hello") == (b"HTTP/1.1 200 Connection established", b"hello")
        assert tunnel.refused == []


@pytest.mark.parametrize("name", ["example.org", "management.azure.com.example.org", "graph.microsoft.com"])
def test_the_relay_leads_nowhere_else_and_tells_what_was_asked(echo: tuple[str, int], name: str) -> None:
    with relay(echo) as tunnel:
        status, got = tunnelled(tunnel.url, name, b"hello")
        assert (status.split()[1], got, tunnel.refused) == (b"403", b"", [name])


def test_a_connection_that_is_given_up_asked_for_nothing(echo: tuple[str, int]) -> None:
    with relay(echo) as tunnel:
        host, _, port = tunnel.url.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=10) as client:
            client.shutdown(socket.SHUT_WR)
            assert client.recv(100) == b""
        assert tunnel.refused == []


def test_a_failed_step_is_told_and_does_not_end_the_scenario() -> None:
    out = io.StringIO()
    scenario = Scenario("az", out)
    with scenario.step("first"):
        expect(1, 2)
    with scenario.step("second"):
        expect(1, 1)
    assert [bool(outcome.error) for outcome in scenario.outcomes] == [True, False]
    assert "expected 2, got 1" in out.getvalue()
    assert table([scenario]).splitlines()[1].split() == ["az", "1", "1", "first"]


def test_a_command_that_fails_or_hangs_is_the_clients_failure(tmp_path: Path) -> None:
    with pytest.raises(ClientError, match="boom"):
        run(["sh", "-c", "echo boom >&2; exit 3"], {}, tmp_path)
    with pytest.raises(ClientError, match="no answer in 1 s"):
        run(["sleep", "30"], {}, tmp_path, seconds=1)
