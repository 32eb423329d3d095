"""Who may no longer write, or cannot note what it does, sends nothing more, and says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from reconciler.engine.apply import carry_out
from reconciler.engine.reconcile import Result
from reconciler.model.call import Call
from reconciler.model.desired import IfStopped
from reconciler.model.journal import FREE, Debt, Fence, JournalError, Mandate
from reconciler.model.observed import Power
from reconciler.model.outcome import Answer, Done, Operation, Outcome, Pending, Retry, Skipped
from reconciler.store.journal import Journal
from tests.unit.engine.crash import MortalJournal
from tests.unit.engine.estate import bench, machine, plan_of, protect, start
from tests.unit.engine.virtual import VirtualClock
from tests.unit.engine.wishes import Runner, wish, world_of
from tests.unit.engine.world import World

VMS = tuple(f"web-{number}" for number in range(6))
FULL = "the journal is full"


class Full:
    """A boundary of a journal that cannot keep anything more, from the `at`-th time that it is about to do `what`."""

    def __init__(self, what: str, at: int = 1) -> None:
        self.what = f"before {what}"
        self.left = at

    def __call__(self, name: str) -> None:
        self.left -= name == self.what
        if self.left < 1 and (name == self.what or name.startswith("before")):
            raise JournalError(FULL)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def journal(clock: VirtualClock) -> Iterator[Journal]:
    with Journal(":memory:", clock.now) as journal:
        yield journal


def runner(clock: VirtualClock, journal: Journal) -> Runner:
    """One request at a time, so that there is always something left to be sent."""
    world = world_of(clock, *(machine(name) for name in VMS))
    return Runner(world, clock, wish(*VMS), journal, parallelism=1)


def after_writes(process: Runner, number: int, act: Callable[[], object]) -> None:
    """Let something happen when so many writes have reached the world."""

    def boundary(name: str) -> None:
        if name == "after effect" and len(process.world.writes) == number:
            act()

    process.world.boundary = boundary


def skipped(result: Result) -> set[str]:
    return {outcome.because for outcome in result.outcomes.values() if isinstance(outcome, Skipped)}


def test_a_lease_lost_in_the_middle_ends_the_writing_at_once(clock: VirtualClock, journal: Journal) -> None:
    process = runner(clock, journal)
    process.epoch = journal.lease("ours", 20, clock.monotonic).take().epoch
    theirs = journal.lease("theirs", 20, lambda: clock.seconds * 1e9)

    def take_over() -> None:
        theirs.take()
        clock.seconds += 1
        assert theirs.take().holder == "theirs"

    after_writes(process, 3, take_over)
    result = process.once()
    assert len(process.world.writes) == 3
    assert result.halt is Fence.LEASE_LOST
    assert Fence.LEASE_LOST in skipped(result)
    assert [outcome for outcome in result.outcomes.values() if isinstance(outcome, Done)]
    assert journal.head().entries >= 6


def test_a_run_under_a_lease_that_it_never_had_sends_nothing(clock: VirtualClock, journal: Journal) -> None:
    process = runner(clock, journal)
    process.epoch = 7
    assert process.once().halt is Fence.LEASE_LOST
    assert process.world.writes == []


def test_a_newer_run_with_another_configuration_ends_the_older_one(clock: VirtualClock, journal: Journal) -> None:
    older = runner(clock, journal)
    newer = replace(older, desired=replace(wish(*VMS[:2]), digest="sha256:newer"))
    after_writes(older, 3, lambda: journal.enter(newer.desired.digest, ["rsv"]))
    result = older.once()
    assert len(older.world.writes) == 3
    assert result.halt is Fence.SUPERSEDED
    assert Fence.SUPERSEDED in skipped(result)
    older.world.boundary = lambda name: None
    assert newer.once().halt is None


def test_the_same_configuration_does_not_end_it(clock: VirtualClock, journal: Journal) -> None:
    process = runner(clock, journal)
    after_writes(process, 3, lambda: journal.enter(process.desired.digest, ["rsv"]))
    assert process.once().halt is None


@pytest.mark.parametrize("at", [1, 2, 4, 8])
def test_an_intent_that_cannot_be_stored_is_not_sent(clock: VirtualClock, journal: Journal, at: int) -> None:
    process = runner(clock, journal)
    process.journal = MortalJournal(journal, Full("intend", at))
    result = process.once()
    assert len(process.world.writes) == at - 1
    assert str(result.halt) == FULL
    assert FULL in skipped(result)
    process.journal = journal
    process.settle()
    assert {name: process.world.writes_on(name) for name in VMS} == {name: ["PUT"] for name in VMS}
    assert process.world.overlaps == []


@pytest.mark.parametrize("at", [1, 3, 5])
def test_an_answer_that_cannot_be_stored_ends_the_run_and_loses_nothing(
    clock: VirtualClock, journal: Journal, at: int
) -> None:
    process = runner(clock, journal)
    process.journal = MortalJournal(journal, Full("record", at))
    result = process.once()
    assert str(result.halt) == FULL
    assert any(isinstance(outcome, Skipped) for outcome in result.outcomes.values())
    before = len(process.world.writes)
    process.journal = journal
    process.settle()
    assert before < len(process.world.writes)
    assert {name: process.world.writes_on(name) for name in VMS} == {name: ["PUT"] for name in VMS}


@pytest.mark.parametrize("what", ["enter", "begin"])
def test_a_journal_that_fails_before_anything_was_sent_is_an_error(
    clock: VirtualClock, journal: Journal, what: str
) -> None:
    process = runner(clock, journal)
    process.journal = MortalJournal(journal, Full(what))
    with pytest.raises(JournalError, match="is full"):
        process.once()
    assert process.world.writes == []


def test_a_journal_that_fails_in_the_end_costs_no_report(clock: VirtualClock, journal: Journal) -> None:
    process = runner(clock, journal)
    process.journal = MortalJournal(journal, Full("forget", 2))
    result = process.once()
    assert str(result.halt) == FULL
    assert {type(outcome) for outcome in result.outcomes.values()} == {Done}
    process.journal = journal
    assert process.once().outcomes == {}


def started(
    clock: VirtualClock, journal: Journal, boundary: Callable[[str], None], mandate: Mandate = FREE
) -> tuple[Outcome, list[str]]:
    """Start a VM and put it back, with a journal that may fail; the outcome and what was sent."""
    place = bench(lambda _: MortalJournal(journal, boundary), machine("web-1", power=Power.DEALLOCATED))
    run = replace(place.run, clock=clock, mandate=mandate)
    place.world.faults.sleepy["web-1"] = 0
    outcomes = place.clock.run(carry_out(plan_of(start("web-1")), run))
    return outcomes["start-vm:web-1"], [path.rpartition("/")[2] for _, path in place.world.writes]


def test_a_debt_that_cannot_be_noted_means_no_start(clock: VirtualClock, journal: Journal) -> None:
    outcome, sent = started(clock, journal, Full("owe"))
    assert (outcome, sent) == (Skipped(FULL), [])


def test_a_put_back_that_cannot_be_noted_is_not_sent_and_stays_owed(clock: VirtualClock, journal: Journal) -> None:
    outcome, sent = started(clock, journal, Full("intend", 2))
    assert isinstance(outcome, Retry)
    assert "not yet put back: the journal is full" in outcome.message
    assert sent == ["start"]
    assert len(journal.debts()) == 1


def test_a_put_back_whose_answer_cannot_be_noted_stays_owed(clock: VirtualClock, journal: Journal) -> None:
    outcome, sent = started(clock, journal, Full("record", 3))
    assert isinstance(outcome, Retry)
    assert sent == ["start", "deallocate"]
    assert len(journal.debts()) == 1


class Slow:
    """Implements Writer: a request needs a second to get to the world."""

    def __init__(self, world: World, clock: VirtualClock) -> None:
        self._world, self._clock = world, clock

    async def submit(self, call: Call, correlation_id: str) -> Answer:
        await self._clock.sleep(1)
        return await self._world.submit(call, correlation_id)

    async def poll(self, operation: Operation) -> Answer:
        return await self._world.poll(operation)


def owed_as_it_is_started(journal: Journal, *names: str, throttled: int = 0) -> set[str]:
    """VMs are started, one request at a time; what is owed as the first start takes effect.

    Whenever it is turned away with 429, another process crosses out what is owed for it.
    """
    place = bench(lambda _: journal, *(machine(name, power=Power.DEALLOCATED) for name in names))
    place.world.faults.throttle[names[0]] = throttled
    owed: list[set[str]] = []

    def boundary(name: str) -> None:
        if name == "before send" and place.world.faults.throttle[names[0]]:
            journal.paid(place.run.id, f"start-vm:{names[0]}")
        if name == "after effect":
            owed.append({debt.step_id for debt in journal.debts()})

    place.world.boundary = boundary
    run = replace(place.run, writer=Slow(place.world, place.clock), parallelism=1)
    place.clock.run(carry_out(plan_of(*map(start, names)), run))
    return owed[0]


def test_nothing_is_owed_before_its_start_is_about_to_be_sent(journal: Journal) -> None:
    """What is owed for a VM that is still off, another process would cross out."""
    assert owed_as_it_is_started(journal, "web-1", "web-2") == {"start-vm:web-1"}


def test_a_stop_that_comes_as_the_debt_is_noted_sends_nothing_and_owes_nothing(journal: Journal) -> None:
    asked: list[str] = []
    place = bench(lambda _: MortalJournal(journal, asked.append), machine("web-1", power=Power.DEALLOCATED))
    run = replace(place.run, stop_requested=lambda: "stop" if "after owe" in asked else None)
    place.clock.run(carry_out(plan_of(start("web-1")), run))
    assert (place.world.writes, journal.debts()) == ([], [])


def test_a_debt_that_was_crossed_out_before_its_start_is_owed_again(journal: Journal) -> None:
    """Between a start that was turned away and the next one, the VM was seen off."""
    assert owed_as_it_is_started(journal, "web-1", throttled=1) == {"start-vm:web-1"}


def test_a_writer_that_lost_its_lease_puts_nothing_back(clock: VirtualClock, journal: Journal) -> None:
    lease = journal.lease("ours", 20, clock.monotonic)
    epoch = lease.take().epoch

    def boundary(name: str) -> None:
        if name == "after intend":
            lease.give_back()
            journal.lease("theirs", 20, clock.monotonic).take()

    outcome, sent = started(clock, journal, boundary, Mandate(None, epoch))
    assert isinstance(outcome, Retry)
    assert Fence.LEASE_LOST in outcome.message
    assert sent == ["start"]


def test_what_an_earlier_run_owes_is_left_owed_where_the_journal_fails(clock: VirtualClock, journal: Journal) -> None:
    step = start("web-1")
    assert step.put_back is not None
    process = runner(clock, journal)
    process.world = world_of(clock, machine("web-1"))
    process.desired = wish()
    journal.owe("earlier", step)
    process.journal = MortalJournal(journal, Full("intend"))
    assert str(process.once().halt) == FULL
    assert (process.world.writes, journal.debts()) == ([], [Debt("earlier", step.id, step.put_back)])


def test_another_runs_request_on_a_vm_is_waited_for_not_doubled(clock: VirtualClock, journal: Journal) -> None:
    """The other one lives: its intent came after our look, so our look cannot say what became of it."""
    process = runner(clock, journal)
    shy = protect(VMS[-1])
    shy = replace(shy, vault="rsv")
    after_writes(process, 2, lambda: journal.intend("other", shy, "c"))
    process.stop = lambda: "enough" if clock.seconds > 3600 else None
    result = process.once()
    assert process.world.writes_on(VMS[-1]) == []
    busy = [outcome for step, outcome in result.outcomes.items() if VMS[-1] in step and "protect" in step]
    assert busy == [Retry("register-item-busy", 60.0)]
    journal.record("other", shy.id, Done())
    process.settle()
    assert process.world.writes_on(VMS[-1]) == ["PUT"]


def test_a_stopped_vm_is_started_and_put_back_under_a_lease(clock: VirtualClock, journal: Journal) -> None:
    world = world_of(clock, machine("off-1", power=Power.DEALLOCATED))
    process = Runner(world, clock, wish("off-1", if_stopped=IfStopped.START), journal)
    process.epoch = journal.lease("ours", 20, clock.monotonic).take().epoch
    process.settle()
    assert {entry.epoch for entry in journal.audit()} == {process.epoch}
    assert {entry.action for entry in journal.audit()} >= {"start-vm", "protect", "put-back"}


def test_an_operation_that_ended_and_cannot_be_noted_halts_the_run(clock: VirtualClock, journal: Journal) -> None:
    process = runner(clock, journal)
    journal.intend("earlier", protect(VMS[0]), "c")
    journal.record("earlier", f"protect:{VMS[0]}", Pending(Operation("https://azure/forgotten", "location")))
    process.journal = MortalJournal(journal, Full("record"))
    with pytest.raises(JournalError):
        process.once()
    assert process.world.writes == []
    process.journal = journal
    process.settle()
    assert process.world.writes_on(VMS[0]) == ["PUT"]


def test_a_stop_while_azure_asks_for_patience_ends_with_what_azure_said(clock: VirtualClock, journal: Journal) -> None:
    process = runner(clock, journal)
    process.world.faults.throttle[VMS[0]] = 3
    process.stop = lambda: "enough" if process.world.faults.throttle[VMS[0]] < 3 else None
    outcome = next(one for step, one in process.once().outcomes.items() if step.endswith(VMS[0]) and "protect" in step)
    assert isinstance(outcome, Retry)
    assert outcome.error is not None
    assert outcome.error.status == 429
    assert process.world.writes_on(VMS[0]) == []


def test_a_put_back_that_breaks_is_nobody_elses_trouble(clock: VirtualClock, journal: Journal) -> None:
    step = start("web-1")
    process = runner(clock, journal)
    journal.owe("earlier", step)
    process.world = world_of(clock, machine("web-1"), machine("web-2"))
    process.desired = wish("web-2")
    process.world.faults.explode.add("web-1")
    process.once()
    assert process.world.writes_on("web-2") == ["PUT"]
    assert len(journal.debts()) == 1


def test_a_put_back_of_ones_own_that_breaks_stays_owed(clock: VirtualClock, journal: Journal) -> None:
    place = bench(lambda _: journal, machine("web-1", power=Power.DEALLOCATED))
    step = start("web-1")

    def boundary(name: str) -> None:
        if name == "after effect":
            place.world.faults.explode.add("web-1")

    place.world.boundary = boundary
    outcome = place.clock.run(carry_out(plan_of(step), place.run))[step.id]
    assert isinstance(outcome, Retry)
    assert "the request to put it back broke" in outcome.message
    assert [debt.step_id for debt in journal.debts()] == [step.id]


def test_an_earlier_put_back_whose_answer_cannot_be_noted_halts_the_run(clock: VirtualClock, journal: Journal) -> None:
    process = runner(clock, journal)
    process.world = world_of(clock, machine("web-1"), machine("web-2"))
    process.desired = wish("web-2")
    journal.owe("earlier", start("web-1"))

    def boundary(name: str) -> None:
        if name == "before record" and process.world.writes[-1][1].endswith("/deallocate"):
            raise JournalError(FULL)

    process.journal = MortalJournal(journal, boundary)
    assert str(process.once().halt) == FULL
    assert [path.rpartition("/")[2] for _, path in process.world.writes][-1] == "deallocate"
    assert len(journal.debts()) == 1
    process.journal = journal
    process.settle()
    assert journal.debts() == []
