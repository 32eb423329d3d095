"""Steps run in order, none in the way of another, at most one on a VM."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from reconciler.engine.apply import carry_out
from reconciler.engine.look import Look, glance
from reconciler.engine.lookout import Lookout
from reconciler.engine.ports import Journal
from reconciler.model.call import Call
from reconciler.model.desired import Desired
from reconciler.model.observed import ObservedPolicy, Power
from reconciler.model.outcome import Answer, AzureError, Done, Failed, Operation, Pending, Retry, Skipped
from reconciler.model.plan import Held
from tests.unit.engine.estate import VAULT_ID, Bench, bench, machine, plan_of, protect, register, start
from tests.unit.engine.virtual import Silence, VirtualClock
from tests.unit.engine.wishes import BRAKES, RULES, wish

Memory = Callable[[VirtualClock], Journal]
OFFLINE = AzureError("AzureVmOffline", "Virtual machine is not running", 400)


def test_a_vm_is_checked_then_protected(memory: Memory) -> None:
    place = bench(memory, machine("web-1"))
    plan = plan_of(register("web-1"), protect("web-1", after=["register:web-1"]))
    outcomes = place.clock.run(carry_out(plan, place.run))
    assert {"register:web-1": Done(), "protect:web-1": Done()} == outcomes == place.progress.ended
    assert place.world.writes_on("web-1") == ["PUT"]
    assert list(place.run.journal.open_operations()) == []


def test_a_refusal_fails_its_vm_and_skips_what_depends_on_it(memory: Memory) -> None:
    place = bench(memory, machine("web-1"), machine("web-2"))
    place.world.faults.invalid["web-1"] = OFFLINE
    steps = [step for vm in ("web-1", "web-2") for step in (register(vm), protect(vm, after=[f"register:{vm}"]))]
    outcomes = place.clock.run(carry_out(plan_of(*steps), place.run))
    met = Failed("register-vm-not-running", OFFLINE, OFFLINE.message, or_else=("provisioning-failed",))
    assert met == outcomes["register:web-1"]
    assert Skipped("register:web-1") == outcomes["protect:web-1"]
    assert Done() == outcomes["protect:web-2"]
    assert place.world.writes_on("web-1") == []


def test_a_check_that_passes_does_not_outweigh_what_was_predicted(memory: Memory) -> None:
    place = bench(memory, machine("web-1"))
    plan = plan_of(register("web-1", predicted=["register-too-many-disks"]), protect("web-1", after=["register:web-1"]))
    outcomes = place.clock.run(carry_out(plan, place.run))
    assert Failed("register-too-many-disks") == outcomes["register:web-1"]
    assert place.world.writes == []


class Watch(Silence):
    """Remembers when it was told of each subject."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__()
        self._clock = clock
        self.ended_at: dict[str, float] = {}

    def step(self, step: Any, outcome: Any) -> None:
        self.ended_at[step.subject.name] = self._clock.seconds


def test_a_slow_vm_delays_only_itself(memory: Memory) -> None:
    vms = [machine(f"web-{n}") for n in range(6)]
    place = bench(memory, *vms, parallelism=1)
    place.world.faults.fail["web-0"] = AzureError("UserErrorVmNotInDesirableState", "off", 0)
    place.world.faults.slow["web-1"] = 300
    watch = Watch(place.clock)
    run = replace(place.run, progress=watch)
    outcomes = place.clock.run(carry_out(plan_of(*(protect(vm.name) for vm in vms)), run))
    assert [Failed] + [Done] * 5 == [type(outcome) for outcome in outcomes.values()]
    assert {name: at for name, at in watch.ended_at.items() if at > 70} == {"rg/web-1": 300}


class Narrowest:
    """Passes on to a world; each request takes a while, and it knows how many were in flight at most."""

    def __init__(self, place: Bench) -> None:
        self._place = place
        self._now = 0
        self.most = 0

    async def submit(self, call: Call, correlation_id: str) -> Answer:
        await self._pass()
        return await self._place.world.submit(call, correlation_id)

    async def poll(self, operation: Operation) -> Answer:
        await self._pass()
        return await self._place.world.poll(operation)

    async def _pass(self) -> None:
        self._now += 1
        self.most = max(self.most, self._now)
        await self._place.clock.sleep(0.5)
        self._now -= 1


@pytest.mark.parametrize("parallelism", [1, 4])
def test_parallelism_bounds_the_requests_in_flight_and_not_what_azure_works_on(
    memory: Memory, parallelism: int
) -> None:
    vms = [machine(f"web-{n}") for n in range(40)]
    place = bench(memory, *vms, parallelism=parallelism)
    narrow = Narrowest(place)
    outcomes = place.clock.run(carry_out(plan_of(*(protect(vm.name) for vm in vms)), replace(place.run, writer=narrow)))
    assert [Done()] * 40 == list(outcomes.values())
    assert narrow.most == parallelism
    assert place.clock.seconds < 300 < 40 * 60 / parallelism


