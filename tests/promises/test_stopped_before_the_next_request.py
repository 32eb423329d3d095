"""Promise: a pause stops all writes before the next request, and the brakes are counted before the first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler import app
from reconciler.interruption import Interruption
from reconciler.model.outcome import Skipped
from reconciler.model.state import ItemState
from reconciler.planning import Brakes
from reconciler.settings import Settings
from reconciler.store.journal import Journal
from tests.unit.engine.estate import machine
from tests.unit.engine.virtual import VirtualClock
from tests.unit.engine.wishes import Runner, wish, world_of

NAMES = tuple(f"vm-{number}" for number in range(6))


def stop_of(*, pause: str | None = None, pause_file: str | None = None) -> Callable[[], str | None]:
    """What a run is given to ask before each request, from the operator's settings."""
    return app.stop_of(Settings(files=("x",), pause=pause, pause_file=pause_file), Interruption())


def runner(clock: VirtualClock, journal: Journal, stop: Callable[[], str | None], parallelism: int = 3) -> Runner:
    world = world_of(clock, *(machine(name) for name in NAMES))
    return Runner(world, clock, wish(*NAMES), journal, parallelism=parallelism, stop=stop)


@pytest.mark.parametrize("parallelism", [1, 3, 50])
@pytest.mark.parametrize("after", range(1, 8))
def test_a_pause_file_that_appears_in_the_middle_of_a_run(tmp_path: Path, after: int, parallelism: int) -> None:
    file, clock = tmp_path / "pause", VirtualClock()
    with Journal(":memory:", clock.now) as journal:
        run = runner(clock, journal, stop_of(pause_file=str(file)), parallelism)
        writes: list[bool] = []

        def watch(name: str) -> None:
            if name == "after effect":
                writes.append(file.exists())
                if len(writes) == after:
                    file.touch()

        run.world.boundary = watch
        result = run.once()
        assert writes.count(True) <= parallelism - 1, "only what was on its way already"
        assert len(run.world.writes) == len(writes)
        reasons = {outcome.because for outcome in result.outcomes.values() if isinstance(outcome, Skipped)}
        assert any("paused by the file" in reason for reason in reasons) or after >= len(NAMES)

        paused = len(run.world.writes)
        run.once()
        assert len(run.world.writes) == paused
        file.unlink()
        run.settle()
    assert {item.state for item in run.world.vaults["rsv"].items.values()} == {ItemState.IR_PENDING}


def test_a_variable_pauses_from_the_start() -> None:
    clock = VirtualClock()
    with Journal(":memory:", clock.now) as journal:
        run = runner(clock, journal, stop_of(pause="paused by RECONCILE_PAUSE"))
        outcomes = run.once().outcomes.values()
        assert Skipped("paused by RECONCILE_PAUSE") in outcomes
        assert all(isinstance(outcome, Skipped) for outcome in outcomes)
        assert run.world.writes == []


@settings(derandomize=True, deadline=None, database=None, max_examples=25)
@given(stops=st.integers(0, 6), most=st.integers(0, 6))
def test_more_stops_than_allowed_stop_none(stops: int, most: int) -> None:
    clock = VirtualClock()
    with Journal(":memory:", clock.now) as journal:
        run = runner(clock, journal, lambda: None)
        run.settle()
        before = len(run.world.writes)
        run.desired, run.brakes = wish(*NAMES[stops:], retired=NAMES[:stops]), Brakes(max_stops=most)
        run.once()
    assert len(run.world.writes) - before == (stops if stops <= most else 0)


@settings(derandomize=True, deadline=None, database=None, max_examples=25)
@given(most=st.integers(0, 20))
def test_more_writes_than_allowed_write_nothing(most: int) -> None:
    clock = VirtualClock()
    with Journal(":memory:", clock.now) as journal:
        run = runner(clock, journal, lambda: None)
        needed = sum(not step.call.reads_only for step in run.look().plan.steps)
        run.brakes = Brakes(max_writes=most)
        run.once()
    assert len(run.world.writes) == (needed if needed <= most else 0)
