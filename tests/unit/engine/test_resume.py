"""What an earlier process started is followed to its end, or looked at, before anything new is sent there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from reconciler.engine.debts import settle_earlier
from reconciler.engine.ports import Journal, Scope
from reconciler.engine.reconcile import PATIENCE
from reconciler.engine.resume import RESUME_SECONDS, Resumed, look_back
from reconciler.engine.resume import resume as engine_resume
from reconciler.engine.run import Run
from reconciler.model.attempts import Circumstances
from reconciler.model.desired import Vault
from reconciler.model.observed import Job, JobError, Observed, Power
from reconciler.model.outcome import AzureError, Done, Failed, Operation, Pending
from tests.unit.engine.estate import SUBSCRIPTION, VAULT, Bench, bench, machine, protect, start
from tests.unit.engine.virtual import VirtualClock
from tests.unit.engine.wishes import Runner, wish, world_of

Memory = Callable[[VirtualClock], Journal]
SCOPE = Scope((Vault(VAULT, SUBSCRIPTION, "rg-backup", "westeurope"),))
WEB = machine("web-1")


def sent(place: Bench, name: str) -> None:
    """As an earlier process left it: sent, answered, and the answer recorded."""
    step = protect(name)
    place.run.journal.intend("earlier", step, "c")
    answer = place.clock.run(place.world.submit(step.call, "c"))
    assert isinstance(answer, Pending)
    place.run.journal.record("earlier", step.id, answer)


async def resume(run: Run) -> dict[str, str]:
    """As at the begin of a run, with ten minutes for it: what is busy then; nothing is followed any more after it."""
    resumed = Resumed(run)
    await resumed.begin(600)
    busy = dict(resumed.busy)
    await resumed.leave()
    return busy


def seen(place: Bench) -> Observed:
    return place.clock.run(place.world.observe(SCOPE))


def test_a_known_operation_is_followed_to_its_end(memory: Memory) -> None:
    place = bench(memory, WEB)
    sent(place, "web-1")
    assert place.clock.run(resume(place.run)) == {}
    assert place.run.journal.open_operations() == []
    assert WEB.key in place.world.vaults[VAULT].items


def test_a_failed_one_is_closed_too(memory: Memory) -> None:
    place = bench(memory, WEB)
    place.world.faults.fail["web-1"] = AzureError("AzureVmOffline", "off", 0)
    sent(place, "web-1")
    assert place.clock.run(resume(place.run)) == {}
    assert place.run.journal.open_operations() == []


def test_one_that_still_runs_keeps_its_subject_busy(memory: Memory) -> None:
    place = bench(memory, WEB, machine("web-2"))
    place.world.faults.slow["web-1"] = 1e6
    sent(place, "web-1")
    sent(place, "web-2")
    assert place.clock.run(resume(place.run)) == {WEB.key: "busy"}
    assert [opened.step_id for opened in place.run.journal.open_operations()] == ["protect:web-1"]


def test_a_trace_that_is_lost_is_left_to_the_look(memory: Memory) -> None:
    place = bench(memory, WEB)
    place.run.journal.intend("earlier", protect("web-1"), "c")
    place.run.journal.record("earlier", "protect:web-1", Pending(Operation("https://azure/forgotten", "location")))
    assert place.clock.run(resume(place.run)) == {}
    assert place.run.journal.open_operations() == []


def test_a_request_without_an_answer_keeps_its_vm_busy_while_a_job_runs(memory: Memory) -> None:
    place = bench(memory, WEB, machine("web-2"))
    for name in ("web-1", "web-2"):
        place.run.journal.intend("earlier", protect(name), "c")
    place.clock.run(place.world.submit(protect("web-1").call, "c"))
    observed = seen(place)
    assert look_back(place.run, observed) == {WEB.key: "busy"}
    assert [opened.step_id for opened in place.run.journal.open_operations()] == ["protect:web-1"]
    place.clock.run(place.clock.sleep(61))
    observed = seen(place)
    assert look_back(place.run, observed) == {}
    assert place.run.journal.open_operations() == []


OFFLINE = JobError(400001, "", "Command execution failed.")


def failed_job(observed: Observed, begun: datetime) -> Observed:
    vault = observed.vaults[VAULT]
    container = f"iaasvmcontainerv2;{WEB.resource_group}/web-1".replace("/", ";").lower()
    job = Job("job-1", "ConfigureBackup", "Failed", container, "web-1", begun, begun, (OFFLINE,))
    return replace(observed, vaults={VAULT: replace(vault, jobs=(job,))})


def test_a_request_without_an_answer_ended_as_the_job_that_failed_since(memory: Memory) -> None:
    place = bench(memory, WEB)
    place.run.journal.intend("earlier", protect("web-1"), "c", Circumstances("wish", {}))
    observed = failed_job(seen(place), place.clock.now())
    assert look_back(place.run, observed) == {}
    assert place.run.journal.open_operations() == []
    [known] = place.run.journal.failures()
    assert known.code != "unknown-outcome"
    assert known.error is not None
    assert known.error.number == OFFLINE.number


def test_of_a_vm_that_nobody_sees_no_job_tells_anything(memory: Memory) -> None:
    place = bench(memory)
    place.run.journal.intend("earlier", protect("web-1"), "c", Circumstances("wish", {}))
    assert look_back(place.run, failed_job(seen(place), place.clock.now())) == {}
    assert place.run.journal.open_operations() == []
    assert {known.code for known in place.run.journal.failures()} <= {"unknown-outcome"}


@pytest.mark.parametrize("minutes", [-6, None])
def test_a_job_that_was_known_or_came_before_is_not_its_end(memory: Memory, minutes: int | None) -> None:
    """`minutes` from the intent to the begin of the job; None: it began after it, and its failure is known."""
    place = bench(memory, WEB)
    step, circumstances = protect("web-1"), Circumstances("wish", {})
    begun = place.clock.now() + timedelta(minutes=minutes or 0)
    if minutes is None:
        place.run.journal.intend("first", step, "c", circumstances)
        place.clock.run(place.clock.sleep(60))
        place.run.journal.record("first", step.id, Failed("backup-item-busy", AzureError("X", "known", 0)))
        place.clock.run(place.clock.sleep(60))
    place.run.journal.intend("earlier", step, "c", circumstances)
    assert look_back(place.run, failed_job(seen(place), begun)) == {}
    assert place.run.journal.open_operations() == []
    assert {known.code for known in place.run.journal.failures()} <= {"backup-item-busy", "unknown-outcome"}


def test_a_vm_left_running_is_put_back(memory: Memory) -> None:
    place = bench(memory, WEB)
    place.run.journal.owe("earlier", start("web-1"))
    place.clock.run(settle_earlier(place.run, (), seen(place)))
    assert place.world.vms[WEB.key].power == Power.DEALLOCATED
    assert place.run.journal.debts() == []
    place.clock.run(settle_earlier(place.run, (), seen(place)))
    assert len(place.world.writes) == 1


def test_a_debt_waits_for_what_runs_and_for_a_stop(memory: Memory) -> None:
    place = bench(memory, WEB)
    place.run.journal.owe("earlier", start("web-1"))
    place.clock.run(settle_earlier(place.run, {WEB.key}, seen(place)))
    place.clock.run(settle_earlier(replace(place.run, stop_requested=lambda: "paused"), (), seen(place)))
    assert len(place.run.journal.debts()) == 1


def test_a_debt_on_a_vm_that_is_gone_is_settled(memory: Memory) -> None:
    place = bench(memory)
    place.world.faults.refuse["web-1"] = AzureError("ResourceNotFound", "no such VM", 404)
    place.run.journal.owe("earlier", start("web-1"))
    place.clock.run(settle_earlier(place.run, (), seen(place)))
    assert place.run.journal.debts() == []


def test_a_debt_on_a_vm_that_is_there_is_not_settled_by_a_404(memory: Memory) -> None:
    place = bench(memory, WEB)
    place.world.faults.refuse["web-1"] = AzureError("ResourceNotFound", "no such VM", 404)
    place.run.journal.owe("earlier", start("web-1"))
    place.clock.run(settle_earlier(place.run, (), seen(place)))
    assert len(place.run.journal.debts()) == 1


def test_a_vm_that_is_off_owes_nothing(memory: Memory) -> None:
    place = bench(memory, machine("web-1", power=Power.DEALLOCATED))
    place.run.journal.owe("earlier", start("web-1"))
    place.clock.run(settle_earlier(place.run, (), seen(place)))
    assert (place.world.writes, place.run.journal.debts()) == ([], [])


def test_a_vm_that_another_run_has_started_since_it_was_seen_off_stays_owed(memory: Memory) -> None:
    """Two processes on one journal: what crosses the other's debt out leaves its VM running for ever."""
    place = bench(memory, machine("web-1", power=Power.DEALLOCATED))
    run, step = place.run.looking(), start("web-1")
    before = seen(place)
    run.journal.owe("other", step)
    run.journal.intend("other", step, "c")
    run.journal.record("other", step.id, Done())
    place.clock.run(settle_earlier(run, (), before))
    assert [debt.run for debt in run.journal.debts()] == ["other"]


