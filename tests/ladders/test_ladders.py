"""A deterministic slice of every ladder, on each commit; and every case that ever violated something."""

from __future__ import annotations

import os
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.actions import ACTIONS
from tests.ladders.climb import judge
from tests.ladders.invariants import check
from tests.ladders.registry import ladders
from tests.simulation.course import calm, end_of
from tests.simulation.faults import catalogue
from tests.simulation.scenarios import SCENARIOS, SMALL

SEEDS: dict[int, list[dict[str, Any]]] = yaml.safe_load(
    (Path(__file__).parent / "seeds.yaml").read_text(encoding="utf-8")
)
SLICE = {1: 160, 2: 80, 3: 60, 4: 120, 5: 6, 6: 16, 7: 40, 10: 900, 12: 3}
"""How many cases of a ladder run on each commit; those that are not here have tests of their own."""
PARTS = 4


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("number", [number for number in ladders() if number in SLICE])
def test_a_slice_violates_nothing(number: int, part: int) -> None:
    ladder = ladders()[number]
    for case in islice(ladder.cases(0), part, SLICE[number], PARTS):
        assert judge(ladder, case).violations == (), case


@pytest.mark.parametrize(
    ("number", "case"), [(number, kept["seed"]) for number, seeds in SEEDS.items() for kept in seeds]
)
def test_what_once_was_violated_holds(number: int, case: str) -> None:
    if why := ladders()[number].missing():
        assert not os.environ.get("CI"), why
        pytest.skip(why)
    assert judge(ladders()[number], case).violations == ()


@pytest.mark.parametrize("name", [name for name, scenario in SCENARIOS.items() if scenario.end() is not None])
def test_the_calm_run_ends_as_is_written(name: str) -> None:
    """All others are compared with this: what it does wrong, nobody else would see."""
    story = calm(name)
    assert story.settled
    assert story.end == end_of(name)
    assert check(story) == ()


def test_every_small_world_has_its_end_in_writing() -> None:
    assert [name for name, scenario in SMALL.items() if scenario.end() is None] == []


def test_every_action_is_in_a_small_world() -> None:
    plans = [made.plan for name in SMALL for made in calm(name).passes if made.plan is not None]
    assert {step.action for plan in plans for step in plan.steps} == set(ACTIONS)


def test_the_catalogue_is_whole() -> None:
    families = {"T": 13, "S": 24, "B": 20, "P": 10, "L": 14, "W": 7}
    assert {kind for letter, most in families.items() for kind in (f"{letter}{n}" for n in range(1, most + 1))} == set(
        catalogue()
    )
    assert len(catalogue()) == 88


def test_every_seed_says_what_was_wrong() -> None:
    for seeds in SEEDS.values():
        for kept in seeds:
            assert set(kept) == {"seed", "found", "was"}
            assert kept["was"][-1] == "."
