"""The fence is asked where the intent is stored: who may no longer write stores nothing, and is told why."""

from __future__ import annotations

from dataclasses import replace

from reconciler.model.board import Role
from reconciler.model.journal import FREE, Debt, Fence, Mandate
from reconciler.model.outcome import Done, Operation, Pending, Retry
from tests.unit.engine.estate import protect, start
from tests.unit.store.conftest import Opener

STEP = protect("web-1")


def test_a_writer_without_lease_and_turn_is_fenced_by_nobody(opened: Opener) -> None:
    journal = opened()
    journal.lease("one", 20, lambda: 0.0).take()
    journal.enter("sha256:a", ["rsv"])
    journal.enter("sha256:b", ["rsv"])
    assert journal.intend("r", STEP, "c") is None


def test_a_lease_that_was_lost_fences_intents_and_put_backs(opened: Opener) -> None:
    clock = [0.0]
    journal, other = opened(), opened()
    ours = journal.lease("one", 20, lambda: clock[0])
    theirs = other.lease("other", 20, lambda: clock[0])
    mandate = Mandate("rev", ours.take().epoch)
    assert journal.intend("r", STEP, "c", mandate=mandate) is None
    journal.record("r", STEP.id, Done())
    ours.give_back()
    assert journal.intend("r", STEP, "c", mandate=mandate) is None
    journal.record("r", STEP.id, Done())
    assert theirs.take().role is Role.LEADER
    before = journal.head()
    assert journal.intend("r", STEP, "c", mandate=mandate) is Fence.LEASE_LOST
    debt = Debt("r", "start-vm:web-1", start("web-1").call)
    assert journal.intend_put_back("r", debt, "c", mandate) is Fence.LEASE_LOST
    assert journal.open_operations() == []
    assert journal.head() == before


def test_an_epoch_of_another_database_is_not_the_lease(opened: Opener) -> None:
    """A copy restored from last month knows smaller epochs than a process that lives on."""
    journal = opened()
    epoch = journal.lease("one", 20, lambda: 0.0).take().epoch
    assert journal.intend("r", STEP, "c", mandate=Mandate(None, epoch + 5)) is Fence.LEASE_LOST


def test_a_newer_run_with_another_configuration_ends_the_older_one_in_that_vault(opened: Opener) -> None:
    older, newer = opened(), opened()
    turn = older.enter("sha256:a", ["rsv", "other"])
    assert older.intend("r1", STEP, "c", mandate=Mandate(None, 0, turn)) is None
    older.record("r1", STEP.id, Done())
    later = newer.enter("sha256:b", ["rsv"])
    assert later > turn
    assert older.intend("r1", STEP, "c", mandate=Mandate(None, 0, turn)) is Fence.SUPERSEDED
    elsewhere = replace(STEP, id="protect:elsewhere", vault="other")
    assert older.intend("r1", elsewhere, "c", mandate=Mandate(None, 0, turn)) is None
    assert newer.intend("r2", STEP, "c", mandate=Mandate(None, 0, later)) is None


def test_a_newer_run_with_the_same_configuration_does_not(opened: Opener) -> None:
    journal = opened()
    turn = journal.enter("sha256:a", ["rsv"])
    journal.enter("sha256:a", ["rsv"])
    assert journal.intend("r1", STEP, "c", mandate=Mandate(None, 0, turn)) is None


def test_going_back_to_an_older_configuration_is_a_newer_turn(opened: Opener) -> None:
    """The slow process of the first turn must not think that its time has come again."""
    journal = opened()
    first, second, third = (journal.enter(f"sha256:{digest}", ["rsv"]) for digest in "aba")
    assert first < second < third
    assert journal.intend("r1", STEP, "c", mandate=Mandate(None, 0, first)) is Fence.SUPERSEDED
    assert journal.intend("r2", STEP, "c", mandate=Mandate(None, 0, second)) is Fence.SUPERSEDED
    assert journal.intend("r3", STEP, "c", mandate=Mandate(None, 0, third)) is None


def test_what_another_run_has_sent_to_a_vm_and_not_seen_end_is_in_the_way(opened: Opener) -> None:
    one, other = opened(), opened()
    assert one.intend("r1", STEP, "c") is None
    shouted = replace(STEP, subject=replace(STEP.subject, id=STEP.subject.id.upper()))
    assert other.intend("r2", shouted, "c") is Fence.TAKEN
    assert other.intend_put_back("r2", Debt("r1", STEP.id, STEP.call), "c") is Fence.TAKEN
    one.record("r1", STEP.id, Pending(Operation("https://azure/op", "location")))
    assert other.intend("r2", shouted, "c") is Fence.TAKEN
    assert other.intend("r2", protect("web-2"), "c") is None
    assert one.intend("r1", STEP, "c") is None
    one.record("r1", STEP.id, Retry("unknown-outcome", 0.0))
    assert other.intend("r2", shouted, "c") is None


def test_what_another_run_has_sent_since_the_look_is_in_the_way_though_it_has_ended(opened: Opener) -> None:
    """Our look cannot have shown it: to send our request would do the same again."""
    one, other = opened(), opened()
    one.intend("r0", STEP, "c")
    one.record("r0", STEP.id, Done())
    looked = other.head().entries
    assert one.intend("r1", replace(STEP, subject=replace(STEP.subject, id=STEP.subject.id.upper())), "c") is None
    one.record("r1", STEP.id, Done())
    assert other.intend("r2", STEP, "c", mandate=Mandate(seen=looked)) is Fence.TAKEN
    assert other.intend("r2", protect("web-2"), "c", mandate=Mandate(seen=looked)) is None
    assert other.intend("r2", STEP, "c", mandate=Mandate(seen=other.head().entries)) is None
    other.record("r2", STEP.id, Done())
    assert other.intend("r2", STEP, "c", mandate=Mandate(seen=looked + 2)) is None


def test_a_debt_is_crossed_out_by_none_who_might_not_have_seen_the_vm_started(opened: Opener) -> None:
    """Our look showed it off; another run has started it since, and is at work on it or has lost its way."""
    one, other = opened(), opened()
    step = start("web-1")
    debt = Debt("r1", step.id, step.put_back or step.call)
    looked = other.head().entries
    one.owe("r1", step)
    one.intend("r1", step, "c")
    assert other.cross_out("r2", debt, FREE) is Fence.TAKEN
    one.record("r1", step.id, Done())
    assert other.cross_out("r2", debt, Mandate(seen=looked)) is Fence.TAKEN
    assert other.cross_out("r2", debt, Mandate(epoch=9)) is Fence.LEASE_LOST
    assert len(one.debts()) == 1
    assert other.cross_out("r2", debt, Mandate(seen=other.head().entries)) is None
    assert one.debts() == []


def test_what_has_only_ended_since_the_look_is_not(opened: Opener) -> None:
    """A run that takes up where another died writes down how that one's requests ended."""
    journal = opened()
    journal.intend("r1", STEP, "c")
    looked = journal.head().entries
    journal.record("r1", STEP.id, Retry("unknown-outcome", 0.0))
    assert journal.intend("r2", STEP, "c", mandate=Mandate(seen=looked)) is None


def test_what_ends_a_run_and_what_only_makes_it_wait() -> None:
    assert {fence for fence in Fence if fence.ends_the_run} == {Fence.LEASE_LOST, Fence.SUPERSEDED}
