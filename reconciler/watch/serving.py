"""The page and the probes over HTTP, in the event loop of the daemon."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from reconciler.app import SetupError

REQUEST_SECONDS = 10.0
"""For a request to come in whole, counted from the connection or from its first byte."""

CLOSING_SECONDS = 2
"""For answers under way when the process ends; listeners on a stream are told to go first."""


class Serving(uvicorn.Server):
    """Leaves signals to the daemon."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Patient(H11Protocol):
    """Closes a connection whose request does not come to its end in time: a drip holds no place for others."""

    patience = REQUEST_SECONDS
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("HTTP needs a transport that reads and writes")
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state in {h11.IDLE, h11.SEND_BODY}:
            self._wait()
        else:
            self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait(self) -> None:
        """From the first byte on, whatever else comes."""
        if self._timer is None:
            self._timer = self.loop.call_later(self.patience, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class Server:
    """Takes its port when it is made, so that a taken one is told before anything begins."""

    def __init__(self, listen: str) -> None:
        """`listen` is HOST:PORT, port 0 for a free one. SetupError."""
        host, _, port = listen.rpartition(":")
        host = host.strip("[]")
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((host, int(port)))
        except OSError as error:
            self._socket.close()
            raise SetupError(
                f"{listen} cannot be listened on ({error.strerror}): another process may have it; "
                "choose another with --listen HOST:PORT"
            ) from error
        taken = self._socket.getsockname()[1]
        self.url = f"http://[{host}]:{taken}" if ":" in host else f"http://{host}:{taken}"
        self._task: asyncio.Task[None] | None = None
        self._server: Serving | None = None

    def start(self, app: ASGIApp) -> None:
        """Serve in the running event loop."""
        config = uvicorn.Config(
            app,
            http=Patient,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_keep_alive=15,
            limit_concurrency=200,
            timeout_graceful_shutdown=CLOSING_SECONDS,
        )
        self._server = Serving(config)
        self._task = asyncio.create_task(self._server.serve(sockets=[self._socket]))

    async def close(self) -> None:
        """Take no more, let answers end, give the port back; safe to repeat."""
        if self._server is not None and self._task is not None:
            self._server.should_exit = True
            await asyncio.gather(self._task, return_exceptions=True)
        self.release()

    def release(self) -> None:
        """Give the port back, also where nothing was served; safe to repeat."""
        self._socket.close()
