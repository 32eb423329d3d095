"""When backups are taken, and how long they are kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from reconciler.manifests.kinds.fields import (
    ApiVersion,
    ClockTime,
    Days,
    DayText,
    EveryText,
    Hours,
    Months,
    Part,
    PolicyName,
    Problem,
    VaultName,
    Weeks,
    Years,
    amount,
)  # fmt: skip
from reconciler.manifests.kinds.months import day_rule, day_rule_problems
from reconciler.manifests.suggest import nearest
from reconciler.model import backup_rules as rules
from reconciler.model.desired import BackupPolicy
from reconciler.model.ids import fold
from reconciler.model.span import Places
from reconciler.model.zones import UnknownZoneError, known_zones, windows_zone

_Weekday = Annotated[rules.Weekday, Field(strict=False)]
_Month = Annotated[rules.Month, Field(strict=False)]
_WeekdayList = Annotated[list[_Weekday], Field(min_length=1, max_length=7, examples=[["Sunday"]])]
_DayRule = DayText | Annotated[list[DayText], Field(min_length=1, examples=[["first Sunday", "last Sunday"]])]


class PolicyMetadata(Part):
    """What the policy is called."""

    name: PolicyName = Field(description="The policy's name in Azure.")


class Schedule(Part):
    """When backups start."""

    every: EveryText = Field(description="`day`, `week` (with `on`), or hours (with `from` and `for`; Enhanced only).")
    at: ClockTime | None = Field(None, description="The time of day, minutes 00 or 30; for `day` and `week`.")
    on: _WeekdayList | None = Field(None, description="The days of the week; for `week`.")
    from_: ClockTime | None = Field(None, alias="from", description="When the first backup of a day starts; for hours.")
    for_: Hours | None = Field(None, alias="for", description="How long after `from` backups may start; for hours.")
    time_zone: str = Field(
        "UTC",
        min_length=1,
        description="An IANA name or a Windows id. The service does not follow summer time by itself.",
        examples=["Europe/Amsterdam", "W. Europe Standard Time"],
    )


class WeeklyRetention(Part):
    """Which recovery point of a week is kept longer."""

    keep: Weeks = Field(description="How long.")
    on: _WeekdayList = Field(description="The days of the week.")


class MonthlyRetention(Part):
    """Which recovery point of a month is kept longer."""

    keep: Months = Field(description="How long.")
    on: _DayRule = Field(description="`first Sunday`, `day 1` (to 28), `last day`, or a list of the same sort.")


class YearlyRetention(Part):
    """Which recovery point of a year is kept longer."""

    keep: Years = Field(description="How long.")
    on: _DayRule = Field(description="`first Sunday`, `day 1` (to 28), `last day`, or a list of the same sort.")
    in_: Annotated[list[_Month], Field(min_length=1, max_length=12)] = Field(alias="in", description="The months.")


class Retention(Part):
    """How long which recovery points are kept."""

    daily: Days | None = Field(None, description="Every day's; needed unless backups are weekly.")
    weekly: WeeklyRetention | None = Field(None, description="One or more of each week.")
    monthly: MonthlyRetention | None = Field(None, description="One or more of each month.")
    yearly: YearlyRetention | None = Field(None, description="One or more of each year.")


class PolicySpec(Part):
    """When backups are taken, and how long they are kept."""

    vaults: Annotated[list[VaultName], Field(min_length=1)] = Field(description="The Vaults that have this policy.")
    tier: Annotated[rules.Tier, Field(strict=False)] = Field(
        rules.Tier.STANDARD, description="Standard (V1) or Enhanced (V2); an Enhanced policy never becomes Standard."
    )
    schedule: Schedule = Field(description="When backups start.")
    retention: Retention = Field(description="How long which recovery points are kept.")
    instant_restore: Days | None = Field(None, description="How long snapshots stay with the disks for quick restores.")


class PolicyDocument(Part):
    """A backup policy, the same in each vault that it names."""

    api_version: ApiVersion
    kind: Literal["BackupPolicy"] = Field(description="What the document is.")
    metadata: PolicyMetadata = Field(description="What the policy is called.")
    spec: PolicySpec = Field(description="When backups are taken, and how long they are kept.")

    def problems(self) -> list[Problem]:
        """What must be settled before the schedule and the retention can be read at all."""
        found = [*_schedule_problems(self.spec.schedule), *_zone_problems(self.spec.schedule.time_zone)]
        found += _vault_problems(self.spec.vaults)
        retention = self.spec.retention
        for name, part in (("monthly", retention.monthly), ("yearly", retention.yearly)):
            if part is not None:
                found += day_rule_problems(part.on, ("spec", "retention", name, "on"))
        return found

    def value(self, name: str, places: Places) -> BackupPolicy:
        """The policy as the planner takes it."""
        spec = self.spec
        kept = _retention(spec.retention)
        every = rules.BackupRules(spec.tier, _schedule(spec.schedule), kept, amount(spec.instant_restore))
        return BackupPolicy(name, tuple(spec.vaults), every, places)


def _vault_problems(vaults: list[str]) -> Iterator[Problem]:
    folded = [fold(vault) for vault in vaults]
    for index, vault in enumerate(folded):
        if vault in folded[:index]:
            yield Problem(("spec", "vaults", index), f'the vault "{vaults[index]}" stands twice', "delete one")


def _schedule_problems(schedule: Schedule) -> Iterator[Problem]:
    unit = schedule.every if schedule.every in {"day", "week"} else "hours"
    given = {"at": schedule.at, "on": schedule.on, "from": schedule.from_, "for": schedule.for_}
    examples = {"at": '"22:00"', "on": "[Sunday]", "from": '"08:00"', "for": "12 hours"}
    needed = {"day": ("at",), "week": ("at", "on"), "hours": ("from", "for")}[unit]
    for key, value in given.items():
        path = ("spec", "schedule", key)
        if key in needed and value is None:
            advice = f"add `{key}: {examples[key]}`"
            yield Problem(path, f"`every: {schedule.every}` needs `{key}`", advice, "manifest-missing-key")
        elif key not in needed and value is not None:
            advice = f"`every: {schedule.every}` takes {' and '.join(f'`{name}`' for name in needed)}"
            yield Problem(path, f"`{key}` does not go with `every: {schedule.every}`", advice)


def _zone_problems(zone: str) -> Iterator[Problem]:
    try:
        windows_zone(zone)
    except UnknownZoneError:
        meant = nearest(zone, known_zones())
        advice = f'did you mean "{meant}"?' if meant else "write a name such as Europe/Amsterdam, or UTC"
        yield Problem(("spec", "schedule", "timeZone"), f'there is no time zone "{zone[:80]}"', advice)


def _schedule(given: Schedule) -> rules.Schedule:
    zone = windows_zone(given.time_zone)
    if given.every == "day":
        return rules.Schedule(rules.Every.DAY, given.at or "", zone)
    if given.every == "week":
        return rules.Schedule(rules.Every.WEEK, given.at or "", zone, weekdays(given.on or []))
    return rules.Schedule(
        rules.Every.HOURS, given.from_ or "", zone, interval=amount(given.every), window=amount(given.for_)
    )


def _retention(given: Retention) -> rules.Retention:
    weekly, monthly, yearly = given.weekly, given.monthly, given.yearly
    return rules.Retention(
        amount(given.daily),
        rules.Weekly(amount(weekly.keep), weekdays(weekly.on)) if weekly else None,
        rules.Monthly(amount(monthly.keep), day_rule(monthly.on)) if monthly else None,
        rules.Yearly(
            amount(yearly.keep), day_rule(yearly.on), tuple(month for month in rules.Month if month in yearly.in_)
        )
        if yearly
        else None,
    )


def weekdays(days: list[rules.Weekday]) -> tuple[rules.Weekday, ...]:
    """In the order of the week, each once."""
    return tuple(one for one in rules.Weekday if one in days)
