"""Promise: kill it at any moment. The next run ends where the undisturbed one would have ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model.desired import Desired, IfStopped
from reconciler.model.observed import Power
from reconciler.store.journal import Journal
from tests.unit.engine.crash import Boundary, Crash, MortalJournal, MortalTime, MortalWriter
from tests.unit.engine.embedded import Site, estate, protecting
from tests.unit.engine.estate import machine
from tests.unit.engine.virtual import VirtualClock, names
from tests.unit.engine.wishes import Runner, wish, world_of
from tests.unit.engine.world import World

DESIRED: Desired = wish("web-1", "web-2", "db-1", if_stopped=IfStopped.START)
ITEMS = ("web-1", "web-2", "db-1")


@dataclass(frozen=True)
class End:
    """What is compared: the world's state, and how often each request was sent."""

    state: Mapping[str, Mapping[str, object]]
    writes: Counter[tuple[str, str]]
    moments: int


def lives(*deaths: int) -> tuple[End, World]:
    """Processes on one world and one journal, each killed at its moment; then runs until settled."""
    clock = VirtualClock()
    world = world_of(clock, machine("web-1"), machine("web-2"), machine("db-1", power=Power.DEALLOCATED))
    time = MortalTime(clock.now)
    moments, ids = 0, names()
    with Journal(":memory:", time) as journal:
        for fatal in (*deaths, None):
            boundary = Boundary(fatal)
            world.boundary = time.boundary = boundary
            process = Runner(world, clock, DESIRED, MortalJournal(journal, boundary), ids=ids)
            try:
                process.settle()
            except* Crash:
                assert fatal is not None
            moments = moments or len(boundary.names)
        assert process.look().plan.steps == ()
        assert journal.open_operations() == []
        assert journal.debts() == []
    return End(world.state(), Counter(world.writes), moments), world


@cache
def undisturbed() -> End:
    """How it ends when nobody dies."""
    return lives()[0]


def same(end: End, world: World, deaths: int) -> None:
    """The same world; each VM protected by one request; what is safe to repeat, repeated at most once a death."""
    calm = undisturbed()
    assert end.state == calm.state
    assert world.overlaps == []
    for name in ITEMS:
        assert world.writes_on(name).count("PUT") == 1, name
    assert set(end.writes) == set(calm.writes)
    assert all(end.writes[write] <= calm.writes[write] + deaths for write in end.writes)


def test_the_undisturbed_run_does_all_of_it() -> None:
    assert len(undisturbed().state["rsv"]) == 3
    assert undisturbed().moments > 50
    assert set(undisturbed().writes.values()) == {1}


PARTS = 8


@pytest.mark.parametrize("part", range(PARTS))
def test_one_death_at_every_moment(part: int) -> None:
    for moment in range(part, undisturbed().moments, PARTS):
        same(*lives(moment), deaths=1)


@settings(derandomize=True, deadline=None, max_examples=40, database=None)
@given(deaths=st.tuples(*[st.integers(0, 200)] * 3))
def test_three_deaths_some_during_the_recovery_of_others(deaths: tuple[int, ...]) -> None:
    same(*lives(*(moment % undisturbed().moments for moment in deaths)), deaths=3)


def over_the_wire(fatal: int | None) -> int:
    """The same with the real adapter and the embedded vault; how many moments there were to die at."""
    boundary = Boundary(fatal)
    with ExitStack() as closing:
        world = closing.enter_context(estate("web-1"))
        site = Site(world, "web-1")
        journal = closing.enter_context(Journal(":memory:", lambda: world.now))
        try:
            site.reconcile(MortalJournal(journal, boundary), lambda writer: MortalWriter(writer, boundary))
        except* Crash:
            pass
        runs = 0
        while site.reconcile(journal).outcomes or journal.open_operations():
            world.advance(timedelta(minutes=5))
            runs += 1
            assert runs < 4
        seen = site.dry_run()
        assert seen.plan.steps == ()
        assert {quiet.because for quiet in seen.plan.quiet} <= {"protected", "protected-initial-backup-pending"}
        assert protecting(world) == {"web-1": 1}
        assert journal.open_operations() == []
    return len(boundary.names)


@pytest.mark.parametrize("part", range(4))
def test_one_death_over_the_wire(part: int) -> None:
    moments = over_the_wire(None)
    assert moments > 25
    for moment in range(part, moments, 4):
        over_the_wire(moment)
