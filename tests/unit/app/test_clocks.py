"""The clock of an estate: sleepers wake in order, at their own time, and nobody waits in earnest."""

from __future__ import annotations

import asyncio
import math
from datetime import UTC, datetime, timedelta

from reconciler.clocks import StoppableClock, VirtualClock

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Estate:
    """Time that only moves when told to."""

    def __init__(self) -> None:
        self.now = START

    def advance(self, by: timedelta) -> None:
        assert by > timedelta(0)
        self.now += by


async def test_sleepers_share_the_time_that_passes() -> None:
    estate = Estate()
    clock = VirtualClock(estate)
    woken: list[tuple[str, float]] = []

    async def sleeper(name: str, seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append((name, (clock.now() - START).total_seconds()))

    await asyncio.gather(sleeper("late", 60), sleeper("early", 10), sleeper("middle", 30), sleeper("now", 0))
    assert woken == [("now", 0), ("early", 10), ("middle", 30), ("late", 60)]


async def test_a_sleeper_that_is_cancelled_holds_nobody_up() -> None:
    estate = Estate()
    clock = VirtualClock(estate)
    first = asyncio.create_task(clock.sleep(10))
    second = asyncio.create_task(clock.sleep(20))
    await asyncio.sleep(0)
    first.cancel()
    await second
    assert first.cancelled()
    assert estate.now == START + timedelta(seconds=20)


async def test_many_sleepers_one_after_the_other() -> None:
    estate = Estate()
    clock = VirtualClock(estate)

    async def often(seconds: float) -> None:
        for _ in range(50):
            await clock.sleep(seconds)

    await asyncio.gather(*(often(seconds) for seconds in (1, 2, 3, 5, 7)))
    assert estate.now == START + timedelta(seconds=350)


class Never(VirtualClock):
    async def sleep(self, seconds: float) -> None:
        await asyncio.Event().wait()


async def test_a_stop_wakes_who_sleeps_and_lets_every_deadline_pass() -> None:
    clock = StoppableClock(Never(Estate()))
    sleeping = asyncio.create_task(clock.sleep(3600))
    await asyncio.sleep(0)
    assert clock.monotonic() == START.timestamp()
    clock.stop()
    await sleeping
    await clock.sleep(3600)
    assert clock.monotonic() == math.inf
