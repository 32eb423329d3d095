"""Each predicate sees what it is for, and is silent where nothing is wrong."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from reconciler.model.call import Call
from tests.ladders.forged import (
    PROTECT,
    RETIRED,
    STOP,
    VAULT,
    WISH,
    Forger,
    consented,
    item,
    keeps,
    plan,
    policies,
    step,
)
from tests.ladders.forgeries import FORGERIES, OLDER, POLICY, Forgery
from tests.ladders.invariants import check, predicates
from tests.simulation.course import calm, with_faults
from tests.simulation.fault import Fault
from tests.simulation.story import Story


@pytest.mark.parametrize(("number", "forgery"), FORGERIES, ids=lambda value: getattr(value, "__name__", value))
def test_a_forged_run_is_found_out(number: str, forgery: Forgery) -> None:
    forger = Forger()
    forgery(forger)
    assert list(predicates()[number](forger.story))
    assert number in {violation.invariant for violation in check(forger.story)}


def test_every_predicate_was_seen_to_fail() -> None:
    assert set(predicates()) == {number for number, _ in FORGERIES}


def test_an_unexpected_error_is_a_violation() -> None:
    forger = Forger()
    forger.run(error="KeyError: 'x'")
    assert [violation.invariant for violation in check(forger.story)] == ["crash"]


def _sound() -> Iterator[Story]:
    """Honest runs: all went well; a stop that was asked for; a shortening that was consented to; going back."""
    yield calm("retired")
    yield with_faults("shorter", [Fault("write:policy:agreed@rsv", 1, "T7")])
    forger = Forger()
    forger.run(plan(step(item(), STOP)), desired=RETIRED)
    forger.send("PUT", item(), STOP)
    yield forger.story
    forger = Forger()
    before = policies("daily", daily=30)
    wish = consented("rsv/daily")
    forger.run(plan(step(POLICY, f'{{"properties":{keeps(7)}}}')), desired=wish, before=before)
    forger.send("PUT", POLICY, f'{{"properties":{keeps(7)}}}')
    yield forger.story
    forger = Forger()
    forger.run(plan(step(item())), desired=WISH)
    forger.send("PUT", item(), PROTECT, status=503, served=[])
    forger.send("GET", f"{VAULT}/backupProtectedItems")
    forger.send("PUT", item(), PROTECT)
    yield forger.story
    yield _went_back_and_forth()


def _went_back_and_forth() -> Story:
    """An older configuration is begun anew after a newer one, and its last request overlaps with the newer's return."""
    forger = Forger()
    for desired in (OLDER, WISH, OLDER):
        forger.run(plan(step(item())), desired=desired)
        forger.note("enter", "")
    forger.send("GET", f"{VAULT}/backupProtectedItems")
    forger.note("intend", "step-1", "c1", Call("PUT", item(), "v", PROTECT))
    forger.run(plan(), desired=WISH)
    forger.note("enter", "")
    forger.send("PUT", item(), PROTECT, intent=False, process=2)
    return forger.story


def test_a_sound_run_is_not_found_fault_with() -> None:
    for story in _sound():
        assert check(story) == ()


def test_an_operation_was_polled_before_more_was_sent() -> None:
    forger = Forger()
    url = forger.accept()
    forger.run()
    forger.send("GET", url)
    forger.send("PUT", item(), STOP)
    assert list(predicates()["I-30"](forger.story)) == []


def test_an_operation_was_polled_to_its_end_by_a_process_on_the_same_journal() -> None:
    forger = Forger()
    url = forger.accept()
    forger.run()
    forger.run()
    forger.send("GET", url)
    forger.note("done", "step-0")
    forger.send("PUT", item(), STOP, process=1)
    assert list(predicates()["I-30"](forger.story)) == []


def test_an_operation_that_another_journal_knows_was_polled_by_nobody() -> None:
    forger = Forger()
    forger.accept()
    forger.run(journal="two")
    forger.send("PUT", item(), STOP)
    assert list(predicates()["I-30"](forger.story)) == []
