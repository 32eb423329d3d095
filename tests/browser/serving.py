"""A page served on loopback from a thread of its own, with the vault behind it; and a browser to look at it."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import uvicorn
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Error, Page, sync_playwright

from reconciler.model.board import Board
from reconciler.watch.serving import Serving
from reconciler.web.app import create_app
from reconciler.web.ports import Daemon
from tests.unit.web.asking import Boards

T = TypeVar("T")
PATIENCE = 120.0
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium() -> str | None:
    """Where Debian's Chromium is; None where there is none. In CI there has to be one."""
    found = shutil.which("chromium")
    if found is None and os.environ.get("CI"):
        raise FileNotFoundError("CI tests the page in Chromium: apt-get install chromium")
    return found


class Served:
    """One page on a free port. All that it is made of lives in one event loop, in one thread."""

    def __init__(self, make: Callable[[], Coroutine[None, None, tuple[Daemon, Boards]]]) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        daemon, self.boards = self.run(make())
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(
            create_app(daemon, pace=0.05),
            log_config=None,
            lifespan="off",
            timeout_graceful_shutdown=1,
        )
        self._server = Serving(config)
        self._serving = asyncio.run_coroutine_threadsafe(self._server.serve(sockets=[self._socket]), self._loop)

    def run(self, work: Coroutine[None, None, T]) -> T:
        """The result of a coroutine that runs where the page is served."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)

    def post(self, board: Board) -> None:
        """The daemon has a new board."""
        self._loop.call_soon_threadsafe(self.boards.post, board)

    def stop(self) -> None:
        """The daemon is gone, and its port with it; safe to repeat."""
        if self._thread.is_alive():
            self._server.should_exit = True
            self._serving.result(PATIENCE)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(PATIENCE)
            self._loop.close()
            self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()


@contextmanager
def browser(path: str, folder: Path) -> Iterator[Browser]:
    """Chromium with a new profile."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=path, args=list(FLAGS), env={**os.environ, "HOME": str(folder), "TMPDIR": str(folder)}
        )
        try:
            yield started
        finally:
            started.close()


class Complaints:
    """What a page's console says that it should not, and every dialog that a script opens."""

    def __init__(self, page: Page) -> None:
        self.all: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", self._error)
        page.on("dialog", self._dialog)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.all.append(f"{message.type}: {message.text} at {message.location.get('url')}")

    def _dialog(self, dialog: Dialog) -> None:
        self.all.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _error(self, error: Error) -> None:
        self.all.append(f"error: {error.message}")


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
