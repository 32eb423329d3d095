"""What a policy keeps and when it runs, checked against the embedded vault, which has rules of its own."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.actions.policy_body import policy_body
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
from reconciler.model.outlook import Keeper
from reconciler.planning.outlook import DAYS, falls_on, foreseen, outlook
from reconciler.planning.situation import situation_of
from reconciler.vaultserver import policy_schedule
from reconciler.vaultserver.records import PolicyRecord
from tests.unit.planning import worlds

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SUNDAY = (Weekday.SUNDAY,)
DAILY = Schedule(Every.DAY, "22:00", "UTC")
FIRST_SUNDAY = ByWeekday((Ordinal.FIRST,), SUNDAY)


def rules(
    schedule: Schedule = DAILY, *, daily: int, weekly: Weekly | None = None, yearly: Yearly | None = None
) -> BackupRules:
    return BackupRules(Tier.STANDARD, schedule, Retention(daily, weekly, None, yearly))


def test_a_daily_tier_keeps_its_days() -> None:
    found = foreseen(rules(daily=7), NOW)
    assert [point.day for point in found.kept] == [date(2026, 2, 23) + timedelta(days=n) for n in range(7)]
    assert {point.by for point in found.kept} == {(Keeper.DAILY,)}
    assert (found.older, found.a_day, found.today) == (0, 1, date(2026, 3, 2))


def test_a_longer_tier_lets_go_last() -> None:
    found = foreseen(rules(daily=7, weekly=Weekly(4, SUNDAY)), NOW)
    sundays = {point.day: (point.by, point.until) for point in found.kept if Keeper.WEEKLY in point.by}
    assert sundays == {
        date(2026, 2, 8): ((Keeper.WEEKLY,), date(2026, 3, 8)),
        date(2026, 2, 15): ((Keeper.WEEKLY,), date(2026, 3, 15)),
        date(2026, 2, 22): ((Keeper.WEEKLY,), date(2026, 3, 22)),
        date(2026, 3, 1): ((Keeper.DAILY, Keeper.WEEKLY), date(2026, 3, 29)),
    }


def test_what_lies_beyond_the_picture_is_counted() -> None:
    found = foreseen(rules(daily=7, yearly=Yearly(10, FIRST_SUNDAY, (Month.JANUARY,))), NOW)
    assert [point.day for point in found.kept if Keeper.YEARLY in point.by] == [date(2026, 1, 4)]
    assert found.older == 9


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        (ByDate((1, 15)), [1, 15]),
        (ByDate((), last=True), [28]),
        (FIRST_SUNDAY, [1]),
        (ByWeekday((Ordinal.SECOND, Ordinal.LAST), (Weekday.MONDAY,)), [9, 23]),
    ],
)
def test_days_of_a_month(rule: DayRule, days: list[int]) -> None:
    assert [day for day in range(1, 29) if falls_on(rule, date(2026, 2, day))] == days


def test_the_calendar_follows_no_clock_change() -> None:
    """The service keeps the offset that a policy was saved with: 22:00 becomes 23:00 on the wall in summer."""
    found = foreseen(rules(Schedule(Every.DAY, "22:00", "W. Europe Standard Time"), daily=7), NOW)
    assert len(found.runs) == 35
    assert {run.at.hour for run in found.runs} == {21}
    assert {f"{run.local:%H:%M}" for run in found.runs} == {"22:00", "23:00"}


def test_a_zone_that_nobody_knows_has_no_calendar() -> None:
    assert foreseen(rules(Schedule(Every.DAY, "22:00", "Mars Standard Time"), daily=7), NOW).runs == ()


def test_hourly_backups_are_several_a_day() -> None:
    found = foreseen(rules(Schedule(Every.HOURS, "08:00", "UTC", interval=4, window=12), daily=7), NOW)
    assert found.a_day == 4
    assert [run.at.hour for run in found.runs[:5]] == [12, 16, 20, 8, 12]


def test_of_a_situation_the_declared_policy_counts() -> None:
    case = {"vms": {}, "vaults": {"rsv": {"policies": {"daily": 14, "portal": 9}}}}
    situation = situation_of(worlds.desired(case), worlds.observed(case))
    for name, days in (("Daily", 30), ("portal", 9)):
        found = outlook(situation, "rsv", name)
        assert found is not None
        assert len(found.kept) == days
    assert outlook(situation, "rsv", "none") is None
    assert outlook(situation, "other", "daily") is None


_WEEKDAYS = st.lists(st.sampled_from(Weekday), min_size=1, max_size=3, unique=True).map(tuple)
_RULE = st.one_of(
    st.builds(ByWeekday, st.lists(st.sampled_from(Ordinal), min_size=1, max_size=2, unique=True).map(tuple), _WEEKDAYS),
    st.builds(ByDate, st.lists(st.integers(1, 28), min_size=1, max_size=3, unique=True).map(tuple), st.booleans()),
)
_MONTHS = st.lists(st.sampled_from(Month), min_size=1, max_size=3, unique=True).map(tuple)
_RETENTION = st.builds(
    Retention,
    daily=st.integers(7, 90),
    weekly=st.none() | st.builds(Weekly, st.integers(1, 60), _WEEKDAYS),
    monthly=st.none() | st.builds(Monthly, st.integers(1, 24), _RULE),
    yearly=st.none() | st.builds(Yearly, st.integers(1, 3), _RULE, _MONTHS),
)


@given(_RETENTION, st.integers(0, 30_000).map(lambda hours: NOW + timedelta(hours=hours)))
def test_the_vault_keeps_what_is_foreseen(retention: Retention, now: datetime) -> None:
    """Each day of the picture, against the code by which the embedded vault prunes."""
    wanted = BackupRules(Tier.STANDARD, DAILY, retention)
    properties = json.loads(policy_body(wanted))["properties"]
    policy = PolicyRecord(id="p", vault="v", name="p", properties=properties, saved=now)
    days = {}
    for back in range(DAYS + 1):
        taken = (now - timedelta(days=back)).replace(hour=22, minute=0, second=0, microsecond=0)
        until = policy_schedule.kept(policy, taken).until
        if taken <= now < until:
            days[taken.date()] = until.date()
    assert {point.day: point.until for point in foreseen(wanted, now).kept} == days


def test_a_policy_without_daily_points_keeps_those_of_its_weeks_alone() -> None:
    weekly = Weekly(4, SUNDAY)
    found = foreseen(rules(Schedule(Every.WEEK, "22:00", "UTC", SUNDAY), daily=0, weekly=weekly), NOW)
    assert [point.day for point in found.kept] == [date(2026, 2, day) for day in (8, 15, 22)] + [date(2026, 3, 1)]
    assert {point.by for point in found.kept} == {(Keeper.WEEKLY,)}
