"""Change windows: when a clock on a wall somewhere allows changes. Pure; summer time counts as that clock shows it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_SYNTAX = re.compile(
    r"\s*(?P<days>[A-Za-z]{3,9}(?:\s*[-,]\s*[A-Za-z]{3,9})*)\s+"
    r"(?P<start>\d{1,2}:\d{2})\s*-\s*(?P<end>\d{1,2}:\d{2})(?:\s+(?P<zone>[A-Za-z0-9_+\-/]{1,64}))?\s*",
    re.ASCII,
)
_EXAMPLE = "write days, times and a zone, such as 'Mon-Fri 22:00-06:00 Europe/Amsterdam'"
_LOOK_AHEAD = 15
"""Days in which the next opening is looked for: a window of one day a week may fall into the hour that spring skips."""


class WindowError(ValueError):
    """A text is no window; the message says what to write."""


@dataclass(frozen=True, slots=True)
class Window:
    """`days` are those on which it opens, 0 for Monday. One that ends before it begins goes on into the next day."""

    days: frozenset[int]
    start: time
    end: time
    zone: str = "UTC"

    def is_open(self, now: datetime) -> bool:
        """Whether a clock in the zone shows a time within the window at this moment (aware)."""
        local = now.astimezone(ZoneInfo(self.zone))
        shown, day = local.time(), local.weekday()
        if self.start < self.end:
            return day in self.days and self.start <= shown < self.end
        return (day in self.days and shown >= self.start) or ((day - 1) % 7 in self.days and shown < self.end)

    def opens_after(self, now: datetime) -> datetime | None:
        """The next moment (UTC) at which it opens; None when none comes within two weeks."""
        zone = ZoneInfo(self.zone)
        today = now.astimezone(zone).date()
        days = [today + timedelta(days=number) for number in range(_LOOK_AHEAD)]
        starts = [datetime.combine(day, self.start, zone).astimezone(UTC) for day in days]
        return next((start for start in starts if start > now and self.is_open(start)), None)


def window(text: str) -> Window:
    """`Mon-Fri 22:00-06:00 Europe/Amsterdam`, `Sat,Sun 00:00-24:00`, `daily 01:00-05:00`; raises WindowError."""
    match = _SYNTAX.fullmatch(text)
    if match is None:
        raise WindowError(f"{text!r} is no change window: {_EXAMPLE}")
    zone = match["zone"] or "UTC"
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise WindowError(f"{text!r}: there is no time zone {zone!r}; {_EXAMPLE}") from error
    return Window(_days(match["days"], text), _time(match["start"], text), _time(match["end"], text), zone)


def closed(windows: Sequence[Window], now: datetime) -> str:
    """Why nothing may be changed now, and until when; empty while any window is open, and where there are none."""
    if not windows or any(one.is_open(now) for one in windows):
        return ""
    openings = [(opens, one.zone) for one in windows if (opens := one.opens_after(now)) is not None]
    if not openings:
        return "outside of the change windows, of which none opens within two weeks"
    opens, zone = min(openings)
    local = opens.astimezone(ZoneInfo(zone))
    return f"outside of the change windows; the next one opens on {DAYS[local.weekday()]} {local:%Y-%m-%d %H:%M} {zone}"


def _days(text: str, whole: str) -> frozenset[int]:
    if text.strip().lower() == "daily":
        return frozenset(range(7))
    found: set[int] = set()
    for part in text.split(","):
        first, dash, last = (word.strip() for word in part.partition("-"))
        begin, end = _day(first, whole), _day(last if dash else first, whole)
        found.update((begin + number) % 7 for number in range((end - begin) % 7 + 1))
    return frozenset(found)


def _day(text: str, whole: str) -> int:
    names = [name.lower() for name in DAYS]
    short = text[:3].lower()
    if short not in names:
        raise WindowError(f"{whole!r}: there is no day {text!r}; {_EXAMPLE}")
    return names.index(short)


def _time(text: str, whole: str) -> time:
    hour, minute = (int(part) for part in text.split(":"))
    if (hour, minute) == (24, 0):
        return time.max
    if hour > 23 or minute > 59:
        raise WindowError(f"{whole!r}: there is no time {text}; {_EXAMPLE}")
    return time(hour, minute)
