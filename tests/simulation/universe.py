"""An embedded vault, its application and its time, put back to where a scenario begins as often as one likes."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from starlette.applications import Starlette

from reconciler.vaultserver.app import create_app
from reconciler.vaultserver.clock import Clock as VaultClock
from reconciler.vaultserver.estate import load
from reconciler.vaultserver.world import World
from tests.simulation.loop import SimulationLoop
from tests.simulation.scenarios import SCENARIOS, Scenario
from tests.simulation.tracked import TrackedDatabase


class VaultTime(VaultClock):
    """The embedded vault's clock: the time of the loop."""

    def __init__(self, start: datetime, loop: SimulationLoop) -> None:
        self.start = start
        self._loop = loop

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self._loop.time())

    def advance(self, by: timedelta) -> None:
        self._loop.pass_time(by.total_seconds())

    def keep(self) -> None:
        """It is kept by the loop."""

    @property
    def speed(self) -> float:
        return 0.0


class EngineTime:
    """The engine's clock. The wall may be wrong by `skew` seconds; the monotonic clock never is."""

    def __init__(self, vault: VaultTime, loop: SimulationLoop) -> None:
        self._vault = vault
        self._loop = loop
        self.skew = 0.0

    def now(self) -> datetime:
        return self._vault.now() + timedelta(seconds=self.skew)

    def monotonic(self) -> float:
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@dataclass(frozen=True)
class Photograph:
    """All that a vault remembered at some moment; `mark` names it."""

    copy: sqlite3.Connection
    mark: int


Answer = tuple[int, list[tuple[str, str]], bytes]
"""Status, headers and body."""


class Universe:
    """One scenario's world. `replica` is a second one, which shows what the first was some writes ago.

    `answers` are those to requests that only read, by the world's mark: the same world answers the same.
    """

    def __init__(self, scenario: Scenario) -> None:
        self.loop = SimulationLoop()
        self.world, self.database = _world()
        self.time = VaultTime(self.world.clock.now(), self.loop)
        self.clock = EngineTime(self.time, self.loop)
        self.app: Starlette = create_app(self.world)
        self.answers: dict[object, Answer] = {}
        self._replica: tuple[World, Starlette] | None = None
        self._empty = self.photograph()
        self.become(scenario)

    def become(self, scenario: Scenario) -> None:
        """Be another scenario's world, at its beginning."""
        self.scenario = scenario
        self.loop.start_over()
        self.develop(self._empty)
        self.world.clock = VaultClock(self.database)
        load(self.world, scenario.estate())
        self.world.configure(**scenario.settings)
        self.time.start = self.world.clock.now()
        self.world.clock = self.time
        self._beginning = self.photograph()
        self.start_over()

    def start_over(self) -> None:
        """Everything is again as the scenario says."""
        self.loop.start_over()
        self.clock.skew = 0.0
        self.develop(self._beginning)

    def photograph(self) -> Photograph:
        """A copy of all the vault remembers."""
        copy = sqlite3.connect(":memory:", check_same_thread=False)
        self.database._connection.backup(copy)
        return Photograph(copy, self.database.mark)

    def develop(self, photograph: Photograph) -> None:
        """Make the vault what it was."""
        _develop(self.world, photograph)
        self.database.mark = photograph.mark

    def stale(self, photograph: Photograph) -> Starlette:
        """The application over a copy of the vault as it was; its time is today's."""
        if self._replica is None:
            world, _ = _world()
            world.clock = self.time
            self._replica = world, create_app(world)
        _develop(self._replica[0], photograph)
        return self._replica[1]

    def remember(self, key: object, answer: Answer) -> None:
        """What the world, as it is, answers."""
        if len(self.answers) >= _ANSWERS:
            self.answers.clear()
        self.answers[key] = answer


_ANSWERS = 20_000
"""Kept at once: some ten megabytes."""


def _world() -> tuple[World, TrackedDatabase]:
    world, database = World(), TrackedDatabase()
    world.database.close()
    world.database, world.clock = database, VaultClock(database)
    return world, database


def _develop(world: World, photograph: Photograph) -> None:
    photograph.copy.backup(world.database._connection)
    world._lists.clear()
    world.database._settings.clear()


@cache
def universe(name: str) -> Universe:
    """One a scenario and process: making one costs as much as a run."""
    return Universe(SCENARIOS[name])


@cache
def _any() -> Universe:
    return Universe(next(iter(SCENARIOS.values())))


def universe_of(scenario: Scenario) -> Universe:
    """At the scenario's beginning; there is one for all that are made, so the last one is gone then."""
    if scenario.made is None:
        place = universe(scenario.name)
        place.start_over()
        return place
    _any().become(scenario)
    return _any()
