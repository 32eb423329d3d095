"""One holder at a time, by clocks that only move on; a wall clock that jumps changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model.board import Role
from reconciler.store.journal import Journal
from reconciler.store.lease import MARGIN, JournalLease
from tests.unit.store.conftest import NOW, Opener

SECONDS = 20.0
PATIENCE = SECONDS * (1 + MARGIN)


@dataclass
class Host:
    """A machine: a wall clock that may jump, and one that only moves on, from any begin."""

    seconds: float = 0.0
    wall: datetime = NOW
    begin: float = field(default=0.0)

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return self.begin + self.seconds


@pytest.fixture
def one(opened: Opener) -> tuple[Host, JournalLease]:
    host = Host()
    return host, opened(host.now).lease("one", SECONDS, host.monotonic)


@pytest.fixture
def other(opened: Opener) -> tuple[Host, JournalLease]:
    host = Host(begin=-1e6)
    return host, opened(host.now).lease("other", SECONDS, host.monotonic)


Side = tuple[Host, JournalLease]


def test_the_first_takes_it_and_renews_it_under_the_same_epoch(one: Side) -> None:
    host, lease = one
    assert lease.left() == 0
    state = lease.take()
    assert (state.role, state.holder, state.epoch) == (Role.LEADER, "one", 1)
    assert state.expires_at == NOW + timedelta(seconds=SECONDS)
    host.seconds += 15
    assert lease.left() == pytest.approx(5)
    assert lease.take().epoch == 1
    assert lease.left() == pytest.approx(SECONDS)
    host.seconds += 30
    assert lease.left() == 0
    assert lease.take().epoch == 1


def test_another_stands_by_and_takes_over_when_nothing_is_renewed(one: Side, other: Side) -> None:
    (here, ours), (there, theirs) = one, other
    ours.take()
    state = theirs.take()
    assert (state.role, state.holder, state.epoch, theirs.left()) == (Role.STANDBY, "one", 1, 0)
    assert state.expires_at == NOW + timedelta(seconds=PATIENCE)
    there.seconds += PATIENCE - 1
    assert theirs.take().role is Role.STANDBY
    there.seconds += 2
    state = theirs.take()
    assert (state.role, state.epoch) == (Role.LEADER, 2)
    here.seconds += PATIENCE
    assert ours.left() == 0
    assert ours.take().role is Role.STANDBY


def test_each_renewal_begins_the_wait_anew(one: Side, other: Side) -> None:
    (here, ours), (there, theirs) = one, other
    for _ in range(50):
        assert ours.take().role is Role.LEADER
        assert theirs.take().role is Role.STANDBY
        here.seconds += 10
        there.seconds += 10


def test_what_was_given_back_is_taken_at_once_and_only_the_holder_gives_back(one: Side, other: Side) -> None:
    (_, ours), (_, theirs) = one, other
    ours.take()
    theirs.give_back()
    assert theirs.take().role is Role.STANDBY
    ours.give_back()
    ours.give_back()
    assert ours.left() == 0
    assert theirs.take().epoch == 2
    assert ours.take().role is Role.STANDBY


@pytest.mark.parametrize("years", [-10, 10])
def test_a_wall_clock_that_jumps_neither_extends_nor_ends_it(one: Side, other: Side, years: int) -> None:
    (here, ours), (there, theirs) = one, other
    ours.take()
    theirs.take()
    here.wall = there.wall = NOW + timedelta(days=365 * years)
    assert ours.left() == SECONDS
    assert theirs.take().role is Role.STANDBY
    there.seconds += PATIENCE
    assert theirs.take().role is Role.LEADER


def test_the_time_of_the_holders_lease_counts_not_that_of_who_waits(opened: Opener) -> None:
    host = Host()
    opened(host.now).lease("slow", 100, host.monotonic).take()
    quick = opened(host.now).lease("quick", 1, host.monotonic)
    quick.take()
    host.seconds += 50
    assert quick.take().role is Role.STANDBY
    host.seconds += 61
    assert quick.take().role is Role.LEADER


def test_a_process_that_slept_is_told_by_the_epoch(one: Side, other: Side) -> None:
    """SIGSTOP for ten minutes on a host whose clock did not count them: only the database knows."""
    (_, ours), (there, theirs) = one, other
    epoch = ours.take().epoch
    theirs.take()
    there.seconds += 600
    assert theirs.take().epoch > epoch
    assert ours.left() == SECONDS
    assert ours.take().role is Role.STANDBY


@pytest.fixture(scope="module")
def shared() -> Iterator[Journal]:
    with Journal(":memory:", lambda: NOW) as journal:
        yield journal


@settings(derandomize=True, deadline=None, max_examples=200, database=None)
@given(moves=st.lists(st.tuples(st.integers(0, 2), st.sampled_from([0.0, 1, 5, 19, 23]), st.booleans()), max_size=40))
def test_never_two_at_once_and_epochs_only_grow(shared: Journal, moves: list[tuple[int, float, bool]]) -> None:
    host = Host()
    leases = [shared.lease(f"{number}", SECONDS, host.monotonic) for number in range(3)]
    newest, holder = leases[0].take().epoch, "0"
    for number, seconds, back in moves:
        host.seconds += seconds
        if back:
            leases[number].give_back()
            continue
        state = leases[number].take()
        assert state.epoch >= newest
        assert state.epoch > newest or state.holder == holder
        newest, holder = state.epoch, state.holder
        assert sum(lease.left() > 0 for lease in leases) <= 1
    for lease in leases:
        lease.give_back()