def test_one_slow_old_operation_delays_no_other_vm(memory: Memory) -> None:
    """An earlier process left an operation that takes half an hour; the others are protected long before."""
    clock = VirtualClock()
    world = world_of(clock, WEB, machine("web-2"))
    journal = memory(clock)
    runner = Runner(world, clock, wish("web-1", "web-2"), journal)
    world.faults.slow["web-1"] = 1800
    step = protect("web-1")
    journal.intend("earlier", step, "c")
    answer = clock.run(world.submit(step.call, "c"))
    assert isinstance(answer, Pending)
    journal.record("earlier", step.id, answer)
    begun = clock.seconds
    outcomes = runner.once().outcomes
    assert isinstance(outcomes["protect:rsv/rg/web-2"], Done)
    assert world.overlaps == []
    assert world.writes_on("web-1") == ["PUT"]
    assert clock.seconds - begun < RESUME_SECONDS + PATIENCE + 120
    assert [opened.run for opened in journal.open_operations()] == ["earlier"]
    clock.run(clock.sleep(1800))
    runner.once()
    assert runner.once().outcomes == {}
    assert world.writes_on("web-1") == ["PUT"]


def test_the_result_of_an_old_operation_is_taken_in_the_same_run(memory: Memory) -> None:
    clock = VirtualClock()
    world = world_of(clock, WEB)
    journal = memory(clock)
    step = protect("web-1")
    journal.intend("earlier", step, "c")
    answer = clock.run(world.submit(step.call, "c"))
    assert isinstance(answer, Pending)
    journal.record("earlier", step.id, answer)
    runner = Runner(world, clock, wish("web-1"), journal)
    outcomes = runner.once().outcomes
    assert isinstance(outcomes["protect:rsv/rg/web-1"], Done)
    assert world.writes_on("web-1") == ["PUT"]
    assert journal.open_operations() == []


