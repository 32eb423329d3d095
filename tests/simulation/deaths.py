"""A course in which processes are killed, each at a moment of its life, before one is left to live."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from zlib import crc32

from tests.simulation.course import begin, calm, settle
from tests.simulation.life import Crash
from tests.simulation.story import Story

PAUSES = (0.0, 20.0, 300.0)
"""Seconds until the next process begins: at once, while operations run, after they ended."""


class Mortality:
    """Counts the moments at which a process can die, and kills it at one of them; then it stays dead."""

    def __init__(self, fatal: int | None = None) -> None:
        self.fatal = fatal
        self.moments: list[str] = []

    def __call__(self, name: str) -> None:
        self.moments.append(name)
        if self.fatal is not None and len(self.moments) > self.fatal:
            raise Crash(name)


@cache
def moments(name: str) -> tuple[str, ...]:
    """What the first process of a scenario does, one entry for each moment at which it can die."""
    life = begin(name, f"moments of {name}")
    counting = Mortality()
    life.boundary = counting
    life.apply()
    life.finish()
    return tuple(counting.moments)


def with_deaths(name: str, fatal: Sequence[int], seed: str) -> Story:
    """Processes that die at these moments, one after another; a moment beyond its life spares a process."""
    expected = calm(name)
    life = begin(name, seed)
    life.story.calm, life.story.expected = expected, expected.end
    pause = PAUSES[crc32(seed.encode()) % len(PAUSES)]
    for moment in fatal:
        life.boundary = Mortality(moment)
        life.apply()
        life.wait(pause)
    life.boundary = Mortality()
    settle(life)
    return life.finish()
