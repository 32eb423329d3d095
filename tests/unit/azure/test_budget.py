"""Buckets and pauses, on a clock that only sleeps move."""

from __future__ import annotations

import asyncio

import pytest

from reconciler.azure.budget import PATIENCE, WRITE_PATIENCE, Budget, subscription_of
from reconciler.model.outcome import Operation, Pending, Refused
from tests.unit.azure.scripted import GET, PUT, Says, VirtualClock, bench, refusal


@pytest.mark.parametrize(("kind", "burst", "rate"), [("reads", 250, 25.0), ("writes", 200, 10.0)])
async def test_a_burst_is_free_and_then_the_rate_holds(kind: str, burst: int, rate: float) -> None:
    clock = VirtualClock()
    budget = Budget(clock)
    for _ in range(burst):
        assert await budget.take("s", "reads" if kind == "reads" else "writes") == 0
    assert clock.slept == []
    for _ in range(50):
        await budget.take("s", "reads" if kind == "reads" else "writes")
    assert clock.seconds == pytest.approx(50 / rate)


async def test_subscriptions_do_not_share() -> None:
    clock = VirtualClock()
    budget = Budget(clock)
    budget.pause("one", 60)
    await budget.take("two", "reads")
    assert clock.seconds == 0
    await budget.take("one", "reads")
    assert clock.seconds == pytest.approx(60)


async def test_who_would_wait_too_long_is_told_how_long_instead() -> None:
    clock = VirtualClock()
    budget = Budget(clock)
    budget.pause("s", PATIENCE + 1)
    assert await budget.take("s", "reads") == pytest.approx(PATIENCE + 1)
    assert clock.slept == []


async def test_a_pause_is_never_shortened() -> None:
    budget = Budget(VirtualClock())
    budget.pause("s", 500)
    budget.pause("s", 1)
    assert await budget.take("s", "reads") == pytest.approx(500)


async def test_headers_lower_the_bucket_and_never_raise_it() -> None:
    clock = VirtualClock()
    budget = Budget(clock)
    budget.note("s", {"x-ms-ratelimit-remaining-subscription-reads": "1"})
    budget.note("s", {"x-ms-ratelimit-remaining-subscription-reads": "9999"})
    budget.note("s", {"x-ms-ratelimit-remaining-subscription-reads": "-3"})
    await budget.take("s", "reads")
    assert clock.seconds == 0
    await budget.take("s", "reads")
    assert clock.seconds == pytest.approx(1 / 25)


async def test_callers_at_once_share_the_rate() -> None:
    clock = VirtualClock()
    budget = Budget(clock)
    budget.note("s", {"x-ms-ratelimit-remaining-subscription-writes": "0"})
    await asyncio.gather(*(budget.take("s", "writes") for _ in range(20)))
    assert clock.seconds == pytest.approx(20 / 10)


@pytest.mark.parametrize(("path", "expected"), [("/subscriptions/AbC/x", "abc"), ("/providers/x", ""), ("", "")])
def test_subscription_of(path: str, expected: str) -> None:
    assert subscription_of(path) == expected


async def test_a_429_pauses_every_caller_of_the_subscription() -> None:
    made = bench([Says(429, refusal("TooManyRequests"), {"Retry-After": "60"}), Says(200, {})])
    answer = await made.client.submit(PUT, "c")
    assert isinstance(answer, Refused)
    assert (answer.error.code, answer.error.status, answer.error.retry_after) == ("TooManyRequests", 429, 60.0)
    assert made.clock.seconds == 0
    await made.client.ask(GET, "c")
    assert made.clock.seconds == pytest.approx(60)


async def test_during_a_long_pause_nothing_is_sent_and_polls_stay_pending() -> None:
    made = bench([Says(429, refusal("TooManyRequests"), {"Retry-After": "800"}), Says(200, {})])
    await made.client.submit(PUT, "c")
    answer = await made.client.submit(PUT, "c")
    assert isinstance(answer, Refused)
    assert answer.error.status == 429
    assert answer.error.retry_after == pytest.approx(800)
    operation = Operation(f"https://embedded.invalid{PUT.path}/operationsStatus/1", "azure-asyncoperation")
    polled = await made.client.poll(operation)
    assert isinstance(polled, Pending)
    assert polled.operation.retry_after == pytest.approx(800)
    assert len(made.transport.sent) == 1


async def test_a_write_does_not_sit_out_a_pause_for_who_sends_it_must_ask_again_whether_it_may() -> None:
    made = bench([Says(429, refusal("TooManyRequests"), {"Retry-After": "60"}), Says(200, {})])
    await made.client.submit(PUT, "c")
    answer = await made.client.submit(PUT, "c")
    assert isinstance(answer, Refused)
    assert answer.error.status == 429
    assert answer.error.retry_after == pytest.approx(60)
    assert (made.clock.seconds, len(made.transport.sent)) == (0, 1)


async def test_a_pause_that_begins_while_a_turn_is_waited_for_gives_the_turn_back() -> None:
    class Interrupted(VirtualClock):
        async def sleep(self, seconds: float) -> None:
            await super().sleep(seconds)
            budget.pause("s", 100)

    clock = Interrupted()
    budget = Budget(clock)
    budget.pause("s", 2)
    assert await budget.take("s", "writes", WRITE_PATIENCE) == pytest.approx(100)
    clock.seconds += 100
    for _ in range(200):
        assert await budget.take("s", "writes", 0.0) == 0
