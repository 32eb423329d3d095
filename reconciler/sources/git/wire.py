"""One conversation with a remote: how long it may last, how much it may say, and how it is cut off."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar

from reconciler.sources.git.trouble import TroubleError

T = TypeVar("T")
CONNECT = 20.0
SILENCE = 30.0
"""Seconds in which a remote must say something."""
_GRACE = 5.0


class Wire:
    """Shared by the thread that talks and the one that watches it. `most_bytes` counts all that is received."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._sockets: list[socket.socket] = []
        self._closers: list[Callable[[], object]] = []
        self._lock = threading.Lock()
        self._cut = False

    def open(self, host: str, port: int) -> socket.socket:
        """Connect; raises OSError."""
        made = socket.create_connection((host, port), CONNECT)
        made.settimeout(SILENCE)
        self.hold(made)
        return made

    def hold(self, opened: socket.socket) -> None:
        """Take note of a connection, so that it can be cut."""
        with self._lock:
            self._sockets.append(opened)
        self.check()

    def at_end(self, close: Callable[[], object]) -> None:
        """What is to be closed when the work is over, the newest first."""
        self._closers.append(close)

    def end(self) -> None:
        """Close all that was opened; called by the thread that talked."""
        for close in self._closers[::-1]:
            with suppress(Exception):
                close()
        for opened in self._sockets:
            opened.close()

    def count(self, size: int) -> None:
        """So many bytes came in; raises TroubleError when it is too much, or when the wire is cut."""
        self.check()
        self._bytes += size
        if self._bytes > self._most_bytes:
            raise TroubleError(
                "source-limit", f"the remote sends more than {self._most_bytes >> 20} MiB: nothing of it is kept"
            )

    def check(self) -> None:
        """Raises TroubleError once the wire is cut; for long work between two reads."""
        if self._cut:
            self.cut()
            raise TroubleError("source-unreachable", "the look took too long and was broken off")

    def cut(self) -> None:
        """End it, from any thread: whoever waits for the remote wakes up with an error. Safe to repeat."""
        with self._lock:
            self._cut = True
            for opened in self._sockets:
                with suppress(OSError):
                    opened.shutdown(socket.SHUT_RDWR)


async def bounded(work: Callable[[Wire], T], seconds: float, most_bytes: int) -> T:
    """Do `work` in a thread of its own, for so many seconds at most; then, or when cancelled, its wire is cut.

    Raises what `work` raises, and TroubleError when the time is up. The thread holds up neither the loop nor the exit.
    """
    wire = Wire(most_bytes)
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def run() -> None:
        try:
            try:
                result = work(wire)
            finally:
                wire.end()
        except BaseException as error:
            _tell(loop, partial(_fail, done, error))
        else:
            _tell(loop, partial(_succeed, done, result))

    threading.Thread(target=run, name="git", daemon=True).start()
    try:
        ended, _ = await asyncio.wait([done], timeout=seconds)
        if not ended:
            wire.cut()
            ended, _ = await asyncio.wait([done], timeout=_GRACE)
            for one in ended:
                one.exception()
            late = f"the remote took more than {seconds:g} seconds: the look was broken off"
            raise TroubleError("source-unreachable", late)
        return done.result()
    finally:
        wire.cut()
        done.cancel()


def _succeed(done: asyncio.Future[T], result: T) -> None:
    if not done.done():
        done.set_result(result)


def _fail(done: asyncio.Future[T], error: BaseException) -> None:
    if not done.done():
        done.set_exception(error)


def _tell(loop: asyncio.AbstractEventLoop, what: Callable[[], object]) -> None:
    try:
        loop.call_soon_threadsafe(what)
    except RuntimeError:
        return  # the loop has ended meanwhile: nobody waits any more
