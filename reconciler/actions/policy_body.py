"""A policy on the wire: V1 or V2, all its times made from one value (WIRE 5)."""

from __future__ import annotations

import json
from collections.abc import Mapping

from reconciler.model.backup_rules import BackupRules, ByDate, ByWeekday, DayRule, Every, Retention, Schedule, Tier
from reconciler.model.call import Json, canonical

_ANY_DATE = "2020-01-01"
"""The service reads the time of day only."""


def policy_body(rules: BackupRules, observed: str | None = None) -> str:
    """Canonical JSON of the PUT. Members that `observed` has and the YAML does not declare stay as they are."""
    kept = json.loads(observed) if observed else {}
    properties: dict[str, Json] = {**kept, **_declared(rules)}
    return canonical({"properties": properties})


def _declared(rules: BackupRules) -> dict[str, Json]:
    moment = f"{_ANY_DATE}T{rules.schedule.at}:00Z"
    members: dict[str, Json] = {
        "backupManagementType": "AzureIaasVM",
        "policyType": "V2" if rules.tier is Tier.ENHANCED else "V1",
        "timeZone": rules.schedule.time_zone,
        "schedulePolicy": _schedule(rules.tier, rules.schedule, moment),
        "retentionPolicy": _retention(rules.retention, moment),
    }
    if rules.instant_restore:
        members["instantRpRetentionRangeInDays"] = rules.instant_restore
    return members


def _schedule(tier: Tier, schedule: Schedule, moment: str) -> dict[str, Json]:
    days: list[Json] = [str(day) for day in schedule.days]
    if tier is Tier.STANDARD:
        plain: dict[str, Json] = {
            "schedulePolicyType": "SimpleSchedulePolicy",
            "scheduleRunFrequency": "Weekly" if schedule.every is Every.WEEK else "Daily",
            "scheduleRunTimes": [moment],
            "scheduleWeeklyFrequency": 0,
        }
        return {**plain, "scheduleRunDays": days} if schedule.every is Every.WEEK else plain
    head: dict[str, Json] = {"schedulePolicyType": "SimpleSchedulePolicyV2"}
    match schedule.every:
        case Every.WEEK:
            weekly: Json = {"scheduleRunDays": days, "scheduleRunTimes": [moment]}
            return {**head, "scheduleRunFrequency": "Weekly", "weeklySchedule": weekly}
        case Every.HOURS:
            hourly: Json = {
                "interval": schedule.interval,
                "scheduleWindowStartTime": moment,
                "scheduleWindowDuration": schedule.window,
            }
            return {**head, "scheduleRunFrequency": "Hourly", "hourlySchedule": hourly}
        case _:
            return {**head, "scheduleRunFrequency": "Daily", "dailySchedule": {"scheduleRunTimes": [moment]}}


def _retention(keep: Retention, moment: str) -> dict[str, Json]:
    body: dict[str, Json] = {"retentionPolicyType": "LongTermRetentionPolicy"}
    if keep.daily:
        body["dailySchedule"] = _tier(keep.daily, "Days", moment)
    if keep.weekly:
        days: list[Json] = [str(day) for day in keep.weekly.on]
        body["weeklySchedule"] = {"daysOfTheWeek": days, **_tier(keep.weekly.keep, "Weeks", moment)}
    if keep.monthly:
        body["monthlySchedule"] = {**_day_rule(keep.monthly.on), **_tier(keep.monthly.keep, "Months", moment)}
    if keep.yearly:
        months: list[Json] = [str(month) for month in keep.yearly.months]
        tier = _tier(keep.yearly.keep, "Years", moment)
        body["yearlySchedule"] = {"monthsOfYear": months, **_day_rule(keep.yearly.on), **tier}
    return body


def _tier(count: int, unit: str, moment: str) -> dict[str, Json]:
    return {"retentionTimes": [moment], "retentionDuration": {"count": count, "durationType": unit}}


def _day_rule(rule: DayRule) -> Mapping[str, Json]:
    match rule:
        case ByDate(dates, last):
            listed: list[Json] = [{"date": date, "isLast": False} for date in dates]
            if last:
                listed.append({"date": 0, "isLast": True})
            return {
                "retentionScheduleFormatType": "Daily",
                "retentionScheduleDaily": {"daysOfTheMonth": listed},
                "retentionScheduleWeekly": None,
            }
        case ByWeekday(weeks, days):
            return {
                "retentionScheduleFormatType": "Weekly",
                "retentionScheduleDaily": None,
                "retentionScheduleWeekly": {
                    "daysOfTheWeek": [str(day) for day in days],
                    "weeksOfTheMonth": [str(week) for week in weeks],
                },
            }
