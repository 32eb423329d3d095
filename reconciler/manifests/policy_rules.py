"""What the service demands of a backup policy beyond its form, by the limits of each vault that has it (WIRE 5)."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.manifests.kinds.fields import Problem
from reconciler.model.backup_rules import BackupRules, ByWeekday, DayRule, Every, Tier
from reconciler.model.limits import Limit, Limits
from reconciler.model.span import Path

_CODE = "policy-rule"
ADVICE = "policy-advice"
"""The code of what is no rule of the service: a warning."""
_INTERVALS = (4, 6, 8, 12, 24)
_WINDOW = range(4, 25)
_WEEKLY_INSTANT_RESTORE = 5
_SCHEDULE: Path = ("spec", "schedule")
_RETENTION: Path = ("spec", "retention")
_INSTANT: Path = ("spec", "instantRestore")


def rule_problems(rules: BackupRules) -> Iterator[Problem]:
    """What no generation of the service takes."""
    yield from _start(rules)
    yield from _hours(rules)
    yield from _daily(rules)
    if rules.schedule.every is Every.WEEK:
        yield from _backup_days(rules)
        if rules.tier is Tier.STANDARD and rules.instant_restore not in (0, _WEEKLY_INSTANT_RESTORE):
            message = f"a weekly Standard policy keeps snapshots for exactly {_WEEKLY_INSTANT_RESTORE} days"
            yield Problem(_INSTANT, message, "write `instantRestore: 5 days`, or leave it out", _CODE)


def limit_problems(rules: BackupRules, limits: Limits) -> Iterator[Problem]:
    """What the generation of a vault does not take."""
    if rules.tier is Tier.ENHANCED and not limits.enhanced_tier:
        message = f"the service {limits.generation} has only the tier Standard"
        yield Problem(("spec", "tier"), message, "write `tier: Standard`, or delete the line", _CODE)
    kept = rules.retention
    if kept.daily:
        yield from _within(
            (*_RETENTION, "daily"), kept.daily, limits.daily_retention_min, limits.daily_retention_max, "days", limits
        )
    parts = (
        ("weekly", kept.weekly, limits.weekly_retention_max, "weeks"),
        ("monthly", kept.monthly, limits.monthly_retention_max, "months"),
        ("yearly", kept.yearly, limits.yearly_retention_max, "years"),
    )
    for name, part, most, unit in parts:
        if part is None:
            continue
        if most is None:
            message = f"the service {limits.generation} has no {name} retention"
            yield Problem((*_RETENTION, name), message, "delete it", _CODE)
        else:
            yield from _within((*_RETENTION, name, "keep"), part.keep, None, most, unit, limits)
    yield from _instant_restore(rules, limits)


def _start(rules: BackupRules) -> Iterator[Problem]:
    at = rules.schedule.at
    if at[3:] not in {"00", "30"}:
        key = "from" if rules.schedule.every is Every.HOURS else "at"
        near = f'write "{at[:2]}:00" or "{at[:2]}:30"'
        yield Problem((*_SCHEDULE, key), f"backups start on the hour or at half past, not at {at}", near, _CODE)


def _hours(rules: BackupRules) -> Iterator[Problem]:
    schedule = rules.schedule
    if schedule.every is not Every.HOURS:
        return
    every: Path = (*_SCHEDULE, "every")
    window: Path = (*_SCHEDULE, "for")
    if rules.tier is not Tier.ENHANCED:
        yield Problem(every, "only an Enhanced policy backs up several times a day", "add `tier: Enhanced`", _CODE)
    if schedule.interval not in _INTERVALS:
        message = f"backups cannot be {schedule.interval} hours apart"
        yield Problem(every, message, "write 4, 6, 8, 12 or 24 hours", _CODE)
    if schedule.window not in _WINDOW:
        yield Problem(window, f"a window of {schedule.window} hours is not possible", "write 4 to 24 hours", _CODE)
    elif schedule.window < schedule.interval:
        message = f"the window of {schedule.window} hours is shorter than the {schedule.interval} hours between backups"
        yield Problem(window, message, f"write {schedule.interval} hours or more", _CODE)
    elif schedule.interval in _INTERVALS and schedule.window % schedule.interval:
        message = f"the window of {schedule.window} hours is no multiple of {schedule.interval} hours"
        below = schedule.window // schedule.interval * schedule.interval
        yield Problem(window, message, f"`for: {below} hours` has the same backups", ADVICE)


def _daily(rules: BackupRules) -> Iterator[Problem]:
    kept = rules.retention
    if rules.schedule.every is Every.WEEK:
        weekly = f"`weekly: {{keep: 12 weeks, on: [{', '.join(rules.schedule.days)}]}}`"
        if kept.daily:
            message = "backups are weekly, so there is nothing to keep daily"
            advice = f"write {weekly} instead" if kept.weekly is None else "delete `daily`"
            yield Problem((*_RETENTION, "daily"), message, f"{advice}, or write `every: day`", _CODE)
        elif kept.weekly is None:
            message = "backups are weekly, so `weekly` retention is needed"
            yield Problem(_RETENTION, message, f"add {weekly}", _CODE)
    elif not kept.daily:
        yield Problem(_RETENTION, "`daily` retention is needed", "add `daily: 30 days`", _CODE)


def _backup_days(rules: BackupRules) -> Iterator[Problem]:
    kept, days = rules.retention, rules.schedule.days
    named = ", ".join(days)
    if kept.weekly is not None and kept.weekly.on != days:
        message = f"weekly retention must keep the days of the backups: {named}"
        yield Problem((*_RETENTION, "weekly", "on"), message, f"write `on: [{named}]`", _CODE)
    parts: tuple[tuple[str, DayRule | None], ...] = (
        ("monthly", kept.monthly.on if kept.monthly else None),
        ("yearly", kept.yearly.on if kept.yearly else None),
    )
    for name, rule in parts:
        path: Path = (*_RETENTION, name, "on")
        if isinstance(rule, ByWeekday):
            extra = [day for day in rule.days if day not in days]
            if extra:
                yield Problem(path, f"no backup is taken on {', '.join(extra)}", f"choose among: {named}", _CODE)
        elif rule is not None:
            message = f"backups are weekly, so a date may have none: {name} retention needs a day of the week"
            yield Problem(path, message, f"write `first {days[0]}`", _CODE)


def _within(path: Path, value: int, least: Limit | None, most: Limit, unit: str, limits: Limits) -> Iterator[Problem]:
    low = least.value if least else 1
    if not low <= value <= most.value:
        message = f"{value} {unit} cannot be kept: the service {limits.generation} takes {low} to {most.value} {unit}"
        yield Problem(path, message, f"write {min(max(value, low), most.value)} {unit}", _CODE)


def _instant_restore(rules: BackupRules, limits: Limits) -> Iterator[Problem]:
    if not rules.instant_restore:
        return
    enhanced = rules.tier is Tier.ENHANCED
    most = limits.instant_restore_enhanced_max if enhanced else limits.instant_restore_standard_max
    if most is None:
        if limits.instant_restore_standard_max is None:
            yield Problem(_INSTANT, f"the service {limits.generation} has no instant restore", "delete it", _CODE)
    elif rules.instant_restore > most.value:
        if rules.schedule.every is Every.WEEK and not enhanced:
            return
        message = f"a policy of tier {rules.tier} keeps snapshots for 1 to {most.value} days"
        yield Problem(_INSTANT, message, f"write {most.value} days or fewer", _CODE)
