"""Change windows: days, midnight, and the nights on which the clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from reconciler.model.window import WindowError, closed, window

AMSTERDAM = "Europe/Amsterdam"


def local(text: str, zone: str = AMSTERDAM, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)


def minutes_open(text: str, begin: datetime, end: datetime) -> int:
    """How many minutes of a span a window is open: counted one by one, in UTC."""
    one, now, found = window(text), begin.astimezone(UTC), 0
    while now < end.astimezone(UTC):
        found += one.is_open(now)
        now += timedelta(minutes=1)
    return found


@pytest.mark.parametrize(
    ("text", "moment", "expected"),
    [
        ("Mon-Fri 22:00-06:00 Europe/Amsterdam", "2026-11-23T22:00", True),
        ("Mon-Fri 22:00-06:00 Europe/Amsterdam", "2026-11-23T21:59", False),
        ("Mon-Fri 22:00-06:00 Europe/Amsterdam", "2026-11-24T05:59", True),
        ("Mon-Fri 22:00-06:00 Europe/Amsterdam", "2026-11-24T06:00", False),
        ("Mon-Fri 22:00-06:00 Europe/Amsterdam", "2026-11-28T03:00", True),  # Friday's, on Saturday
        ("Mon-Fri 22:00-06:00 Europe/Amsterdam", "2026-11-23T03:00", False),  # Sunday has none
        ("Fri-Mon 10:00-11:00 Europe/Amsterdam", "2026-11-29T10:30", True),
        ("Fri-Mon 10:00-11:00 Europe/Amsterdam", "2026-11-25T10:30", False),
        ("sat, sunday 00:00-24:00 Europe/Amsterdam", "2026-11-29T23:59", True),
        ("daily 01:00-05:00 Europe/Amsterdam", "2026-11-25T04:00", True),
    ],
)
def test_when_a_window_is_open(text: str, moment: str, expected: bool) -> None:
    assert window(text).is_open(local(moment)) is expected


def test_without_a_zone_it_is_utc() -> None:
    assert window("Mon 10:00-11:00").is_open(datetime(2026, 11, 23, 10, 30, tzinfo=UTC))


def test_in_autumn_the_hour_that_comes_twice_counts_twice() -> None:
    begin, end = local("2026-10-25T00:00"), local("2026-10-25T12:00")
    assert minutes_open("Sun 01:00-05:00 Europe/Amsterdam", begin, end) == 5 * 60
    assert minutes_open("Sun 02:00-03:00 Europe/Amsterdam", begin, end) == 2 * 60


def test_in_spring_the_hour_that_is_skipped_counts_not_at_all() -> None:
    begin, end = local("2026-03-29T00:00"), local("2026-03-29T12:00")
    assert minutes_open("Sun 01:00-05:00 Europe/Amsterdam", begin, end) == 3 * 60
    assert minutes_open("Sun 02:00-03:00 Europe/Amsterdam", begin, end) == 0


def test_who_waits_is_told_until_when() -> None:
    windows = [window("Mon-Fri 22:00-06:00 Europe/Amsterdam"), window("Sat 12:00-13:00 America/New_York")]
    assert closed(windows, local("2026-11-28T12:00")) == (
        "outside of the change windows; the next one opens on Sat 2026-11-28 12:00 America/New_York"
    )
    assert closed(windows, local("2026-11-23T23:00")) == ""
    assert closed([], local("2026-11-23T12:00")) == ""


@pytest.mark.parametrize("text", ["Mon-Fri 22:00-06:00 Europe/Amsterdam", "Sun 02:30-03:30 Europe/Amsterdam"])
def test_at_the_moment_that_is_named_it_does_open_all_year_round(text: str) -> None:
    one, now = window(text), datetime(2026, 1, 1, tzinfo=UTC)
    while now.year == 2026:
        opens = one.opens_after(now)
        assert opens is not None
        assert one.is_open(opens)
        assert not one.is_open(opens - timedelta(minutes=1)) or opens - now > timedelta(hours=23)
        now = max(opens, now + timedelta(hours=7))


@pytest.mark.parametrize(
    "text", ["", "22:00-06:00", "Mon 25:00-26:00", "Xyz 01:00-02:00", "Mon 01:00-02:00 Mars/Olympus", "Mon 1-2"]
)
def test_what_is_no_window_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(WindowError, match="such as"):
        window(text)
