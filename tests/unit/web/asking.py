"""Ask an ASGI application in this process, as a browser would."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from starlette.types import ASGIApp, Message, Scope

from reconciler.model.board import Board
from reconciler.watch.insight import Planner
from reconciler.web.ports import Daemon

HOST = "127.0.0.1:8080"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


def scope_of(target: str, method: str = "GET", headers: tuple[tuple[str, str], ...] = ()) -> Scope:
    path, _, query = target.partition("?")
    sent = headers if any(name == "host" for name, _ in headers) else (("host", HOST), *headers)
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": quote(path, safe="/%").encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in sent],
        "client": ("127.0.0.1", 5000),
        "server": ("127.0.0.1", 8080),
    }


async def ask(app: ASGIApp, target: str, *headers: tuple[str, str], method: str = "GET") -> Answer:
    """`headers` replace the usual `Host` when they have one."""
    sent: list[Message] = []
    asked = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> Message:
        for message in asked:
            return message
        return await asyncio.Future()

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope_of(target, method, headers), receive, send)
    start = sent[0]
    body = b"".join(message.get("body", b"") for message in sent[1:])
    told = {name.decode().lower(): value.decode() for name, value in start["headers"]}
    return Answer(start["status"], told, body.decode())


class Listener:
    """One that keeps listening to a stream: `lines` are what came so far."""

    def __init__(self, app: ASGIApp, target: str) -> None:
        self.lines = ""
        self.status = 0
        self._gone = asyncio.Event()
        self._news = asyncio.Event()
        self._task = asyncio.create_task(self._listen(app, target))

    async def _listen(self, app: ASGIApp, target: str) -> None:
        async def receive() -> Message:
            await self._gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            self.status = message.get("status", self.status)
            self.lines += message.get("body", b"").decode()
            self._news.set()

        await app(scope_of(target), receive, send)

    async def until(self, text: str, times: int = 1) -> None:
        """Wait until `text` has come so often."""
        async with asyncio.timeout(10):
            while self.lines.count(text) < times:
                self._news.clear()
                await self._news.wait()

    async def leave(self) -> None:
        self._gone.set()
        async with asyncio.timeout(10):
            await self._task


class Boards:
    """Implements web.ports.Boards; a test posts the boards. To be used in one event loop."""

    def __init__(self, first: Board) -> None:
        self._board = first
        self._news = asyncio.Event()
        self.listening = 0

    def board(self) -> Board:
        return self._board

    def post(self, board: Board) -> None:
        self._board = board
        news, self._news = self._news, asyncio.Event()
        news.set()

    async def changes(self) -> AsyncIterator[Board]:
        self.listening += 1
        try:
            while True:
                board, news = self._board, self._news
                yield board
                await news.wait()
        finally:
            self.listening -= 1


def daemon_of(board: Board) -> Daemon:
    """A daemon that shows one board, at the moment it was made."""
    boards = Boards(board)
    return Daemon(boards=boards, now=lambda: boards.board().made_at, insight=Planner())