def test_two_steps_on_one_vm_never_overlap(memory: Memory) -> None:
    place = bench(memory, machine("web-1"))
    again = replace(protect("web-1"), id="again")
    outcomes = place.clock.run(carry_out(plan_of(protect("web-1"), again), place.run))
    assert {"protect:web-1": Done(), "again": Done()} == outcomes
    assert place.world.overlaps == []
    assert place.clock.seconds >= 120


def test_an_operation_that_does_not_end_stays_pending_and_blocks_its_vm(memory: Memory) -> None:
    place = bench(memory, machine("web-1"), machine("web-2"))
    place.world.faults.slow["web-1"] = 1e6
    plan = plan_of(protect("web-1"), replace(protect("web-1"), id="again"), protect("web-2"))
    outcomes = place.clock.run(carry_out(plan, place.run))
    assert isinstance(outcomes["protect:web-1"], Pending)
    assert Skipped("protect:web-1") == outcomes["again"]
    assert Done() == outcomes["protect:web-2"]
    assert [opened.step_id for opened in place.run.journal.open_operations()] == ["protect:web-1"]
    assert place.clock.seconds <= 3600


def test_an_unknown_outcome_is_not_sent_again(memory: Memory) -> None:
    place = bench(memory, machine("web-1"))
    place.world.faults.deaf.add("web-1")
    outcomes = place.clock.run(carry_out(plan_of(protect("web-1")), place.run))
    assert getattr(outcomes["protect:web-1"], "code", None) == "unknown-outcome"
    assert place.world.writes_on("web-1") == ["PUT"]
    [opened] = place.run.journal.open_operations()
    assert (opened.step_id, opened.operation) == ("protect:web-1", None)


def test_a_call_that_was_turned_away_unread_is_sent_again_after_the_pause(memory: Memory) -> None:
    place = bench(memory, machine("web-1"))
    place.world.faults.throttle["web-1"] = 2
    outcomes = place.clock.run(carry_out(plan_of(protect("web-1")), place.run))
    assert {"protect:web-1": Done()} == outcomes
    assert place.world.writes_on("web-1") == ["PUT"]
    assert place.clock.seconds >= 2 * 7 + 60


def test_throttling_without_end_is_given_back(memory: Memory) -> None:
    place = bench(memory, machine("web-1"))
    place.world.faults.throttle["web-1"] = 10_000
    outcomes = place.clock.run(carry_out(plan_of(protect("web-1")), place.run))
    assert isinstance(outcomes["protect:web-1"], Retry)
    assert list(place.run.journal.open_operations()) == []


def test_our_own_fault_ends_one_step_only(memory: Memory) -> None:
    place = bench(memory, machine("web-1"), machine("web-2"))
    place.world.faults.explode.add("web-1")
    outcomes = place.clock.run(carry_out(plan_of(protect("web-1"), protect("web-2")), place.run))
    assert Failed("internal-error", None, "RuntimeError: no wire to web-1") == outcomes["protect:web-1"]
    assert Done() == outcomes["protect:web-2"]


class Full:
    """A journal on a disk that is full when it comes to `broken`."""

    def __init__(self, journal: Journal, broken: str) -> None:
        self._journal = journal
        self._broken = broken

    def __getattr__(self, name: str) -> Any:
        if name == self._broken:
            raise OSError("no space left on device")
        return getattr(self._journal, name)


def test_what_cannot_be_intended_is_not_sent(memory: Memory) -> None:
    place = bench(memory, machine("web-1"))
    run = replace(place.run, journal=Full(place.run.journal, "intend"))
    outcomes = place.clock.run(carry_out(plan_of(protect("web-1")), run))
    assert isinstance(outcomes["protect:web-1"], Failed)
    assert place.world.writes == []


def test_an_answer_that_cannot_be_recorded_leaves_its_vm_alone(memory: Memory) -> None:
    place = bench(memory, machine("web-1"))
    run = replace(place.run, journal=Full(place.run.journal, "record"))
    again = replace(protect("web-1"), id="again")
    outcomes = place.clock.run(carry_out(plan_of(protect("web-1"), again), run))
    assert isinstance(outcomes["protect:web-1"], Failed)
    assert outcomes["again"] == Skipped("protect:web-1")
    assert place.world.writes_on("web-1") == ["PUT"]
    assert [opened.step_id for opened in place.run.journal.open_operations()] == ["protect:web-1"]


