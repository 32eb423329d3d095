"""News for open pages: one event for each new board, as server-sent events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, suppress

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from reconciler.diagnostics.as_json import rfc3339
from reconciler.model.board import Board
from reconciler.web.ports import Boards

BEAT = 15.0
"""Seconds after which a line is sent in any case, so that both sides see when the other one has gone."""

PACE = 0.5
"""Seconds between two events to one page: who changes faster than that cannot be read."""

_RETRY = 3000
"""Milliseconds after which a browser asks again."""


class Live:
    """Streams to at most `most` listeners at once."""

    def __init__(self, boards: Boards, *, most: int, beat: float = BEAT, pace: float = PACE) -> None:
        self._boards = boards
        self._most = most
        self._beat = beat
        self._pace = pace
        self.listeners = 0

    def stream(self) -> StreamingResponse | None:
        """The answer to one more listener; None where there are enough."""
        if self.listeners >= self._most:
            return None
        self.listeners += 1
        return _Leaving(self._lines(), self._left)

    def _left(self) -> None:
        self.listeners -= 1

    async def _lines(self) -> AsyncGenerator[str, None]:
        yield f"retry: {_RETRY}\n\n"
        async with aclosing(_beating(self._boards.changes(), self._beat)) as boards:
            async for board in boards:
                yield ": here\n\n" if board is None else _event(board)
                if board is not None:
                    await asyncio.sleep(self._pace)


class _Leaving(StreamingResponse):
    """Says when its listener has gone, also when nothing was ever sent to it."""

    def __init__(self, lines: AsyncIterator[str], left: Callable[[], None]) -> None:
        super().__init__(lines, media_type="text/event-stream")
        self._left = left

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._left()


def _event(board: Board) -> str:
    return f"event: board\ndata: {json.dumps({'made_at': rfc3339(board.made_at)})}\n\n"


async def _beating(changes: AsyncIterator[Board], beat: float) -> AsyncGenerator[Board | None, None]:
    """The boards, and None whenever there was none for a while."""
    waiting = asyncio.ensure_future(_next(changes))
    try:
        while True:
            done, _ = await asyncio.wait({waiting}, timeout=beat)
            if not done:
                yield None
                continue
            board = waiting.result()
            if board is None:
                return
            waiting = asyncio.ensure_future(_next(changes))
            yield board
    finally:
        waiting.cancel()
        with suppress(asyncio.CancelledError):
            await waiting
        if isinstance(changes, AsyncGenerator):
            await changes.aclose()


async def _next(changes: AsyncIterator[Board]) -> Board | None:
    """The next one, None when there will be none: waiting for it must not end in StopAsyncIteration."""
    async for board in changes:
        return board
    return None
