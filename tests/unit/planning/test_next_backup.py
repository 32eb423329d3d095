"""When a policy runs next: schedules, zones, and the clock changes that the service does not follow."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from reconciler.model.backup_rules import Every, Schedule, Weekday
from reconciler.model.desired import Consistency, OsType
from reconciler.model.observed import ObservedPolicy, Power, VirtualMachine
from reconciler.planning.next_backup import expected_consistency, interval, next_backup, next_backups
from tests.unit.planning.making import NOW, machine, seen_policy

AMSTERDAM = "W. Europe Standard Time"
DAILY = Schedule(Every.DAY, "22:00", AMSTERDAM)
WEEKLY = Schedule(Every.WEEK, "06:00", "UTC", (Weekday.WEDNESDAY, Weekday.SUNDAY))
HOURLY = Schedule(Every.HOURS, "20:00", "UTC", interval=4, window=12)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "after", "expected"),
    [
        (DAILY, "2026-03-02 09:00", "2026-03-02 21:00"),
        (DAILY, "2026-03-02 21:00", "2026-03-03 21:00"),
        (DAILY, "2026-03-02 23:30", "2026-03-03 21:00"),
        (replace(DAILY, time_zone="India Standard Time"), "2026-03-02 09:00", "2026-03-02 16:30"),
        (replace(DAILY, at="02:30", time_zone="India Standard Time"), "2026-03-02 09:00", "2026-03-02 21:00"),
        (WEEKLY, "2026-03-02 09:00", "2026-03-04 06:00"),
        (WEEKLY, "2026-03-04 06:00", "2026-03-08 06:00"),
        (WEEKLY, "2026-03-08 06:00", "2026-03-11 06:00"),
        (HOURLY, "2026-03-02 09:00", "2026-03-02 20:00"),
        (HOURLY, "2026-03-02 23:59", "2026-03-03 00:00"),
        (HOURLY, "2026-03-03 05:00", "2026-03-03 08:00"),
        (HOURLY, "2026-03-03 08:00", "2026-03-03 20:00"),
    ],
)
def test_the_next_run(schedule: Schedule, after: str, expected: str) -> None:
    found = next_backup(schedule, at(after))
    assert found is not None
    assert found.at == at(expected)


def test_a_summer_clock_shows_another_hour_when_the_service_keeps_winter() -> None:
    winter = next_backup(DAILY, at("2026-06-01 12:00"), last_start=at("2026-05-31 21:00:20"))
    assert winter is not None
    assert (winter.at, f"{winter.local:%H:%M}", winter.certain) == (at("2026-06-01 21:00"), "23:00", True)


def test_what_nothing_shows_is_not_certain() -> None:
    found = next_backup(DAILY, at("2026-06-01 12:00"))
    assert found is not None
    assert (found.at, f"{found.local:%H:%M}", found.certain) == (at("2026-06-01 20:00"), "22:00", False)


def test_a_backup_at_another_time_shows_nothing() -> None:
    found = next_backup(DAILY, at("2026-06-01 12:00"), last_start=at("2026-06-01 11:00"))
    assert found is not None
    assert not found.certain


def test_a_zone_without_clock_changes_is_certain() -> None:
    found = next_backup(replace(DAILY, time_zone="UTC"), at("2026-06-01 12:00"))
    assert found is not None
    assert found.certain
    assert found.zone == "UTC"


def test_a_zone_that_nobody_knows() -> None:
    assert next_backup(replace(DAILY, time_zone="Mars Standard Time"), at("2026-06-01 12:00")) is None


@pytest.mark.parametrize(
    ("schedule", "hours"),
    [(DAILY, 24), (WEEKLY, 96), (replace(WEEKLY, days=(Weekday.SUNDAY,)), 168), (HOURLY, 12)],
)
def test_the_longest_time_between_two(schedule: Schedule, hours: int) -> None:
    assert interval(schedule) == timedelta(hours=hours)


WINDOWS = replace(machine("sql"), os=OsType.WINDOWS)
CRASH_ONLY = replace(seen_policy(), rules=None, properties='{"snapshotConsistencyType":"OnlyCrashConsistent"}')


@pytest.mark.parametrize(
    ("vm", "policy", "expected"),
    [
        (WINDOWS, seen_policy(), Consistency.APPLICATION),
        (WINDOWS, CRASH_ONLY, Consistency.CRASH),
        (replace(WINDOWS, power=Power.DEALLOCATED), None, Consistency.CRASH),
        (replace(WINDOWS, provisioning_state="Failed"), None, Consistency.CRASH),
        (replace(WINDOWS, power=Power.UNKNOWN), None, None),
        (machine("web"), None, Consistency.FILE_SYSTEM),
        (replace(machine("web"), power=Power.STOPPED), None, Consistency.CRASH),
        (replace(machine("web"), os=None), None, None),
    ],
)
def test_the_kind_of_the_next_point(
    vm: VirtualMachine, policy: ObservedPolicy | None, expected: Consistency | None
) -> None:
    assert expected_consistency(vm, policy) == expected


def test_a_weekly_schedule_without_a_day_never_runs() -> None:
    never = Schedule(Every.WEEK, "22:00", "UTC")
    assert list(next_backups(never, NOW)) == []
    assert next_backup(never, NOW) is None
