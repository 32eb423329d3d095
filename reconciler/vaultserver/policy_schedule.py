"""When a policy runs, and how long its rules keep a recovery point."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tzlocal.windows_tz import win_tz

from reconciler.vaultserver.records import Json, PolicyRecord
from reconciler.vaultserver.wire_times import parse

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = tuple(calendar.month_name)[1:]
WEEKS = ("First", "Second", "Third", "Fourth", "Last")
_HORIZON_DAYS = 15


class Kept(NamedTuple):
    """Until when a point is kept, and by which rule (`Daily`, `Weekly`, `Monthly`, `Yearly`)."""

    until: datetime
    rule: str


def offset(policy: PolicyRecord) -> timedelta:
    """The policy's distance from UTC: that of when it was saved, for the service follows no clock change."""
    zone = ZoneInfo(win_tz.get(policy.properties.get("timeZone", "UTC"), "UTC"))
    return policy.saved.astimezone(zone).utcoffset() or timedelta(0)


def next_run(policy: PolicyRecord, after: datetime) -> datetime | None:
    """The first run later than a moment, UTC; None for a policy that is not of virtual machines."""
    if policy.management_type != "AzureIaasVM":
        return None
    shift = offset(policy)
    local = (after + shift).astimezone(UTC)
    day = local.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    for ahead in range(_HORIZON_DAYS):
        for run in _runs_of(policy.properties["schedulePolicy"], day + timedelta(days=ahead)):
            if run > local:
                return run - shift
    return None


def _runs_of(schedule: Json, day: datetime) -> list[datetime]:
    """Wall-clock runs of the window that starts on a day."""
    frequency = schedule["scheduleRunFrequency"]
    part = schedule.get(f"{frequency.lower()}Schedule", schedule)
    start = day + _time_of_day(part.get("scheduleWindowStartTime") or part["scheduleRunTimes"][0])
    if frequency == "Hourly":
        count = part["scheduleWindowDuration"] // part["interval"] + 1
        runs = [start + timedelta(hours=part["interval"] * number) for number in range(count)]
        return [run for run in runs if run < start + timedelta(days=1)]
    if frequency == "Weekly" and DAYS[day.weekday()] not in part["scheduleRunDays"]:
        return []
    return [start]


def _time_of_day(text: str) -> timedelta:
    time = parse(text)
    return timedelta(0) if time is None else timedelta(hours=time.hour, minutes=time.minute)


def weekly(policy: PolicyRecord) -> bool:
    return bool(policy.properties["schedulePolicy"]["scheduleRunFrequency"] == "Weekly")


def kept(policy: PolicyRecord, taken: datetime) -> Kept:
    """The longest that any rule keeps a point taken by schedule at a moment."""
    local = (taken + offset(policy)).astimezone(UTC)
    best = Kept(taken, "Daily")
    for name, part in policy.properties["retentionPolicy"].items():
        if isinstance(part, dict) and _covers(name, part, local):
            until = _later(taken, part["retentionDuration"])
            if until > best.until:
                best = Kept(until, name.removesuffix("Schedule").capitalize())
    return best


def _covers(name: str, part: Json, local: datetime) -> bool:
    if name == "dailySchedule":
        return True
    if name == "weeklySchedule":
        return DAYS[local.weekday()] in part["daysOfTheWeek"]
    if name == "yearlySchedule" and MONTHS[local.month - 1] not in part["monthsOfYear"]:
        return False
    if part["retentionScheduleFormatType"] == "Daily":
        last = calendar.monthrange(local.year, local.month)[1]
        days = part["retentionScheduleDaily"]["daysOfTheMonth"]
        return any(local.day == (last if day["isLast"] else day["date"]) for day in days)
    weekly = part["retentionScheduleWeekly"]
    return DAYS[local.weekday()] in weekly["daysOfTheWeek"] and bool(_weeks(local) & set(weekly["weeksOfTheMonth"]))


def _weeks(local: datetime) -> set[str]:
    """Which of its weekday in the month a day is: `First` … `Fourth`, and `Last`."""
    number = (local.day - 1) // 7
    names = {WEEKS[number]} if number < len(WEEKS) - 1 else set()
    last = calendar.monthrange(local.year, local.month)[1]
    return names | {"Last"} if local.day + 7 > last else names


def _later(taken: datetime, duration: Json) -> datetime:
    count, unit = duration["count"], duration["durationType"]
    if unit in ("Days", "Weeks"):
        return taken + timedelta(days=count * (7 if unit == "Weeks" else 1))
    months = taken.month - 1 + count * (12 if unit == "Years" else 1)
    year, month = taken.year + months // 12, months % 12 + 1
    day = min(taken.day, calendar.monthrange(min(year, 9998), month)[1])
    return taken.replace(year=min(year, 9998), month=month, day=day)
