"""How long Azure asked to wait: `Retry-After`, read strictly."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_SECONDS = re.compile(r"[0-9]+")
SHORTEST = 1.0
LONGEST = 900.0


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds from `now` (aware), between 1 and 900; None when the header is absent or is neither digits nor a date.

    Nor does a date say anything that is over: either clock is wrong, and a second later it would be over again.
    """
    if value is None:
        return None
    text = value.strip()
    if _SECONDS.fullmatch(text):
        return _clamp(float(text) if len(text) < 10 else LONGEST)
    try:
        moment = parsedate_to_datetime(text) if text.isascii() and len(text) < 64 else None
    except (TypeError, ValueError, OverflowError):
        return None
    if moment is None:
        return None
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    seconds = (aware - now).total_seconds()
    return _clamp(seconds) if seconds > 0 else None


def _clamp(seconds: float) -> float:
    return min(LONGEST, max(SHORTEST, seconds))
