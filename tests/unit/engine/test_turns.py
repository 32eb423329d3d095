"""A VM that was started: what is waited for before it is used, and before it is put back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from reconciler.clocks import StoppableClock
from reconciler.engine.apply import carry_out
from reconciler.engine.look import Look, glance
from reconciler.engine.lookout import Lookout
from reconciler.engine.ports import Journal
from reconciler.model.observed import Power
from reconciler.model.outcome import AzureError, Failed, Outcome, Retry
from tests.unit.engine.estate import Bench, bench, machine, plan_of, protect, start
from tests.unit.engine.virtual import VirtualClock
from tests.unit.engine.wishes import BRAKES, wish

Memory = Callable[[VirtualClock], Journal]
KEY = machine("web-1").key
LOCKED = AzureError("BMSUserErrorObjectLocked", "Another operation is in progress on the selected item.", 409)


def stopped_vm(memory: Memory) -> Bench:
    return bench(memory, machine("web-1", power=Power.DEALLOCATED))


def started(place: Bench) -> Outcome:
    """What became of a start, of a VM on which nothing else is done."""
    return place.clock.run(carry_out(plan_of(start("web-1")), place.run, lookout=lookout(place)))["start-vm:web-1"]


def lookout(place: Bench) -> Lookout:
    return Lookout(lambda: glance(wish("web-1"), place.world, brakes=BRAKES, targets=()), place.clock)


def test_one_that_shows_no_agent_is_told_so_and_put_back(memory: Memory) -> None:
    place = stopped_vm(memory)
    place.world.faults.agentless.add("web-1")
    outcome = started(place)
    assert isinstance(outcome, Failed)
    assert (outcome.code, "showed no VM agent" in outcome.message) == ("register-agent-certificate-missing", True)
    assert place.world.vms[KEY].power is Power.DEALLOCATED
    assert place.run.journal.debts() == []


@pytest.mark.parametrize("how", ["deaf", "fail"])
def test_one_that_may_still_be_on_its_way_up_is_let_come_to_rest_before_it_is_put_back(
    memory: Memory, how: str
) -> None:
    place = stopped_vm(memory)
    if how == "deaf":
        place.world.faults.deaf.add("web-1")
    else:
        failures = place.world.faults.fail
        failures["web-1"] = AzureError("VMStartTimedOut", "It took too long.", 0)
        place.world.boundary = lambda name: failures.clear() if name == "before send" and place.world.writes else None
    outcome = started(place)
    assert isinstance(outcome, Retry | Failed)
    assert place.world.overlaps == [], "no request has met a running operation"
    assert place.world.writes_on("web-1") == ["POST", "POST"]
    assert place.world.vms[KEY].power is Power.DEALLOCATED
    assert place.run.journal.debts() == []


def test_who_waits_for_a_busy_vm_ends_when_the_run_is_told_to_stop(memory: Memory) -> None:
    place = bench(memory, machine("web-1"))
    place.world.faults.refuse["web-1"] = LOCKED

    def stop() -> str | None:
        return "SIGTERM" if place.clock.seconds > 60 else None

    run = replace(place.run, patience=600.0, stop_requested=stop)
    outcomes = place.clock.run(carry_out(plan_of(protect("web-1")), run, lookout=lookout(place)))
    assert isinstance(outcomes["protect:web-1"], Retry)
    assert place.world.writes_on("web-1") == ["PUT"]
    assert place.clock.seconds < 120


def test_who_waits_while_the_process_ends_gets_one_last_look_at_once(memory: Memory) -> None:
    place = bench(memory, machine("web-1"))

    async def scene() -> tuple[Look, float]:
        clock = StoppableClock(place.clock)
        out = Lookout(lambda: glance(wish("web-1"), place.world, brakes=BRAKES, targets=()), clock)
        clock.stop()
        return await out.next(300.0), place.clock.seconds

    seen, seconds = place.clock.run(scene())
    assert (set(seen.observed.vms), seconds, place.world.reads) == ({KEY}, 0.0, 1)
