"""Time: the machine's own, that of a simulated estate, and either one cut short when a run is asked to stop."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """As `engine.ports.Clock`."""

    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...

    async def sleep(self, seconds: float) -> None: ...


class Estate(Protocol):
    """What a simulated estate tells of its time, and how to move it on."""

    @property
    def now(self) -> datetime: ...

    def advance(self, by: timedelta) -> None: ...


class RealClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class PacedClock:
    """The time of an estate that runs by itself, `speed` seconds to each of ours."""

    def __init__(self, now: Callable[[], datetime], speed: float = 1.0) -> None:
        self._now = now
        self._speed = speed

    def now(self) -> datetime:
        return self._now()

    def monotonic(self) -> float:
        return time.monotonic() * self._speed

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._speed)


class VirtualClock:
    """The time of an estate in this process: sleeping moves it on, so waiting costs nothing.

    Sleepers wake in the order in which they are due, each at its own time; those that sleep at once share the time
    that passes.
    """

    _PATIENCE = 3
    """Turns given to the others, so that who is about to sleep too has said for how long."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate
        self._numbers = itertools.count()
        self._sleepers: list[tuple[datetime, int, asyncio.Event]] = []

    def now(self) -> datetime:
        return self._estate.now

    def monotonic(self) -> float:
        return self._estate.now.timestamp()

    async def sleep(self, seconds: float) -> None:
        sleeper = (self.now() + timedelta(seconds=max(seconds, 0.0)), next(self._numbers), asyncio.Event())
        heapq.heappush(self._sleepers, sleeper)
        try:
            for _ in range(self._PATIENCE):
                await asyncio.sleep(0)
            while self._sleepers[0] is not sleeper:
                sleeper[2].clear()
                await sleeper[2].wait()
            behind = sleeper[0] - self.now()
            if behind > timedelta(0):
                self._estate.advance(behind)
        finally:
            self._sleepers.remove(sleeper)
            heapq.heapify(self._sleepers)
            if self._sleepers:
                self._sleepers[0][2].set()


class StoppableClock:
    """Another clock, until `stop`: from then on every deadline has passed, so nothing is waited for any more."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._stopped = asyncio.Event()

    def stop(self) -> None:
        """Wake who sleeps; safe to repeat. To be called in the event loop."""
        self._stopped.set()

    def now(self) -> datetime:
        return self._clock.now()

    def monotonic(self) -> float:
        return math.inf if self._stopped.is_set() else self._clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        if self._stopped.is_set():
            return
        tasks: list[asyncio.Task[None]] = [
            asyncio.ensure_future(_nothing(self._clock.sleep(seconds))),
            asyncio.ensure_future(_nothing(self._stopped.wait())),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _nothing(awaitable: Awaitable[object]) -> None:
    await awaitable
