"""Promise: lose its database, lose nothing. Observation alone puts everything right."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.model.outcome import Done, Operation, Pending
from reconciler.model.state import ItemState
from reconciler.store.journal import Journal
from tests.unit.engine.crash import Boundary, Crash, MortalJournal
from tests.unit.engine.embedded import Site, estate, protecting
from tests.unit.engine.estate import machine, protect
from tests.unit.engine.virtual import VirtualClock
from tests.unit.engine.wishes import Runner, wish, world_of

NAMES = ("web-1", "web-2", "web-3")


def fresh() -> tuple[VirtualClock, Runner]:
    """A runner without a journal yet, on a world where nothing is protected."""
    clock = VirtualClock()
    world = world_of(clock, *(machine(name) for name in NAMES))
    return clock, Runner(world, clock, wish(*NAMES), Journal(":memory:", clock.now))


def test_a_new_journal_finds_nothing_to_do(tmp_path: Path) -> None:
    clock, runner = fresh()
    for number in range(3):
        with Journal(str(tmp_path / f"{number}.db"), clock.now) as runner.journal:
            result = runner.once()
            assert bool(result.outcomes) is (number == 0)
    assert all(runner.world.writes_on(name) == ["PUT"] for name in NAMES)


@pytest.mark.parametrize("moment", range(0, 60, 3))
def test_lost_in_the_middle_of_a_run(moment: int) -> None:
    clock, runner = fresh()
    runner.world.boundary = boundary = Boundary(moment)
    with Journal(":memory:", clock.now) as lost:
        runner.journal = MortalJournal(lost, boundary)
        try:
            runner.settle()
        except* Crash:
            pass
    runner.world.boundary = lambda name: None
    with Journal(":memory:", clock.now) as runner.journal:
        runner.settle()
        assert runner.look().plan.steps == ()
    assert {item.state for item in runner.world.vaults["rsv"].items.values()} == {ItemState.IR_PENDING}
    assert [runner.world.writes_on(name) for name in NAMES] == [["PUT"]] * 3
    assert runner.world.overlaps == []


def test_a_copy_of_last_month_changes_nothing(tmp_path: Path) -> None:
    """It knows operations that Azure has forgotten, and believes in an estate of another size."""
    clock, runner = fresh()
    with Journal(str(tmp_path / "journal.db"), clock.now) as runner.journal:
        runner.settle()
        runner.journal.intend("last month", protect("web-1"), "c")
        runner.journal.record("last month", "protect:web-1", Pending(Operation("https://azure/forgotten", "location")))
        runner.journal.intend("last month", protect("web-2"), "c")
        writes = len(runner.world.writes)
        assert runner.once().outcomes == {}
        assert len(runner.world.writes) == writes
        assert runner.journal.open_operations() == []


def test_a_damaged_one_is_set_aside_and_the_run_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    path.write_bytes(b"\0rubbish" * 1000)
    clock, runner = fresh()
    with Journal(str(path), clock.now) as runner.journal:
        assert set(runner.once().outcomes.values()) == {Done()}
    assert path.with_name("journal.db.corrupt-1").exists()


def test_over_the_wire_every_run_may_have_a_new_one() -> None:
    with estate("web-1", "web-2") as world:
        site = Site(world, "web-1", "web-2")
        for number in range(3):
            with Journal(":memory:", lambda: world.now) as journal:
                assert bool(site.reconcile(journal).outcomes) is (number == 0)
        assert protecting(world) == {"web-1": 1, "web-2": 1}
