"""What wakes a vault: a time that comes, or something that happened."""

from __future__ import annotations

import asyncio

from reconciler.engine.loop.bounded import bounded
from reconciler.engine.ports import Clock

CALM = 1.0
"""Seconds from a ring to the pass: what happens together is looked at together."""


class Bell:
    """Of one vault. However often it rings before it is heard, it wakes once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rung = asyncio.Event()
        self._why = ""

    def ring(self, why: str) -> None:
        """Something happened: a pass is due at once. Of several reasons the first is told."""
        self._why = self._why or why
        self._rung.set()

    async def heard(self, due: float, why: str) -> str:
        """Wait until `due`, as the clock counts seconds, or until it rings; the reason. `why` is that of `due`.

        Only the monotonic count matters: a wall clock that jumps moves nothing.
        """
        if not self._rung.is_set():
            try:
                await bounded(self._rung.wait(), max(due - self._clock.monotonic(), 0.0), self._clock)
            except TimeoutError:
                return why
        await self._clock.sleep(CALM)
        self._rung.clear()
        rung, self._why = self._why, ""
        return rung
