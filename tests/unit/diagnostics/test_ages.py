"""Spans of time in words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from reconciler.diagnostics.ages import age_words, short_age


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0, "less than a minute"),
        (1, "1 minute"),
        (59, "59 minutes"),
        (60, "1 hour"),
        (47 * 60 + 59, "47 hours"),
        (4320, "3 days"),
    ],
)
def test_ages_in_words(minutes: int, words: str) -> None:
    assert age_words(timedelta(minutes=minutes)) == words


@pytest.mark.parametrize(
    ("minutes", "short"), [(1, "1 min"), (40, "40 min"), (90, "1 h"), (47 * 60, "47 h"), (4320, "3 d")]
)
def test_ages_in_a_table(minutes: int, short: str) -> None:
    assert short_age(timedelta(minutes=minutes)) == short


def test_in_chinese() -> None:
    assert age_words(timedelta(minutes=1), "zh-TW") == "1 分鐘"
    assert age_words(timedelta(hours=3), "zh-TW") == "3 小時"
    assert age_words(timedelta(days=4), "zh-TW") == "4 天"
