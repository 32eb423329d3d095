"""Promise: nothing is shown as protected that was not seen protected."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from reconciler.engine.reconcile import Result
from reconciler.model.observed import Gap
from reconciler.model.outcome import Done, Failed, Retry
from reconciler.store.journal import Journal
from tests.unit.engine.estate import VAULT, machine
from tests.unit.engine.virtual import VirtualClock
from tests.unit.engine.wishes import Runner, wish, world_of


@pytest.fixture
def runner() -> Iterator[Runner]:
    clock = VirtualClock()
    world = world_of(clock, machine("web-1"), machine("web-2"))
    with Journal(":memory:", clock.now) as journal:
        yield Runner(world, clock, wish("web-1", "web-2"), journal)


def protecting(result: Result, name: str) -> object:
    """The outcome of the step that protects the VM."""
    [step] = [s for s in result.plan.steps if s.action == "protect" and s.subject.name.endswith(name)]
    return result.outcomes[step.id]


def shown(result: Result) -> set[str]:
    """The VMs that the closing plan calls protected."""
    return {quiet.subject.name for quiet in result.after.quiet if quiet.because.startswith("protected")}


def test_what_is_seen_is_shown(runner: Runner) -> None:
    result = runner.once()
    assert set(result.outcomes.values()) == {Done()}
    assert shown(result) == {"rg/web-1", "rg/web-2"}


def test_success_without_an_item_is_not_protection(runner: Runner) -> None:
    runner.world.faults.lie.add("web-1")
    result = runner.once()
    outcome = protecting(result, "web-1")
    assert isinstance(outcome, Failed)
    assert outcome.code == "not-verified"
    assert protecting(result, "web-2") == Done()
    assert shown(result) == {"rg/web-2"}


def test_an_effect_without_an_answer_is_shown_once_seen(runner: Runner) -> None:
    runner.world.faults.deaf.add("web-1")
    result = runner.once()
    outcome = protecting(result, "web-1")
    assert isinstance(outcome, Done | Retry)
    assert ("rg/web-1" in shown(result)) is isinstance(outcome, Done)
    runner.clock.run(runner.clock.sleep(120))
    assert shown(runner.once()) == {"rg/web-1", "rg/web-2"}
    assert runner.world.writes_on("web-1") == ["PUT"]


def test_a_look_that_saw_only_half_proves_nothing(runner: Runner) -> None:
    looks = iter([(), (Gap("/backupProtectedItems", "502", VAULT),)])

    def blur(name: str) -> None:
        if name == "before observe":
            runner.world.faults.gaps = next(looks)

    runner.world.boundary = blur
    result = runner.once()
    outcome = protecting(result, "web-1")
    assert isinstance(outcome, Retry)
    assert outcome.code == "unknown-outcome"
