"""Tells people what begins and what is over, over every channel, and never holds anybody up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

import structlog

from reconciler.clocks import Clock
from reconciler.model.board import Board, Role
from reconciler.notices.cause import Cause, Kind, causes
from reconciler.notices.ledger import Ledger, Notebook
from reconciler.notices.notice import Notice, gathered

BEAT = 10.0
"""Seconds between two looks at the board."""
PAUSES = (2.0, 15.0, 60.0, 300.0)
"""Seconds before each further attempt to deliver."""
REST = 3600.0
"""Seconds for which a notice rests that could not be delivered; others are tried meanwhile."""
MOST_WAITING = 500
"""Notices that wait for a channel; further ones stay news until there is room."""

log = structlog.get_logger(__name__)


class DeliveryError(Exception):
    """A notice could not be delivered; the message says why, and holds no secret. A `final` one rests at once."""

    def __init__(self, message: str, *, final: bool = False) -> None:
        super().__init__(message)
        self.final = final


class Channel(Protocol):
    """`name` tells channels apart, and stays the same from one process to the next."""

    @property
    def name(self) -> str: ...

    async def deliver(self, notice: Notice) -> None:
        """Raises DeliveryError. Bounded in time."""
        ...


class Teller:
    """Only the process that writes tells, so that two say nothing twice; who loses that right says so itself."""

    def __init__(self, channels: list[Channel], notes: Notebook, clock: Clock, board: Callable[[], Board]) -> None:
        self._board = board
        self._clock = clock
        self._posts = [_Post(channel, Ledger(channel.name, notes), clock) for channel in channels]
        self._led = False
        self._leads = False

    async def run(self) -> None:
        """Until it is cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for post in self._posts:
                tasks.create_task(post.run())
            while True:
                self.look()
                await self._clock.sleep(BEAT)

    def look(self) -> None:
        """See what is new on the board, and put it in the post."""
        board = self._board()
        leads = board.lease.role is Role.LEADER
        if leads and not self._leads:
            for post in self._posts:
                post.ledger.read()
        self._leads, self._led = leads, self._led or leads
        if not self._led:
            return
        found = causes(board, led=self._led)
        if not leads:
            found = {mark: cause for mark, cause in found.items() if cause.kind is Kind.LEASE}
        for post in self._posts:
            news = post.ledger.news(found, board, self._clock.monotonic(), leads=leads)
            post.take(news, self._clock.now())


class _Post:
    """What waits for one channel."""

    def __init__(self, channel: Channel, ledger: Ledger, clock: Clock) -> None:
        self.ledger = ledger
        self._channel = channel
        self._clock = clock
        self._waiting: asyncio.Queue[Notice] = asyncio.Queue(MOST_WAITING)

    def take(self, news: tuple[list[Cause], list[Cause]], at: datetime) -> None:
        begun, over = news
        for notice in (*gathered(begun, at, over=False), *gathered(over, at, over=True)):
            try:
                self._waiting.put_nowait(notice)
            except asyncio.QueueFull:
                self.ledger.drop(notice.causes, self._clock.monotonic() + BEAT)

    async def run(self) -> None:
        while True:
            notice = await self._waiting.get()
            await self._deliver(notice)

    async def _deliver(self, notice: Notice) -> None:
        told = log.bind(channel=self._channel.name, kind=str(notice.kind), code=notice.code, over=notice.over)
        for attempt, pause in enumerate((0.0, *PAUSES), 1):
            await self._clock.sleep(pause)
            try:
                await self._channel.deliver(notice)
            except DeliveryError as error:
                told.warning("notice not delivered", attempt=attempt, error=str(error))
                if error.final:
                    break
            except Exception:
                told.exception("channel broke", attempt=attempt)
            else:
                self.ledger.told(notice.causes, over=notice.over)
                told.info("notice delivered", subjects=len(notice.subjects))
                return
        self.ledger.drop(notice.causes, self._clock.monotonic() + REST)
