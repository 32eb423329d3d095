"""The picture of what a policy keeps: a square a day, a column a week, the newest week at the right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from reconciler.model.outlook import Keeper, KeptPoint, Outlook

SQUARE = 10
STEP = 12
_LEFT, _TOP = 30, 18
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Square:
    """`keeper` is the tier that keeps the point longest; None for a day without one."""

    x: int
    y: int
    day: date
    keeper: Keeper | None
    until: date | None


@dataclass(frozen=True, slots=True)
class Label:
    x: int
    month: int
    year: int


@dataclass(frozen=True, slots=True)
class Picture:
    """Lengths are units of the drawing."""

    width: int
    height: int
    squares: Sequence[Square]
    months: Sequence[Label]
    rows: Sequence[tuple[int, int]]
    """Weekdays that have a label, 0 for Monday, and where."""


def draw(outlook: Outlook) -> Picture:
    first = outlook.today - timedelta(days=outlook.days)
    monday = first - timedelta(days=first.weekday())
    kept = {point.day: point for point in outlook.kept}
    squares = [_square(first + timedelta(days=n), monday, kept) for n in range(outlook.days + 1)]
    return Picture(
        width=squares[-1].x + STEP,
        height=_TOP + 7 * STEP,
        squares=squares,
        months=list(_months(first, outlook.today, monday)),
        rows=[(weekday, _TOP + weekday * STEP + SQUARE - 1) for weekday in (0, 2, 4, 6)],
    )


def _square(day: date, monday: date, kept: dict[date, KeptPoint]) -> Square:
    point = kept.get(day)
    x = _LEFT + ((day - monday) // _WEEK) * STEP
    keeper, until = (point.by[-1], point.until) if point is not None else (None, None)
    return Square(x, _TOP + day.weekday() * STEP, day, keeper, until)


def _months(first: date, last: date, monday: date) -> Iterator[Label]:
    """One over the week in which each month begins."""
    day = first.replace(day=1)
    while day <= last:
        if day >= first:
            yield Label(_LEFT + ((day - monday) // _WEEK) * STEP, day.month, day.year)
        day = (day + timedelta(days=32)).replace(day=1)


def spans(outlook: Outlook) -> Sequence[tuple[Keeper, int, date, date]]:
    """The picture in words: of each tier how many points only it keeps longest, the oldest and the newest of them."""
    found = []
    for keeper in Keeper:
        days = [point.day for point in outlook.kept if point.by[-1] is keeper]
        if days:
            found.append((keeper, len(days), days[0], days[-1]))
    return found
