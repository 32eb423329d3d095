"""A slice of the soak: half a day of everything, and then calm."""

from __future__ import annotations

from pathlib import Path

from tests.soak.weeks import soak


def test_after_half_a_day_of_everything_the_vaults_are_as_declared(tmp_path: Path) -> None:
    figures = soak(tmp_path, 12, 1, interval=1800.0)
    assert figures.wrong == []
    assert figures.writes > 18
    assert len(figures.happened) > 5
