"""What a backup policy says, in one form for the YAML and for the wire: two equal policies are equal values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Tier(StrEnum):
    STANDARD = "Standard"
    """Policy type V1."""
    ENHANCED = "Enhanced"
    """Policy type V2."""


class Weekday(StrEnum):
    MONDAY = "Monday"
    TUESDAY = "Tuesday"
    WEDNESDAY = "Wednesday"
    THURSDAY = "Thursday"
    FRIDAY = "Friday"
    SATURDAY = "Saturday"
    SUNDAY = "Sunday"


class Ordinal(StrEnum):
    FIRST = "First"
    SECOND = "Second"
    THIRD = "Third"
    FOURTH = "Fourth"
    LAST = "Last"


class Month(StrEnum):
    JANUARY = "January"
    FEBRUARY = "February"
    MARCH = "March"
    APRIL = "April"
    MAY = "May"
    JUNE = "June"
    JULY = "July"
    AUGUST = "August"
    SEPTEMBER = "September"
    OCTOBER = "October"
    NOVEMBER = "November"
    DECEMBER = "December"


class Every(StrEnum):
    DAY = "day"
    WEEK = "week"
    HOURS = "hours"


@dataclass(frozen=True, slots=True)
class Schedule:
    """When backups start. `at` is wall-clock `HH:MM` in `time_zone`, a Windows zone id as the service wants it.

    `days` is in the order Monday to Sunday, empty unless weekly. For `HOURS`, `at` is the start of the daily window,
    `interval` the hours between backups and `window` the window's length in hours; both are 0 otherwise.
    """

    every: Every
    at: str
    time_zone: str
    days: tuple[Weekday, ...] = ()
    interval: int = 0
    window: int = 0


@dataclass(frozen=True, slots=True)
class ByWeekday:
    """`first Sunday`: weeks of the month × days of the week, each in calendar order."""

    weeks: tuple[Ordinal, ...]
    days: tuple[Weekday, ...]


@dataclass(frozen=True, slots=True)
class ByDate:
    """`day 1`, `last day`: dates 1-28 in order, and whether the month's last day counts."""

    dates: tuple[int, ...]
    last: bool = False


DayRule = ByWeekday | ByDate


@dataclass(frozen=True, slots=True)
class Weekly:
    keep: int
    """Weeks."""
    on: tuple[Weekday, ...]


@dataclass(frozen=True, slots=True)
class Monthly:
    keep: int
    """Months."""
    on: DayRule


@dataclass(frozen=True, slots=True)
class Yearly:
    keep: int
    """Years."""
    on: DayRule
    months: tuple[Month, ...]


@dataclass(frozen=True, slots=True)
class Retention:
    """How long which recovery points are kept; `daily` is in days, 0 when there is no daily retention."""

    daily: int = 0
    weekly: Weekly | None = None
    monthly: Monthly | None = None
    yearly: Yearly | None = None


@dataclass(frozen=True, slots=True)
class BackupRules:
    """Everything a policy says. `instant_restore` is in days, 0 where the service's default is meant."""

    tier: Tier
    schedule: Schedule
    retention: Retention
    instant_restore: int = 0
