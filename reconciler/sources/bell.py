"""How a source is told that a look may be worth it: many may ring, one listens, and rings in between are one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine

Ringer = Callable[[Callable[[], None]], Coroutine[None, None, None]]
"""Runs for ever and calls what it is given whenever something may have changed."""


class Bell:
    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """To be called in the event loop."""
        self._rung.set()

    async def rings(self, *ringers: Ringer) -> AsyncGenerator[None, None]:
        """Yields after each ring, at most once for those that came while the listener was busy.

        The ringers run as long as somebody listens. One that fails is a bug, and ends the listening with its error.
        """
        tasks = [asyncio.create_task(ringer(self.ring)) for ringer in ringers]
        for task in tasks:
            task.add_done_callback(lambda _: self.ring())
        try:
            while True:
                await self._rung.wait()
                self._rung.clear()
                for task in tasks:
                    if task.done():
                        task.result()
                yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
