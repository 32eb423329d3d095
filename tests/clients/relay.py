"""A CONNECT proxy that leads Azure's public names to the embedded vault, and refuses every other name."""

from __future__ import annotations

import selectors
import socket
import socketserver
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

AZURE_NAMES = ("management.azure.com", "login.microsoftonline.com")
"""The names a client without a setting for private clouds connects to. The vault's certificate covers them."""

_LONGEST_SILENCE = 120.0
_MOST_HEADERS = 100


class Relay(socketserver.ThreadingTCPServer):
    """Listens on a free loopback port; `refused` holds the hosts a client asked for in vain."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, vault: tuple[str, int]) -> None:
        super().__init__(("127.0.0.1", 0), _Tunnel)
        self.vault = vault
        self.refused: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Tunnel(socketserver.StreamRequestHandler):
    server: Relay
    timeout = _LONGEST_SILENCE

    def handle(self) -> None:
        request = self.rfile.readline(4096).decode("latin-1").split()
        if not request:
            return  # a connection that was opened and given up asks for nothing
        for _ in range(_MOST_HEADERS):
            if self.rfile.readline(4096) in (b"\r\n", b"\n", b""):
                break
        name = request[1].rpartition(":")[0] if len(request) == 3 and request[0] == "CONNECT" else ""
        if name not in AZURE_NAMES:
            self.server.refused.append(name or " ".join(request))
            self.wfile.write(b"HTTP/1.1 403 Only the embedded vault is reachable here\r\nContent-Length: 0\r\n\r\n")
            return
        with socket.create_connection(self.server.vault, timeout=10) as vault:
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            _pump(self.connection, vault)


def _pump(client: socket.socket, vault: socket.socket) -> None:
    """Carry bytes both ways until either side closes or nothing moves for too long."""
    with selectors.DefaultSelector() as ready:
        ready.register(client, selectors.EVENT_READ, (client, vault))
        ready.register(vault, selectors.EVENT_READ, (vault, client))
        while events := ready.select(_LONGEST_SILENCE):
            for key, _ in events:
                source, sink = key.data
                try:
                    data = source.recv(65536)
                    if not data:
                        return
                    sink.sendall(data)
                except OSError:
                    return


@contextmanager
def relay(vault: tuple[str, int]) -> Iterator[Relay]:
    """A relay in a thread of its own, closed at the end."""
    with Relay(vault) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join(5)


def main() -> None:
    """`python -m tests.clients.relay PORT`: a relay to the vault on that port, until interrupted."""
    with relay(("127.0.0.1", int(sys.argv[1]))) as server:
        print(f"export HTTPS_PROXY={server.url}", flush=True)
        with suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
