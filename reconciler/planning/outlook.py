"""What a policy will do: when it backs up next, and which recovery points are there once it was always in force."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import takewhile

from reconciler.model.backup_rules import BackupRules, ByDate, DayRule, Month, Ordinal, Retention, Weekday
from reconciler.model.ids import fold
from reconciler.model.outlook import Keeper, KeptPoint, Outlook
from reconciler.planning.next_backup import kept_offset, next_backups, starts_of_day, weekdays
from reconciler.planning.situation import Situation, policy_of

DAYS = 400
"""How far back the picture of a policy looks: past a year, so that a yearly point is in it."""

AHEAD = timedelta(days=35)
"""How far ahead its calendar looks: five weeks show each day of a month."""

_WEEK, _MONTHS = tuple(Weekday), tuple(Month)
_DAY = timedelta(days=1)
_LAST_YEAR = 9998


def outlook(situation: Situation, vault: str, policy: str) -> Outlook | None:
    """Of a policy as it is declared, else as its vault has it; None where neither says what its rules are."""
    declared = situation.policies.get((vault, fold(policy)))
    seen = situation.observed.vaults.get(vault)
    present = seen.policies.get(fold(policy)) if seen is not None else None
    rules = declared.rules if declared is not None else present.rules if present is not None else None
    if rules is None:
        return None
    items = seen.items.values() if seen is not None else ()
    starts = [one.last_backup_time for one in items if one.last_backup_time and fold(policy_of(one)) == fold(policy)]
    return foreseen(rules, situation.observed.taken_at, max(starts, default=None))


def foreseen(rules: BackupRules, now: datetime, last_start: datetime | None = None, days: int = DAYS) -> Outlook:
    """`now` is aware; `last_start`, that of the latest backup, shows which offset of its zone the service keeps."""
    schedule = rules.schedule
    ahead = takewhile(lambda run: run.at <= now + AHEAD, next_backups(schedule, now, last_start))
    kept = kept_offset(schedule, now, last_start)
    wall = (now.astimezone(UTC) + (kept.offset if kept is not None else timedelta(0))).replace(tzinfo=None)
    points = list(_points(rules, wall, wall.date() - _longest(rules.retention, wall.date())))
    first = wall.date() - days * _DAY
    return Outlook(
        rules=rules,
        at=now,
        today=wall.date(),
        runs=tuple(ahead),
        days=days,
        kept=tuple(point for point in points if point.day >= first),
        older=sum(point.day < first for point in points),
        a_day=len(starts_of_day(schedule)),
    )


def _points(rules: BackupRules, wall: datetime, first: date) -> Iterator[KeptPoint]:
    """Those that are there at a time on the policy's clock, oldest first."""
    taken_on, start = weekdays(rules.schedule), starts_of_day(rules.schedule)[0]
    for number in range((wall.date() - first).days + 1):
        day = first + number * _DAY
        taken = datetime.combine(day, datetime.min.time()) + start
        if day.weekday() not in taken_on or taken > wall:
            continue
        ends = {keeper: until for keeper, until in _keepers(rules.retention, taken) if until > wall}
        if ends:
            yield KeptPoint(day, tuple(ends), max(ends.values()).date())


def _keepers(retention: Retention, taken: datetime) -> Iterator[tuple[Keeper, datetime]]:
    """Which tiers keep a recovery point, and until when."""
    day = taken.date()
    if retention.daily:
        yield Keeper.DAILY, taken + retention.daily * _DAY
    if retention.weekly is not None and _WEEK[day.weekday()] in retention.weekly.on:
        yield Keeper.WEEKLY, taken + retention.weekly.keep * 7 * _DAY
    if retention.monthly is not None and falls_on(retention.monthly.on, day):
        yield Keeper.MONTHLY, _months_later(taken, retention.monthly.keep)
    yearly = retention.yearly
    if yearly is not None and _MONTHS[day.month - 1] in yearly.months and falls_on(yearly.on, day):
        yield Keeper.YEARLY, _months_later(taken, 12 * yearly.keep)


def falls_on(rule: DayRule, day: date) -> bool:
    """Whether a day is one of `first Sunday`, `day 1` or `last day` of its month."""
    last = calendar.monthrange(day.year, day.month)[1]
    if isinstance(rule, ByDate):
        return day.day in rule.dates or (rule.last and day.day == last)
    if _WEEK[day.weekday()] not in rule.days:
        return False
    number = (day.day - 1) // 7
    names = {Ordinal.LAST} if day.day + 7 > last else set()
    names |= {tuple(Ordinal)[number]} if number < 4 else set()
    return bool(names & set(rule.weeks))


def _months_later(taken: datetime, months: int) -> datetime:
    """The same day of a later month, or its last one."""
    number = taken.month - 1 + months
    year, month = min(taken.year + number // 12, _LAST_YEAR), number % 12 + 1
    return taken.replace(year=year, month=month, day=min(taken.day, calendar.monthrange(year, month)[1]))


def _longest(retention: Retention, today: date) -> timedelta:
    """How far back a recovery point can lie at all."""
    months = max(
        retention.monthly.keep if retention.monthly else 0, 12 * retention.yearly.keep if retention.yearly else 0
    )
    weeks = retention.weekly.keep if retention.weekly else 0
    return min(max(retention.daily, 7 * weeks, 31 * months) * _DAY, today - date(2, 1, 1))
