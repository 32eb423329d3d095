"""What the service accepts as a VM backup policy; it names no field when it refuses."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from tzlocal.windows_tz import win_tz

from reconciler.vaultserver import errors
from reconciler.vaultserver.policy_schedule import DAYS, MONTHS, WEEKS
from reconciler.vaultserver.records import Json
from reconciler.vaultserver.wire_times import parse, stamp

NAME = re.compile(r"[a-zA-Z][-_!a-zA-Z0-9]{2,149}")
RETENTION = {"Days": range(7, 10000), "Weeks": range(1, 5164), "Months": range(1, 1189), "Years": range(1, 100)}
INSTANT = {"V1": range(1, 6), "V2": range(1, 31)}
WEEKLY_INSTANT = 5
HOURLY_INTERVALS = (4, 6, 8, 12, 24)
HOURLY_DURATIONS = range(4, 25)
PREVIEW_RETENTION = {"Days": range(1, 31), "Weeks": range(1, 5)}
"""30 days at most, whether a policy runs daily or weekly; it has no other tiers."""
_UNITS = {"dailySchedule": "Days", "weeklySchedule": "Weeks", "monthlySchedule": "Months", "yearlySchedule": "Years"}
_KEPT = ("snapshotConsistencyType", "instantAccessSnapshotEnabled", "instantAccessDurationMinutes", "tieringPolicy")


class _RefusedError(Exception):
    """The policy breaks a rule; which one stays unsaid on the wire."""


def accepted(given: Json, *, preview: bool = False) -> Json:
    """The properties as the service stores them, or its refusal."""
    if given.get("backupManagementType") != "AzureIaasVM":
        raise errors.wrong_policy_provider() if given.get("backupManagementType") else errors.invalid_policy()
    zone = given.get("timeZone", "UTC")
    if zone not in win_tz:
        raise errors.invalid_parameter("NO_PARAM")
    try:
        return _read(given, zone, preview=preview)
    except (_RefusedError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise errors.invalid_policy() from error


def _read(given: Json, zone: str, *, preview: bool) -> Json:
    version = given.get("policyType") or "V1"
    _need(version in INSTANT and not (preview and version == "V2"))
    schedule, run = _schedule_v2(given["schedulePolicy"]) if version == "V2" else _schedule_v1(given["schedulePolicy"])
    retention = _retention(given["retentionPolicy"], schedule, run, preview=preview)
    weekly = schedule["scheduleRunFrequency"] == "Weekly"
    instant = given.get("instantRpRetentionRangeInDays") or (WEEKLY_INSTANT if weekly else 2)
    _need(type(instant) is int and instant in INSTANT[version])
    _need(not (weekly and version == "V1" and instant != WEEKLY_INSTANT))
    _need(version == "V2" or not given.get("snapshotConsistencyType"))
    stored: Json = {"backupManagementType": "AzureIaasVM"}
    if version == "V2":
        stored["policyType"] = version
    details = given.get("instantRPDetails") or {}
    stored["instantRPDetails"] = {key: value for key, value in details.items() if value}
    stored |= {"schedulePolicy": schedule, "retentionPolicy": retention}
    stored |= {key: given[key] for key in _KEPT if given.get(key) is not None}
    _tiering(stored.get("tieringPolicy"))
    return stored | {"instantRpRetentionRangeInDays": instant, "timeZone": zone}


def _need(holds: object) -> None:
    if not holds:
        raise _RefusedError


def _times(given: Any) -> list[datetime]:
    times = [parse(text) for text in given]
    _need(len(times) == 1 and times[0] is not None)
    return [time for time in times if time is not None]


def _run(given: Any) -> datetime:
    """A start time: on the half hour."""
    (time,) = _times(given)
    _need(time.minute in (0, 30) and time.second == 0)
    return time


def _days(given: Any) -> list[str]:
    days = list(given)
    _need(days and len(set(days)) == len(days) and set(days) <= set(DAYS))
    return days


def _schedule_v1(given: Json) -> tuple[Json, datetime]:
    _need(given["schedulePolicyType"] == "SimpleSchedulePolicy")
    frequency = given["scheduleRunFrequency"]
    _need(frequency in ("Daily", "Weekly"))
    run = _run(given["scheduleRunTimes"])
    schedule: Json = {"schedulePolicyType": "SimpleSchedulePolicy", "scheduleRunFrequency": frequency}
    if frequency == "Weekly":
        schedule["scheduleRunDays"] = _days(given["scheduleRunDays"])
    else:
        _need(not given.get("scheduleRunDays"))
    return schedule | {"scheduleRunTimes": [stamp(run)], "scheduleWeeklyFrequency": 0}, run


def _schedule_v2(given: Json) -> tuple[Json, datetime]:
    _need(given["schedulePolicyType"] == "SimpleSchedulePolicyV2")
    frequency = given["scheduleRunFrequency"]
    names = {"Hourly": "hourlySchedule", "Daily": "dailySchedule", "Weekly": "weeklySchedule"}
    part = given[names[frequency]]
    _need(all(not given.get(name) for other, name in names.items() if other != frequency))
    if frequency == "Hourly":
        run = _run([part["scheduleWindowStartTime"]])
        interval, length = part["interval"], part["scheduleWindowDuration"]
        _need(interval in HOURLY_INTERVALS and length in HOURLY_DURATIONS)
        stored: Json = {"interval": interval, "scheduleWindowStartTime": stamp(run), "scheduleWindowDuration": length}
    else:
        run = _run(part["scheduleRunTimes"])
        stored = {"scheduleRunDays": _days(part["scheduleRunDays"])} if frequency == "Weekly" else {}
        stored["scheduleRunTimes"] = [stamp(run)]
    kind: Json = {"schedulePolicyType": "SimpleSchedulePolicyV2", "scheduleRunFrequency": frequency}
    return kind | {names[frequency]: stored}, run


def _retention(given: Json, schedule: Json, run: datetime, *, preview: bool) -> Json:
    _need(given["retentionPolicyType"] == "LongTermRetentionPolicy")
    run_days = schedule.get("scheduleRunDays") or schedule.get("weeklySchedule", {}).get("scheduleRunDays")
    parts = {name: given[name] for name in _UNITS if given.get(name)}
    if schedule["scheduleRunFrequency"] == "Weekly":
        _need("dailySchedule" not in parts and set(parts["weeklySchedule"]["daysOfTheWeek"]) == set(run_days))
    else:
        _need("dailySchedule" in parts)
    _need(not preview or len(parts) == 1)
    stored: Json = {"retentionPolicyType": "LongTermRetentionPolicy"}
    for name, part in parts.items():
        stored[name] = _retention_part(name, part, run, run_days, preview=preview)
    return stored


def _retention_part(name: str, part: Json, run: datetime, run_days: list[str] | None, *, preview: bool) -> Json:
    (time,) = _times(part["retentionTimes"])
    _need((time.hour, time.minute, time.second) == (run.hour, run.minute, 0))
    count, unit = part["retentionDuration"]["count"], part["retentionDuration"]["durationType"]
    _need(unit == _UNITS[name] and type(count) is int)
    _need(count in (PREVIEW_RETENTION if preview else RETENTION)[unit])
    stored: Json = {}
    if name == "weeklySchedule":
        stored["daysOfTheWeek"] = _within(_days(part["daysOfTheWeek"]), run_days)
    elif name != "dailySchedule":
        stored |= _format(part, run_days)
        if name == "yearlySchedule":
            stored["monthsOfYear"] = _distinct(part["monthsOfYear"], MONTHS)
    return stored | {"retentionTimes": [stamp(time)], "retentionDuration": {"count": count, "durationType": unit}}


def _format(part: Json, run_days: list[str] | None) -> Json:
    kind = part["retentionScheduleFormatType"]
    if kind == "Daily":
        _need(run_days is None)
        dates = [
            (day.get("date") or 0, bool(day.get("isLast"))) for day in part["retentionScheduleDaily"]["daysOfTheMonth"]
        ]
        _need(dates and len(set(dates)) == len(dates))
        _need(all((date == 0) if last else (type(date) is int and 1 <= date <= 28) for date, last in dates))
        days = [{"date": date, "isLast": last} for date, last in dates]
        return {"retentionScheduleFormatType": "Daily", "retentionScheduleDaily": {"daysOfTheMonth": days}}
    _need(kind == "Weekly")
    weekly = part["retentionScheduleWeekly"]
    chosen = _within(_days(weekly["daysOfTheWeek"]), run_days)
    weeks = _distinct(weekly["weeksOfTheMonth"], WEEKS)
    week = {"daysOfTheWeek": chosen, "weeksOfTheMonth": weeks}
    return {"retentionScheduleFormatType": "Weekly", "retentionScheduleWeekly": week}


def _within(days: list[str], run_days: list[str] | None) -> list[str]:
    _need(run_days is None or set(days) <= set(run_days))
    return days


def _distinct(given: Any, allowed: Iterable[str]) -> list[str]:
    values = list(given)
    _need(values and len(set(values)) == len(values) and set(values) <= set(allowed))
    return values


def _tiering(given: Json | None) -> None:
    for tier in (given or {}).values():
        mode = tier["tieringMode"]
        _need(mode in ("TierRecommended", "TierAfter", "DoNotTier", "Invalid"))
        _need(mode != "TierAfter" or (tier["duration"] >= 1 and tier["durationType"] in RETENTION))
