"""News for open pages: sent at once, never to more than may listen, and nothing is left behind."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

from reconciler.model.board import Board
from reconciler.web.app import create_app
from reconciler.web.ports import Daemon
from tests.unit.planning.making import NOW
from tests.unit.web.asking import Boards, Listener, ask
from tests.unit.web.boards import board_of

BOARD = board_of()
EVENT = "event: board"


def daemon(boards: Boards) -> Daemon:
    return Daemon(boards, lambda: NOW)


async def test_each_new_board_is_told() -> None:
    boards = Boards(BOARD)
    page = Listener(create_app(daemon(boards), pace=0), "/live")
    await page.until(EVENT)
    boards.post(replace(BOARD, made_at=NOW + timedelta(minutes=1)))
    await page.until(EVENT, 2)
    assert page.status == 200
    assert page.lines.startswith("retry: ")
    assert page.lines.endswith('event: board\ndata: {"made_at": "2026-03-02T09:01:00Z"}\n\n')
    await page.leave()
    assert boards.listening == 0


async def test_it_says_that_it_is_there_when_there_is_no_news() -> None:
    boards = Boards(BOARD)
    page = Listener(create_app(daemon(boards), beat=0.001), "/live")
    await page.until(": here", 3)
    await page.leave()
    assert page.lines.count(EVENT) == 1
    assert boards.listening == 0


async def test_news_that_nobody_could_read_are_left_out() -> None:
    """While one event is paced, a hundred boards come and go; the next event is the newest."""
    boards = Boards(BOARD)
    page = Listener(create_app(daemon(boards), pace=0.05), "/live")
    await page.until(EVENT)
    for minute in range(1, 101):
        boards.post(replace(BOARD, made_at=NOW + timedelta(minutes=minute)))
    await page.until("10:40:00Z")
    await page.leave()
    assert page.lines.count(EVENT) == 2


async def test_only_so_many_listen_and_one_that_leaves_makes_room() -> None:
    boards = Boards(BOARD)
    app = create_app(daemon(boards), listeners=3)
    pages = [Listener(app, "/live") for _ in range(3)]
    for page in pages:
        await page.until(EVENT)
    refused = await ask(app, "/live")
    assert refused.status == 503
    assert "Enough pages" in refused.text
    assert (await ask(app, "/")).status == 200
    await pages.pop().leave()
    late = Listener(app, "/live")
    await late.until(EVENT)
    for page in (*pages, late):
        await page.leave()
    assert boards.listening == 0


async def test_the_stream_ends_with_the_daemon() -> None:
    class Ending(Boards):
        async def changes(self) -> AsyncIterator[Board]:
            yield self.board()

    app = create_app(daemon(Ending(BOARD)), pace=0)
    answer = await ask(app, "/live")
    assert answer.text.count(EVENT) == 1
