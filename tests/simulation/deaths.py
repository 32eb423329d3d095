"""A course in which processes are killed, each at a moment of its life, before one is left to live."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache
from zlib import crc32

from tests.simulation.course import Asking, Mortality, begin, calm, end_of, settle
from tests.simulation.scenarios import SCENARIOS
from tests.simulation.story import Story

PAUSES = (0.0, 20.0, 300.0)
"""Seconds until the next process begins: at once, while operations run, after they ended."""


@cache
def moments(name: str) -> tuple[str, ...]:
    """What the first process of a scenario does, one entry for each moment at which it can die."""
    life = begin(SCENARIOS[name], f"moments of {name}")
    counting = Mortality()
    life.boundary = counting
    life.apply()
    life.finish()
    return tuple(counting.moments)


def with_deaths(name: str, fatal: Sequence[int], seed: str, stops: Collection[int] = ()) -> Story:
    """Processes that die at these moments, one after another; a moment beyond its life spares a process.

    `stops` are the places of those moments at which the process is only asked to stop.
    """
    expected = calm(name)
    life = begin(SCENARIOS[name], seed)
    life.story.calm, life.story.expected = expected, end_of(name)
    pause = PAUSES[crc32(seed.encode()) % len(PAUSES)]
    for place, moment in enumerate(fatal):
        asking = Asking(life, moment)
        life.boundary = asking if place in stops else Mortality(moment)
        life.stop = asking.stop
        life.apply()
        life.wait(pause)
    life.boundary = Mortality()
    settle(life)
    return life.finish()
