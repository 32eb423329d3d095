"""The page on watch mode names every metric, and no other."""

from __future__ import annotations

import re
from itertools import takewhile
from pathlib import Path

from tests.unit.engine.loop.stage import stage
from tests.unit.health.test_metrics import told

PAGE = Path(__file__).parents[3] / "docs" / "watch.md"
_NAME = re.compile(r"`([a-z_]+)(?:\{[a-z,]+\})?`")


def test_every_metric_is_documented_and_every_documented_one_exists() -> None:
    with stage(a=["a-1"]) as place:
        exported = {name for name in told(place, a=["a-1"]) if name.startswith("reconcile_")}
    families = {_bare(name.removeprefix("reconcile_")) for name in exported}
    rows = PAGE.read_text(encoding="utf-8").splitlines()
    begin = next(number for number, row in enumerate(rows) if row.startswith("| metric "))
    table = list(takewhile(lambda row: row.startswith("|"), rows[begin + 2 :]))
    named = {_bare(name) for row in table for name in _NAME.findall(row.split(" | ")[0])}
    assert named == families


def _bare(name: str) -> str:
    """Without the endings that depend on the kind of metric."""
    return re.sub(r"_(bucket|count|sum|total|info)$", "", name)
