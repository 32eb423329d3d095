"""Operations are looked at as Azure asks, within bounds, and their loss is not their failure."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from reconciler.engine.follow import follow, wait
from reconciler.model.call import Call
from reconciler.model.outcome import Answer, AzureError, Done, Operation, Pending, Refused, Unsure
from tests.unit.engine.virtual import VirtualClock

OPERATION = Operation("https://azure/op", "location")
LATER = Operation("https://azure/op/2", "location", retry_after=20)


def refused(status: int, retry_after: float | None = None) -> Refused:
    return Refused(AzureError("Code", "message", status, retry_after=retry_after))


class Script:
    """A Writer whose polls answer in this order, the last one for ever."""

    def __init__(self, *answers: Answer) -> None:
        self._answers: Sequence[Answer] = answers
        self.polled: list[str] = []

    async def submit(self, call: Call, correlation_id: str) -> Answer:
        raise AssertionError("following sends nothing")

    async def poll(self, operation: Operation) -> Answer:
        self.polled.append(operation.url)
        return self._answers[min(len(self.polled), len(self._answers)) - 1]


def ended(*answers: Answer, operation: Operation = OPERATION) -> tuple[Answer, Script, float]:
    clock, script = VirtualClock(), Script(*answers)
    answer = clock.run(follow(operation, script, clock, seconds=600))
    return answer, script, clock.seconds


def test_the_newest_address_and_pause_count() -> None:
    answer, script, seconds = ended(Pending(LATER), Pending(LATER), Done("job"))
    assert answer == Done("job")
    assert script.polled == [OPERATION.url, LATER.url, LATER.url]
    assert seconds == pytest.approx(2 + 20 + 20)


def test_an_operation_without_end_stays_pending_and_can_be_taken_up() -> None:
    answer, script, seconds = ended(Pending(LATER))
    assert answer == Pending(LATER)
    assert seconds <= 600
    assert len(script.polled) == 30


@pytest.mark.parametrize("status", [0, 400, 403, 409])
def test_a_failed_operation_is_a_refusal(status: int) -> None:
    assert ended(refused(status))[0] == refused(status)


@pytest.mark.parametrize("hiccup", [Unsure("reset"), refused(500), refused(503), refused(408)])
def test_a_look_that_fails_is_repeated_but_not_for_ever(hiccup: Answer) -> None:
    assert ended(hiccup, hiccup, Done())[0] == Done()
    answer, script, _ = ended(hiccup)
    assert isinstance(answer, Unsure)
    assert len(script.polled) == 5


def test_throttled_looks_wait_as_asked() -> None:
    answer, _, seconds = ended(*[refused(429, 30)] * 6, Done())
    assert answer == Done()
    assert seconds == pytest.approx(2 + 6 * 30)


def test_an_operation_that_azure_forgot_is_unknown_not_failed() -> None:
    assert isinstance(ended(refused(404))[0], Unsure)


@pytest.mark.parametrize(("asked", "seconds"), [(0, 2.0), (-5, 2.0), (0.1, 1.0), (60, 60.0), (1e9, 900.0), (None, 2.0)])
def test_a_wait_is_within_bounds(asked: float | None, seconds: float) -> None:
    assert wait(asked, 0) == seconds


@pytest.mark.parametrize("asked", [float("nan"), float("inf")])
def test_a_wait_that_is_no_number_is_none(asked: float) -> None:
    assert 1 <= wait(asked, 0) <= 900


def test_waits_without_advice_grow_and_stop_growing() -> None:
    waits = [wait(None, looks) for looks in range(100)]
    assert waits == sorted(waits)
    assert waits[-1] == 30


def test_a_clock_that_has_run_out_ends_it_at_once() -> None:
    """How a run that was interrupted says that nothing is to be waited for any more."""

    class Over(VirtualClock):
        def monotonic(self) -> float:
            return math.inf

    clock, script = Over(), Script(Pending(LATER))
    assert clock.run(follow(OPERATION, script, clock, seconds=600)) == Pending(OPERATION)
    assert script.polled == []