def test_a_stop_takes_effect_before_the_next_request(memory: Memory) -> None:
    place = bench(memory, *(machine(f"web-{n}") for n in range(4)), parallelism=1)
    run = replace(place.run, stop_requested=lambda: "paused" if len(place.world.writes) >= 2 else None)
    outcomes = place.clock.run(carry_out(plan_of(*(protect(f"web-{n}") for n in range(4))), run))
    assert [Done(), Done(), Skipped("paused"), Skipped("paused")] == list(outcomes.values())
    assert len(place.world.writes) == 2


def test_a_held_step_is_not_sent_nor_what_depends_on_it(memory: Memory) -> None:
    place = bench(memory, machine("web-1"), machine("web-2"))
    held = Held(protect("web-1", state="ProtectionStopped"), "max-stops", "raise it")
    plan = plan_of(held.step, protect("web-2", after=[held.step.id]), held=[held])
    outcomes = place.clock.run(carry_out(plan, place.run))
    assert {"protect:web-2": Skipped("stop:web-1")} == outcomes
    assert place.world.writes == []


def test_a_subject_that_is_busy_gets_no_step(memory: Memory) -> None:
    place = bench(memory, machine("web-1"))
    outcomes = place.clock.run(carry_out(plan_of(protect("web-1")), place.run, busy={machine("web-1").key: "busy"}))
    assert {"protect:web-1": Skipped("busy")} == outcomes


@pytest.mark.parametrize("trouble", ["none", "refused", "slow"])
def test_a_vm_that_was_started_is_put_back_when_all_is_over(memory: Memory, trouble: str) -> None:
    place = bench(memory, machine("web-1", power=Power.DEALLOCATED))
    plan = plan_of(
        start("web-1"), register("web-1", after=["start-vm:web-1"]), protect("web-1", after=["register:web-1"])
    )
    if trouble == "refused":
        place.world.faults.invalid["web-1"] = OFFLINE
    outcomes = place.clock.run(carry_out(plan, place.run))
    assert Done() == outcomes["start-vm:web-1"]
    assert place.world.vms[machine("web-1").key].power == Power.DEALLOCATED
    assert [method for method in place.world.writes_on("web-1") if method == "POST"] == ["POST", "POST"]
    assert list(place.run.journal.debts()) == []
    assert place.world.overlaps == []


def test_a_vm_on_which_something_still_runs_is_put_back_later(memory: Memory) -> None:
    place = bench(memory, machine("web-1", power=Power.DEALLOCATED))
    place.world.faults.deaf.add("web-1")
    protecting = replace(protect("web-1"), depends_on=("start-vm:web-1",))
    outcomes = place.clock.run(carry_out(plan_of(start("web-1"), protecting), place.run))
    assert Skipped("start-vm:web-1") == outcomes["protect:web-1"]
    assert [debt.step_id for debt in place.run.journal.debts()] == ["start-vm:web-1"]


LOCKED = AzureError("BMSUserErrorObjectLocked", "Another operation is in progress on the selected item.", 409)


def looking(place: Bench, desired: Desired) -> Lookout:
    return Lookout(lambda: glance(desired, place.world, brakes=BRAKES, targets=()), place.clock)


def test_the_result_of_another_ones_operation_is_taken(memory: Memory) -> None:
    """Somebody protects the VM while we try to: we wait, see that it is done, and do not send it again."""
    place = bench(memory, machine("web-1"))
    place.world.policies["daily"] = ObservedPolicy(f"{VAULT_ID}/backupPolicies/daily", "daily", RULES, "{}")
    desired = wish("web-1")
    step = next(one for one in place.clock.run(look_at(place, desired)).plan.steps if one.action == "protect")
    place.clock.run(place.world.submit(step.call, "by hand"))
    run = replace(place.run, patience=600.0)
    outcomes = place.clock.run(carry_out(plan_of(replace(step, depends_on=())), run, lookout=looking(place, desired)))
    assert outcomes == {step.id: Done()}
    assert place.world.writes_on("web-1") == ["PUT", "PUT"]
    assert place.clock.seconds < 300


def test_what_stays_busy_is_given_back_after_few_tries(memory: Memory) -> None:
    place = bench(memory, machine("web-1"))
    place.world.faults.refuse["web-1"] = LOCKED
    desired = wish("web-1")
    step = next(one for one in place.clock.run(look_at(place, desired)).plan.steps if one.action == "protect")
    run = replace(place.run, patience=600.0)
    outcomes = place.clock.run(carry_out(plan_of(replace(step, depends_on=())), run, lookout=looking(place, desired)))
    assert isinstance(outcomes[step.id], Retry)
    assert 2 <= len(place.world.writes_on("web-1")) <= 4
    assert place.clock.seconds <= 700


async def look_at(place: Bench, desired: Desired) -> Look:
    return await glance(desired, place.world, brakes=BRAKES, targets=())
