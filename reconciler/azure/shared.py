"""Reads that serve several looks: many vaults of one subscription need its list of VMs once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

from reconciler.azure.clock import Clock

T = TypeVar("T")


class Shared(Generic[T]):
    """The latest read of each key. One that a look gives up goes on for the others."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._latest: dict[object, tuple[float, asyncio.Task[T]]] = {}

    async def read(self, key: object, age: float, read: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """What `read` gives, or what it gave when it was begun up to `age` seconds ago; 0 always reads anew."""
        now = self._clock.monotonic()
        kept = self._latest.get(key)
        if age <= 0 or kept is None or now - kept[0] > age or _broken(kept[1]):
            kept = now, asyncio.create_task(read())
            kept[1].add_done_callback(_broken)
            self._latest[key] = kept
        return await asyncio.shield(kept[1])

    async def close(self) -> None:
        """End what still reads."""
        tasks = [task for _, task in self._latest.values()]
        self._latest.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _broken(task: asyncio.Task[T]) -> bool:
    """Whether it ended without a result; to ask is also to have heard, for those that nobody waits for any more."""
    return task.done() and (task.cancelled() or task.exception() is not None)
