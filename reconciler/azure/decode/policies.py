"""Backup policies, from the wire to rules; what the rules cannot say is never guessed."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import TypeVar

import msgspec

from reconciler.azure.decode.times import time_of_day
from reconciler.model.backup_rules import (
    BackupRules,
    ByDate,
    ByWeekday,
    DayRule,
    Every,
    Month,
    Monthly,
    Ordinal,
    Retention,
    Schedule,
    Tier,
    Weekday,
    Weekly,
    Yearly,
)
from reconciler.model.call import canonical
from reconciler.model.ids import fold
from reconciler.model.observed import ObservedPolicy

W = TypeVar("W", bound=StrEnum)


class InexpressibleError(ValueError):
    """A policy says something that the rules of the YAML have no words for."""


class WirePolicy(msgspec.Struct, rename="camel"):
    id: str
    name: str
    properties: msgspec.Raw


class _Days(msgspec.Struct, rename="camel"):
    schedule_run_days: list[str] | None = None
    schedule_run_times: list[str] | None = None


class _Hourly(msgspec.Struct, rename="camel"):
    interval: int
    schedule_window_start_time: str
    schedule_window_duration: int


class _Schedule(_Days, rename="camel"):
    schedule_policy_type: str | None = None
    schedule_run_frequency: str | None = None
    schedule_weekly_frequency: int | None = None
    hourly_schedule: _Hourly | None = None
    daily_schedule: _Days | None = None
    weekly_schedule: _Days | None = None


class _Duration(msgspec.Struct, rename="camel"):
    count: int
    duration_type: str


class _Date(msgspec.Struct, rename="camel"):
    date: int | None = None
    is_last: bool | None = None


class _Dates(msgspec.Struct, rename="camel"):
    days_of_the_month: list[_Date] | None = None


class _Weeks(msgspec.Struct, rename="camel"):
    days_of_the_week: list[str] | None = None
    weeks_of_the_month: list[str] | None = None


class _Kept(msgspec.Struct, rename="camel"):
    retention_duration: _Duration
    days_of_the_week: list[str] | None = None
    months_of_year: list[str] | None = None
    retention_schedule_format_type: str | None = None
    retention_schedule_daily: _Dates | None = None
    retention_schedule_weekly: _Weeks | None = None


class _Retention(msgspec.Struct, rename="camel"):
    retention_policy_type: str | None = None
    daily_schedule: _Kept | None = None
    weekly_schedule: _Kept | None = None
    monthly_schedule: _Kept | None = None
    yearly_schedule: _Kept | None = None


class _Policy(msgspec.Struct, rename="camel"):
    backup_management_type: str | None = None
    policy_type: str | None = None
    time_zone: str | None = None
    schedule_policy: _Schedule | None = None
    retention_policy: _Retention | None = None
    instant_rp_retention_range_in_days: int | None = None
    protected_items_count: int | None = None


_DECODER = msgspec.json.Decoder(_Policy)
_ANY = msgspec.json.Decoder()


def policy(wire: WirePolicy) -> ObservedPolicy | None:
    """None for a policy of another workload. Raises msgspec.DecodeError for properties that are no object."""
    whole = msgspec.json.decode(wire.properties, type=dict[str, msgspec.Raw])
    management = msgspec.json.decode(whole.get("backupManagementType", b'""'))
    if fold(str(management)) != "azureiaasvm":
        return None
    items = msgspec.json.decode(whole.get("protectedItemsCount", b"0"))
    return ObservedPolicy(
        id=wire.id,
        name=wire.name,
        rules=rules_of(wire.properties),
        properties=canonical(_ANY.decode(wire.properties)),
        items=items if isinstance(items, int) else 0,
    )


def rules_of(properties: bytes | msgspec.Raw) -> BackupRules | None:
    """The rules that a policy's `properties` state; None when the YAML has no words for them."""
    try:
        found = _DECODER.decode(properties)
        return _rules(found)
    except (msgspec.ValidationError, InexpressibleError):
        return None


