"""The embedded vault as a server on this machine, and as an application in this process."""

from __future__ import annotations

import ipaddress
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import socket
from types import FrameType
from typing import TYPE_CHECKING

import uvicorn
from starlette.applications import Starlette

from reconciler.vaultserver.app import create_app

if TYPE_CHECKING:
    from reconciler.vaultserver.world import World


class NotLoopbackError(ValueError):
    """A host that other machines could reach: the embedded vault checks no credentials."""


class Server(uvicorn.Server):
    """Tells when it listens, and ends on SIGINT and SIGTERM without raising them again."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[str], None] | None) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        if self._ready is not None and self.started:
            self._ready(self.url)

    @property
    def url(self) -> str:
        """Where it listens, with the port that was really taken."""
        scheme = "https" if self.config.is_ssl else "http"
        port = self.servers[0].sockets[0].getsockname()[1]
        host = f"[{self.config.host}]" if ":" in self.config.host else self.config.host
        return f"{scheme}://{host}:{port}"

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Uvicorn's own raises what it caught again at the end, which would cut our caller short."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.should_exit = True


def in_process(world: World) -> Starlette:
    """The application itself, for a transport in this process."""
    return create_app(world)


def server(
    world: World,
    host: str = "127.0.0.1",
    port: int = 8443,
    tls_cert: Path | str | None = None,
    tls_key: Path | str | None = None,
    ready: Callable[[str], None] | None = None,
) -> Server:
    """A server not yet running; port 0 takes a free one."""
    if not _is_loopback(host):
        raise NotLoopbackError(f"{host} is not a loopback address; the embedded vault serves this machine only")
    config = uvicorn.Config(
        create_app(world),
        host=host,
        port=port,
        ssl_certfile=None if tls_cert is None else str(tls_cert),
        ssl_keyfile=None if tls_key is None else str(tls_key),
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=5,
    )
    return Server(config, ready)


def run(
    world: World,
    host: str = "127.0.0.1",
    port: int = 8443,
    tls_cert: Path | str | None = None,
    tls_key: Path | str | None = None,
    ready: Callable[[str], None] | None = None,
    speed: float = 1.0,
) -> None:
    """Serve until a signal comes; time runs at `speed` virtual seconds a second, and stands still afterwards."""
    serving = server(world, host, port, tls_cert, tls_key, ready)
    world.clock.run(speed)
    try:
        serving.run()
    finally:
        world.clock.stop()


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
