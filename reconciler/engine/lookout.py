"""Looks at Azure in the middle of a run, shared by all who wait for something."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable

from reconciler.engine.look import Look
from reconciler.engine.ports import Clock

INTERVAL = 20.0
"""Seconds between two looks; all who wait in between share the next."""


class Lookout:
    """One look at a time, and at most one an interval, however many wait."""

    def __init__(self, look: Callable[[], Awaitable[Look]], clock: Clock) -> None:
        self._look = look
        self._clock = clock
        self._alone = asyncio.Lock()
        self._last: tuple[float, Look] | None = None

    async def next(self, pause: float = 0.0) -> Look:
        """A look that is begun after `pause` seconds from now, on the next beat of the interval."""
        beat = now = self._clock.monotonic()
        if math.isfinite(now):
            beat = (now + pause) // INTERVAL * INTERVAL + INTERVAL
            await self._clock.sleep(beat - now)
        async with self._alone:
            if self._last is None or self._last[0] < beat:
                begun = self._clock.monotonic()
                self._last = max(begun, beat), await self._look()
            return self._last[1]
