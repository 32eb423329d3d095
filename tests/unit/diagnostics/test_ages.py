"""Spans of time in words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from reconciler.diagnostics.ages import age_words


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0, "0 minutes"),
        (1, "1 minute"),
        (59, "59 minutes"),
        (60, "1 hour"),
        (47 * 60 + 59, "47 hours"),
        (4320, "3 days"),
    ],
)
def test_ages_in_words(minutes: int, words: str) -> None:
    assert age_words(timedelta(minutes=minutes)) == words
