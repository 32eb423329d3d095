"""The page on reliability is what its figures make of it: full runs of every ladder, and nothing is violated."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.ladders.page import DATA, PAGE, page
from tests.ladders.registry import ladders

REPORT = json.loads(DATA.read_text(encoding="utf-8"))
AT_LEAST = {1: 10_000, 2: 4_000, 3: 5_000, 4: 400, 9: 2_000, 11: 24, 12: 40}
"""Runs of the ladders of which a number was promised. A case of the eleventh kills five processes or more."""


def test_the_page_is_made_from_the_figures() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(REPORT)


def test_what_was_violated_is_mended() -> None:
    assert "Not mended yet" not in page(REPORT)


def test_every_ladder_is_in_it() -> None:
    assert [one["number"] for one in REPORT["ladders"]] == list(ladders())


@pytest.mark.parametrize("one", REPORT["ladders"], ids=lambda one: str(one["number"]))
def test_enough_was_run(one: dict[str, Any]) -> None:
    assert one["not_run"] == ""
    assert one["runs"] >= AT_LEAST.get(one["number"], 1)