def _rules(found: _Policy) -> BackupRules:
    if found.schedule_policy is None or found.retention_policy is None:
        raise InexpressibleError("no schedule or no retention")
    tier = _tier(found.policy_type, found.schedule_policy.schedule_policy_type)
    return BackupRules(
        tier=tier,
        schedule=_schedule(found.schedule_policy, tier, found.time_zone or "UTC"),
        retention=_retention(found.retention_policy),
        instant_restore=found.instant_rp_retention_range_in_days or 0,
    )


def _tier(policy_type: str | None, schedule_type: str | None) -> Tier:
    match policy_type or "", schedule_type:
        case ("V1" | "", "SimpleSchedulePolicy"):
            return Tier.STANDARD
        case ("V2" | "", "SimpleSchedulePolicyV2"):
            return Tier.ENHANCED
    raise InexpressibleError(f"policy type {policy_type} with a {schedule_type}")


def _schedule(wire: _Schedule, tier: Tier, zone: str) -> Schedule:
    standard = tier is Tier.STANDARD
    match wire.schedule_run_frequency:
        case "Daily":
            return Schedule(Every.DAY, _at(wire if standard else wire.daily_schedule), zone)
        case "Weekly":
            if (wire.schedule_weekly_frequency or 0) > 1:
                raise InexpressibleError("not every week")
            days = wire if standard else wire.weekly_schedule
            return Schedule(Every.WEEK, _at(days), zone, _words(Weekday, days.schedule_run_days if days else None))
        case "Hourly" if not standard and wire.hourly_schedule:
            hourly = wire.hourly_schedule
            start = _time(hourly.schedule_window_start_time)
            return Schedule(Every.HOURS, start, zone, (), hourly.interval, hourly.schedule_window_duration)
    raise InexpressibleError(f"frequency {wire.schedule_run_frequency}")


def _at(days: _Days | None) -> str:
    times = {_time(text) for text in (days.schedule_run_times if days else None) or ()}
    if len(times) != 1:
        raise InexpressibleError(f"{len(times)} backups a day")
    return times.pop()


def _time(text: str) -> str:
    found = time_of_day(text)
    if found is None:
        raise InexpressibleError(f"time {text}")
    return found


def _retention(wire: _Retention) -> Retention:
    if wire.retention_policy_type != "LongTermRetentionPolicy":
        raise InexpressibleError(f"retention {wire.retention_policy_type}")
    weekly, monthly, yearly = wire.weekly_schedule, wire.monthly_schedule, wire.yearly_schedule
    return Retention(
        daily=_keep(wire.daily_schedule, "Days") if wire.daily_schedule else 0,
        weekly=Weekly(_keep(weekly, "Weeks"), _words(Weekday, weekly.days_of_the_week)) if weekly else None,
        monthly=Monthly(_keep(monthly, "Months"), _day_rule(monthly)) if monthly else None,
        yearly=Yearly(_keep(yearly, "Years"), _day_rule(yearly), _words(Month, yearly.months_of_year))
        if yearly
        else None,
    )


def _keep(kept: _Kept, unit: str) -> int:
    duration = kept.retention_duration
    if duration.duration_type != unit or duration.count < 1:
        raise InexpressibleError(f"{duration.count} {duration.duration_type} where {unit} belong")
    return duration.count


def _day_rule(kept: _Kept) -> DayRule:
    match kept.retention_schedule_format_type:
        case "Daily" if kept.retention_schedule_daily:
            days = kept.retention_schedule_daily.days_of_the_month or []
            dates = tuple(sorted({day.date for day in days if day.date and not day.is_last}))
            last = any(day.is_last for day in days)
            if dates or last:
                return ByDate(dates, last)
        case "Weekly" if kept.retention_schedule_weekly:
            weeks = kept.retention_schedule_weekly
            return ByWeekday(_words(Ordinal, weeks.weeks_of_the_month), _words(Weekday, weeks.days_of_the_week))
    raise InexpressibleError(f"format {kept.retention_schedule_format_type}")


def _words(kind: type[W], words: Iterable[str] | None) -> tuple[W, ...]:
    """Azure's words as ours, in calendar order and each once."""
    given = set(words or ())
    if not given or given - set(kind):
        raise InexpressibleError(f"{sorted(given)} are not words of {kind.__name__}")
    return tuple(word for word in kind if word in given)