def test_a_subject_is_busy_until_the_last_of_its_operations_has_ended(memory: Memory) -> None:
    place = bench(memory, WEB)
    place.world.faults.slow["web-1"] = 1e6
    sent(place, "web-1")
    forgotten = Pending(Operation("https://azure/forgotten", "location"))
    place.run.journal.intend("before", replace(protect("web-1"), vault="other"), "c")
    place.run.journal.record("before", "protect:web-1", forgotten)
    assert place.clock.run(resume(place.run)) == {WEB.key: "busy"}
    assert [opened.run for opened in place.run.journal.open_operations()] == ["earlier"]


def test_an_operation_that_cannot_be_looked_at_may_still_run(memory: Memory) -> None:
    place = bench(memory, WEB)
    sent(place, "web-1")

    def broken(name: str) -> None:
        if name == "before poll":
            raise RuntimeError("malformed")

    place.world.boundary = broken
    assert place.clock.run(resume(place.run)) == {WEB.key: "busy"}
    assert len(place.run.journal.open_operations()) == 1


def test_a_request_without_an_operation_cannot_be_followed(memory: Memory) -> None:
    place = bench(memory, WEB)
    place.run.journal.intend("earlier", protect("web-1"), "c")
    [opened] = place.run.journal.open_operations()
    assert place.clock.run(engine_resume(place.run, place.world, opened)) is False
