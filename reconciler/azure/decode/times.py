"""Azure's times: ISO 8601 with and without a zone, and the two sentinels that mean never (WIRE 14)."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_NEVER = 2001
"""Sentinels are 0001-01-01 and 2001-01-01; nothing was backed up in either year."""

_DAYS = re.compile(r"(?:([0-9]{1,5})\.)?[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?")


def moment(text: str | None) -> datetime | None:
    """Aware UTC; a time without a zone is UTC. None for never, for no time and for what is none."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
        aware = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return None if aware.year <= _NEVER else aware


def time_of_day(text: str) -> str | None:
    """`HH:MM` of a policy's time: wall-clock time in the policy's zone, whatever offset is written (WIRE 5)."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return f"{found:%H:%M}"


def whole_days(span: str | None) -> int | None:
    """The days of a .NET TimeSpan `d.hh:mm:ss`, rounded down; None when it is none."""
    match = _DAYS.fullmatch(span or "")
    return int(match[1] or 0) if match else None


def filter_time(at: datetime) -> str:
    """As filters take it, `yyyy-MM-dd hh:mm:ss tt` of .NET (WIRE 2.4), without the locale's AM and PM; `at` is UTC."""
    return f"{at:%Y-%m-%d %I:%M:%S} {'AM' if at.hour < 12 else 'PM'}"
