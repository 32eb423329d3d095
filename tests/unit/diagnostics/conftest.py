"""Whole outputs as expectations: `expected/NAME` beside the tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

EXPECTED = Path(__file__).parent / "expected"


@pytest.fixture
def same_as() -> Callable[[str, str], None]:
    """Compare a text with the file of that name, byte for byte."""

    def check(name: str, actual: str) -> None:
        assert (EXPECTED / name).read_text(encoding="utf-8") == actual

    return check
