"""Virtual time: a loop on which nobody waits, and the clock that the engine is given."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, TypeVar

T = TypeVar("T")
START = datetime(2026, 11, 23, 8, tzinfo=UTC)


class VirtualClock:
    """Implements the engine's Clock. Outlives the loops that run on it, as the world outlives a process."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._off = timedelta(0)

    def now(self) -> datetime:
        return START + self._off + timedelta(seconds=self.seconds)

    def jump(self, years: int) -> None:
        """Set the wall clock, and only that, by so many years."""
        self._off += timedelta(days=365 * years)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run to the end: when all wait, time jumps to the next event."""
        with asyncio.Runner(loop_factory=lambda: _Loop(self)) as runner:
            return runner.run(main)


class _Selector(selectors.DefaultSelector):
    def __init__(self, clock: VirtualClock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise AssertionError("everything waits, and nothing can happen any more")
        self._clock.seconds += max(timeout, 0.0)
        return super().select(0)


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        super().__init__(_Selector(clock))

    def time(self) -> float:
        return self._clock.seconds


class Silence:
    """Implements the engine's Progress; remembers what it was told."""

    def __init__(self) -> None:
        self.ended: dict[str, Any] = {}

    def phase(self, text: str, total: int | None = None) -> None: ...

    def advance(self, amount: int = 1) -> None: ...

    def step(self, step: Any, outcome: Any) -> None:
        self.ended[step.id] = outcome

    def close(self) -> None: ...


def names(start: str = "id") -> Callable[[], str]:
    """An endless supply of ids: `id-1`, `id-2` …"""
    numbers = count(1)
    return lambda: f"{start}-{next(numbers)}"


class Pad:
    """A Notebook in memory."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def note(self, name: str, text: str | None) -> None:
        if text is None:
            self.texts.pop(name, None)
        else:
            self.texts[name] = text

    def notes(self, prefix: str) -> Mapping[str, str]:
        return {name: text for name, text in self.texts.items() if name.startswith(prefix)}
