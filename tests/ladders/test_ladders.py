"""A deterministic slice of every ladder, on each commit; and every case that ever violated something."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ladders.climb import judge
from tests.ladders.registry import ladders

SEEDS: dict[int, list[dict[str, Any]]] = yaml.safe_load(
    (Path(__file__).parent / "seeds.yaml").read_text(encoding="utf-8")
)
SLICE = {1: 160, 10: 900}
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
    assert judge(ladders()[number], case).violations == ()


def test_every_seed_says_what_was_wrong() -> None:
    for seeds in SEEDS.values():
        for kept in seeds:
            assert set(kept) == {"seed", "found", "was"}
            assert kept["was"][-1] == "."
