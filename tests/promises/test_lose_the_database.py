"""Promise: lose its database, lose nothing. Observation alone puts everything right."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.model.journal import Fence, JournalError
from reconciler.model.outcome import Done, Operation, Pending
from reconciler.model.state import ItemState
from reconciler.store.journal import Journal, JournalReader
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


def gone(path: Path) -> None:
    for file in path.parent.glob(f"{path.name}*"):
        file.unlink()


def as_it_was(path: Path) -> None:
    gone(path)
    path.write_bytes(path.with_name("old").read_bytes())


def cut_off(path: Path) -> None:
    wal = path.with_name(f"{path.name}-wal")
    os.truncate(wal, wal.stat().st_size // 2)


def scribbled_over(path: Path) -> None:
    for file in path.parent.glob(f"{path.name}*"):
        size = file.stat().st_size
        file.write_bytes(b"\xff" * size)


@pytest.mark.parametrize("harm", [gone, as_it_was, cut_off, scribbled_over])
@pytest.mark.parametrize("moment", range(1, 6))
def test_whatever_happens_to_its_file_in_the_middle_of_a_run(
    tmp_path: Path, harm: Callable[[Path], None], moment: int
) -> None:
    """The run goes on or ends with an error; the next one puts everything right, and no VM is protected twice."""
    clock, runner = fresh()
    path = tmp_path / "journal.db"
    Journal(str(path), clock.now).close()
    path.with_name("old").write_bytes(path.read_bytes())
    runner.parallelism = 1

    def boundary(name: str) -> None:
        if name == "after effect" and len(runner.world.writes) == moment:
            harm(path)

    runner.world.boundary = boundary
    with contextlib.suppress(JournalError), Journal(str(path), clock.now) as runner.journal:
        runner.once()
    runner.world.boundary = lambda name: None
    clock.seconds += 300
    with Journal(str(path), clock.now) as runner.journal:
        runner.settle()
        assert runner.look().plan.steps == ()
        assert runner.journal.open_operations() == []
    assert JournalReader(str(path)).check(clock.now()).broken_at is None
    assert [runner.world.writes_on(name) for name in NAMES] == [["PUT"]] * 3
    assert runner.world.overlaps == []


def test_a_lease_of_a_copy_of_last_month_is_nobodys(tmp_path: Path) -> None:
    """Its epoch is an old one, its holder long dead: who holds the lease now is told, and takes it anew."""
    clock, runner = fresh()
    path = tmp_path / "journal.db"
    with Journal(str(path), clock.now) as journal:
        journal.lease("long dead", 20, clock.monotonic).take()
    path.with_name("old").write_bytes(path.read_bytes())
    with Journal(str(path), clock.now) as runner.journal:
        lease = runner.journal.lease("ours", 20, clock.monotonic)
        clock.seconds += 30
        lease.take()
        clock.seconds += 30
        runner.epoch = lease.take().epoch
        as_it_was(path)
        assert runner.once().halt is Fence.LEASE_LOST
        assert runner.world.writes == []
        assert lease.take().holder == "long dead"
        clock.seconds += 30
        state = lease.take()
        assert (state.holder, state.epoch) == ("ours", 2)
        runner.epoch = state.epoch
        runner.settle()
    assert [runner.world.writes_on(name) for name in NAMES] == [["PUT"]] * 3


def test_over_the_wire_every_run_may_have_a_new_one() -> None:
    with estate("web-1", "web-2") as world:
        site = Site(world, "web-1", "web-2")
        for number in range(3):
            with Journal(":memory:", lambda: world.now) as journal:
                assert bool(site.reconcile(journal).outcomes) is (number == 0)
        assert protecting(world) == {"web-1": 1, "web-2": 1}
