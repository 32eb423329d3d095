"""A few of the harms of ladder 11 on each commit: an apply over https that is killed, cut off, or left without room."""

from __future__ import annotations

import os

import pytest

from tests.ladders.climb import judge
from tests.ladders.registry import ladders
from tests.process.harms import HARMS


@pytest.mark.parametrize(
    ("store", "harm"),
    [
        ("postgresql", "killed"),
        ("sqlite", "interrupted"),
        ("sqlite", "unheard"),
        ("sqlite", "full-disk"),
        ("sqlite", "read-only"),
        ("postgresql", "full-disk"),
    ],
)
def test_one_undisturbed_run_puts_all_right(store: str, harm: str) -> None:
    ladder = ladders()[11]
    if why := ladder.missing():
        assert not os.environ.get("CI"), why
        pytest.skip(why)
    assert judge(ladder, f"{store} {harm} 0").violations == ()


def test_every_harm_is_on_both_stores_and_enough_are_killed() -> None:
    cases = [case.split(" ") for case in ladders()[11].cases(0)]
    for store in ("sqlite", "postgresql"):
        done = [harm for where, harm, _ in cases if where == store]
        assert set(done) == {*HARMS, "killed-in-a-loop"}
        assert done.count("killed") >= 15
