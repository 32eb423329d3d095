"""Promise: one operation at a time per VM, however slow, lost or crowded it gets."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model.desired import IfStopped
from reconciler.model.observed import Power
from reconciler.model.outcome import AzureError, Done
from reconciler.store.journal import Journal
from tests.unit.engine.estate import machine
from tests.unit.engine.virtual import VirtualClock, names
from tests.unit.engine.wishes import Runner, wish, world_of
from tests.unit.engine.world import World

NAMES = tuple(f"vm-{number}" for number in range(12))
OFFLINE = AzureError("AzureVmOffline", "off", 0)


TROUBLES = ("none", "slow", "endless", "deaf", "lost", "throttled", "failing", "off")


def crowded(troubles: Sequence[str], clock: VirtualClock) -> World:
    """A VM for each trouble."""
    powers = {"off": Power.DEALLOCATED, "endless": Power.DEALLOCATED}
    names = dict(zip(NAMES, troubles, strict=True))
    vms = (machine(name, power=powers.get(trouble, Power.RUNNING)) for name, trouble in names.items())
    world = world_of(clock, *vms)
    world.faults.slow = {
        name: 500.0 if t == "slow" else 20_000.0 for name, t in names.items() if t in {"slow", "endless"}
    }
    world.faults.deaf = {name for name, trouble in names.items() if trouble == "deaf"}
    world.faults.lost = {name for name, trouble in names.items() if trouble == "lost"}
    world.faults.throttle = Counter({name: 7 for name, trouble in names.items() if trouble == "throttled"})
    world.faults.fail = {name: OFFLINE for name, trouble in names.items() if trouble == "failing"}
    return world


@settings(derandomize=True, deadline=None, max_examples=30, database=None)
@given(troubles=st.tuples(*[st.sampled_from(TROUBLES)] * len(NAMES)), parallelism=st.sampled_from([1, 3, 50]))
def test_no_request_meets_a_running_operation(troubles: tuple[str, ...], parallelism: int) -> None:
    clock = VirtualClock()
    world = crowded(troubles, clock)
    desired = wish(*NAMES, if_stopped=IfStopped.START)
    with Journal(":memory:", clock.now) as journal:
        runner = Runner(world, clock, desired, journal, parallelism=parallelism, timeout=900)
        for _ in range(6):
            runner.once()
    assert world.overlaps == []
    healthy = [name for name, trouble in zip(NAMES, troubles, strict=True) if trouble in {"none", "slow"}]
    assert all(machine(name).key in world.vaults["rsv"].items for name in healthy)


def test_what_runs_in_the_portal_is_waited_for() -> None:
    clock = VirtualClock()
    world = world_of(clock, machine("web-1"))
    with Journal(":memory:", clock.now) as journal:
        runner = Runner(world, clock, wish("web-1"), journal)
        runner.settle()
        stop = replace(runner, desired=wish(retired=["web-1"]))
        plan = stop.look().plan
        clock.run(world.submit(plan.steps[-1].call, "by hand"))
        assert set(stop.once().outcomes.values()) == {Done()}
        assert world.overlaps == []
        assert len(world.writes_on("web-1")) == 2


_OPEN = "intended_at IS NOT NULL AND ended_at IS NULL"


def spoil(path: Path, column: str, rubbish: str) -> None:
    """As a failing disk, or a hand in the database, leaves what was noted of requests without an end."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        changed = connection.execute(f"UPDATE step SET {column} = ? WHERE {_OPEN}", (rubbish,))
        assert changed.rowcount == 1


RUBBISH = [
    ("intended_at", ""),
    ("intended_at", "no time"),
    ("intended_at", "2026-03-02T09:00:00"),
    ("operation_url", "no address"),
    ("operation_kind", "no kind"),
]


@pytest.mark.parametrize(("column", "rubbish"), RUBBISH)
@pytest.mark.parametrize("sent", [True, False])
def test_a_request_of_which_the_note_is_damaged_is_resolved_by_looking(
    tmp_path: Path, column: str, rubbish: str, sent: bool
) -> None:
    """It runs on, and nothing is sent into it; or it was never sent, and the VM does not wait for it for ever."""
    clock = VirtualClock()
    world, desired = world_of(clock, machine("web-0"), machine("web-1")), wish("web-0", "web-1")
    path, ids = tmp_path / "journal.db", names()
    with Journal(str(path), clock.now) as journal:
        Runner(world, clock, wish("web-0"), journal, ids=ids).settle()
        dying = Runner(world, clock, desired, journal, timeout=60, ids=ids)
        if sent:
            world.faults.slow = {"web-1": 5000.0}
            dying.once()
        else:
            journal.intend("killed", next(one for one in dying.look().plan.steps if one.action == "protect"), "c")
        assert [one.step_id for one in journal.open_operations()] == ["protect:rsv/rg/web-1"]
    spoil(path, column, rubbish)
    with Journal(str(path), clock.now) as journal:
        runner = Runner(world, clock, desired, journal, timeout=60, ids=ids)
        runner.once()
        assert world.writes_on("web-1") == ["PUT"]
        clock.seconds += 6000
        runner.settle()
        assert runner.look().plan.steps == ()
        assert journal.open_operations() == []
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute(f"SELECT id FROM step WHERE {_OPEN}").fetchall() == []
    assert world.writes_on("web-1") == ["PUT"]
    assert world.overlaps == []
    assert machine("web-1").key in world.vaults["rsv"].items
