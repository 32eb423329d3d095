"""What differs between two policies, and whether the new one keeps recovery points less long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reconciler.model.backup_rules import BackupRules, ByWeekday, DayRule, Every, Schedule
from reconciler.model.call import Json


def same_rules(declared: BackupRules, observed: BackupRules | None) -> bool:
    """Whether nothing that is declared differs; an instant-restore time left out means whatever the vault has."""
    if observed is None:
        return False
    if not declared.instant_restore:
        observed = replace(observed, instant_restore=0)
    return declared == observed


def shortens(old: BackupRules, new: BackupRules) -> bool:
    """Whether any tier keeps points less long, or is gone.

    Snapshots count: those of an hourly policy are the only copy of most of its points.
    """
    before, after = old.retention, new.retention
    pairs = (
        (before.daily, after.daily),
        (before.weekly.keep if before.weekly else 0, after.weekly.keep if after.weekly else 0),
        (before.monthly.keep if before.monthly else 0, after.monthly.keep if after.monthly else 0),
        (before.yearly.keep if before.yearly else 0, after.yearly.keep if after.yearly else 0),
        (old.instant_restore, new.instant_restore or old.instant_restore),
    )
    return any(kept > keeps for kept, keeps in pairs)


def differences(old: BackupRules | None, new: BackupRules) -> tuple[dict[str, Json], dict[str, Json]]:
    """The fields that differ, before and after, in the words of the YAML."""
    was = described(old) if old is not None else {"rules": "not expressible here"}
    will = described(new)
    if not new.instant_restore:
        was = {name: value for name, value in was.items() if name != "instantRestore"}
    changed = [name for name in dict.fromkeys((*was, *will)) if was.get(name) != will.get(name)]
    return {name: was.get(name) for name in changed}, {name: will.get(name) for name in changed}


def described(rules: BackupRules) -> dict[str, Json]:
    """One line of text a field."""
    keep = rules.retention
    fields: Mapping[str, Json] = {
        "tier": str(rules.tier),
        "schedule": _schedule(rules.schedule),
        "timeZone": rules.schedule.time_zone,
        "daily": f"{keep.daily} days" if keep.daily else None,
        "weekly": f"{keep.weekly.keep} weeks, on {_list(keep.weekly.on)}" if keep.weekly else None,
        "monthly": f"{keep.monthly.keep} months, on {_days(keep.monthly.on)}" if keep.monthly else None,
        "yearly": (
            f"{keep.yearly.keep} years, on {_days(keep.yearly.on)} in {_list(keep.yearly.months)}"
            if keep.yearly
            else None
        ),
        "instantRestore": f"{rules.instant_restore} days" if rules.instant_restore else None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _schedule(schedule: Schedule) -> str:
    match schedule.every:
        case Every.WEEK:
            return f"every week on {_list(schedule.days)} at {schedule.at}"
        case Every.HOURS:
            return f"every {schedule.interval} hours from {schedule.at} for {schedule.window} hours"
        case _:
            return f"every day at {schedule.at}"


def _days(rule: DayRule) -> str:
    if isinstance(rule, ByWeekday):
        return f"{_list(rule.weeks)} {_list(rule.days)}".lower()
    return _list([*(f"day {date}" for date in rule.dates), *(["last day"] if rule.last else [])])


def _list(words: list[str] | tuple[str, ...]) -> str:
    return ", ".join(words)
