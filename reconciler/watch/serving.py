"""The page and the probes over HTTP, in the event loop of the daemon."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Collection, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from reconciler.app import SetupError, UsageSetupError
from reconciler.watch.patience import Patient
from reconciler.web.hosts import ListenError, require_safe

_BACKLOG = 128

CLOSING_SECONDS = 2
"""For answers under way when the process ends; listeners on a stream are told to go first."""


class Serving(uvicorn.Server):
    """Leaves signals to the daemon."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Server:
    """Takes its port when it is made, so that a taken one is told before anything begins."""

    def __init__(self, listen: str, names: Collection[str] = ()) -> None:
        """`listen` is HOST:PORT, port 0 for a free one; `names` are those that the page answers to. SetupError."""
        host, _, port = listen.rpartition(":")
        host = host.strip("[]")
        try:
            require_safe(host, names)
        except ListenError as error:
            raise UsageSetupError(f"--listen: {error}") from error
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

    def serve(self, app: ASGIApp) -> None:
        """Serve in the running event loop. From now on whoever connects waits, and is answered."""
        self._socket.listen(_BACKLOG)
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
