"""An event loop on which nobody waits: when all sleep, time jumps to the next one to wake."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
IDLE_TURNS = 200_000
"""Turns without any time passing: a loop that needs more than these runs hot."""


class DeadlockError(Exception):
    """Everything waits, and nothing can happen any more."""


class HotLoopError(Exception):
    """Work goes on and on, and no time passes."""


class SimulationLoop(asyncio.BaseEventLoop):
    """Time begins at 0 and is the loop's own. There is no socket, no thread and no file behind it."""

    def __init__(self) -> None:
        super().__init__()
        self._selector = self
        self._seconds = 0.0
        self._idle = 0

    def time(self) -> float:
        return self._seconds

    def start_over(self) -> None:
        """Time begins again at 0; nothing may be under way."""
        self._seconds = 0.0
        self._idle = 0

    def pass_time(self, seconds: float) -> None:
        """Let time pass while nothing runs."""
        self._seconds += seconds

    def select(self, timeout: float | None) -> list[tuple[selectors.SelectorKey, int]]:
        """What the loop asks between two turns: it would wait for `timeout` seconds, None for ever."""
        if timeout is None:
            raise DeadlockError("everything waits, and nothing can happen any more")
        if timeout > 0:
            self._seconds += timeout
            self._idle = 0
        else:
            self._idle += 1
            if self._idle > IDLE_TURNS:
                self._idle = 0
                raise HotLoopError(f"{IDLE_TURNS} turns of the loop, and no time has passed")
        return []

    def _process_events(self, event_list: list[Any]) -> None:
        """There are none: nothing comes from outside."""

    def _write_to_self(self) -> None:
        """Nobody calls from another thread."""

    def complete(self, main: Coroutine[Any, Any, T]) -> T:
        """Run to the end; what it leaves behind is cancelled, as at the end of a process."""
        task = self.create_task(main)
        try:
            return self.run_until_complete(task)
        finally:
            self._clear()

    def _clear(self) -> None:
        for _ in range(100):
            left = asyncio.all_tasks(self)
            if not left:
                return
            for task in left:
                task.cancel()
            self.run_until_complete(_ended(left))
        raise DeadlockError("a task does not end though it was cancelled a hundred times")


async def _ended(tasks: set[asyncio.Task[Any]]) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)
