"""Which policies the service takes, when they run and how long they keep a point."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reconciler.vaultserver.errors import ArmError
from reconciler.vaultserver.policy_rules import accepted
from reconciler.vaultserver.policy_schedule import kept, next_run
from reconciler.vaultserver.records import PolicyRecord

AT = "2026-01-05T22:00:00Z"
JANUARY = datetime(2026, 1, 5, 12, tzinfo=UTC)


def keep(count: int, unit: str, **more: Any) -> dict[str, Any]:
    return {"retentionTimes": [AT], "retentionDuration": {"count": count, "durationType": unit}} | more


def daily(**changes: Any) -> dict[str, Any]:
    schedule = {"schedulePolicyType": "SimpleSchedulePolicy", "scheduleRunFrequency": "Daily", "scheduleRunTimes": [AT]}
    retention = {"retentionPolicyType": "LongTermRetentionPolicy", "dailySchedule": keep(30, "Days")}
    policy = {"backupManagementType": "AzureIaasVM", "timeZone": "UTC"}
    return policy | {"schedulePolicy": schedule, "retentionPolicy": retention} | changes


def with_schedule(**changes: Any) -> dict[str, Any]:
    return daily(schedulePolicy=daily()["schedulePolicy"] | changes)


def with_retention(**changes: Any) -> dict[str, Any]:
    return daily(retentionPolicy=daily()["retentionPolicy"] | changes)


FIRST_SUNDAY = {
    "retentionScheduleFormatType": "Weekly",
    "retentionScheduleWeekly": {"daysOfTheWeek": ["Sunday"], "weeksOfTheMonth": ["First"]},
}
LAST_DAY = {
    "retentionScheduleFormatType": "Daily",
    "retentionScheduleDaily": {"daysOfTheMonth": [{"date": 0, "isLast": True}]},
}
WEEKLY = with_schedule(scheduleRunFrequency="Weekly", scheduleRunDays=["Sunday"])["schedulePolicy"]
SUNDAYS = {
    "retentionPolicyType": "LongTermRetentionPolicy",
    "weeklySchedule": keep(12, "Weeks", daysOfTheWeek=["Sunday"]),
}
HOURLY = {
    "schedulePolicyType": "SimpleSchedulePolicyV2",
    "scheduleRunFrequency": "Hourly",
    "hourlySchedule": {"interval": 4, "scheduleWindowStartTime": AT, "scheduleWindowDuration": 12},
}

TAKEN = {
    "daily": daily(),
    "seven days": with_retention(dailySchedule=keep(7, "Days")),
    "monthly and yearly": with_retention(
        monthlySchedule=keep(60, "Months", **FIRST_SUNDAY),
        yearlySchedule=keep(10, "Years", monthsOfYear=["January"], **LAST_DAY),
    ),
    "weekly": daily(schedulePolicy=WEEKLY, retentionPolicy=SUNDAYS, instantRpRetentionRangeInDays=5),
    "hourly": daily(policyType="V2", schedulePolicy=HOURLY, instantRpRetentionRangeInDays=30),
}
REFUSED = {
    "a quarter past": with_schedule(scheduleRunTimes=["2026-01-05T22:15:00Z"]),
    "two times": with_schedule(scheduleRunTimes=[AT, "2026-01-05T10:00:00Z"]),
    "no time": with_schedule(scheduleRunTimes=[]),
    "times that differ": with_schedule(scheduleRunTimes=["2026-01-05T21:00:00Z"]),
    "six days": with_retention(dailySchedule=keep(6, "Days")),
    "ten thousand days": with_retention(dailySchedule=keep(10000, "Days")),
    "weeks of days": with_retention(dailySchedule=keep(30, "Weeks")),
    "no daily retention": with_retention(dailySchedule=None),
    "daily retention of a weekly schedule": daily(schedulePolicy=WEEKLY),
    "other weekdays": daily(
        schedulePolicy=WEEKLY,
        retentionPolicy=SUNDAYS | {"weeklySchedule": keep(12, "Weeks", daysOfTheWeek=["Monday"])},
    ),
    "a weekly schedule with two instant days": daily(
        schedulePolicy=WEEKLY, retentionPolicy=SUNDAYS, instantRpRetentionRangeInDays=2
    ),
    "six instant days": daily(instantRpRetentionRangeInDays=6),
    "the thirty-first": with_retention(
        monthlySchedule=keep(
            12,
            "Months",
            retentionScheduleFormatType="Daily",
            retentionScheduleDaily={"daysOfTheMonth": [{"date": 31, "isLast": False}]},
        )
    ),
    "a hundred years": with_retention(yearlySchedule=keep(100, "Years", monthsOfYear=["May"], **LAST_DAY)),
    "five hours": daily(policyType="V2", schedulePolicy=HOURLY | {"hourlySchedule": {"interval": 5}}),
    "an hourly V1": daily(schedulePolicy=HOURLY),
    "nothing": {"backupManagementType": "AzureIaasVM"},
}


@pytest.mark.parametrize("name", TAKEN)
def test_it_is_taken(name: str) -> None:
    stored = accepted(TAKEN[name])
    assert accepted(stored) == stored


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_without_saying_why(name: str) -> None:
    with pytest.raises(ArmError) as refusal:
        accepted(REFUSED[name])
    assert (refusal.value.status, refusal.value.code) == (400, "BMSUserErrorInvalidPolicyInput")


def test_a_wrong_time_zone_has_a_code_of_its_own() -> None:
    with pytest.raises(ArmError) as refusal:
        accepted(daily(timeZone="Europe/Amsterdam"))
    assert refusal.value.code == "UserErrorInvalidRequestParameter"


def policy(properties: dict[str, Any], saved: datetime = JANUARY) -> PolicyRecord:
    return PolicyRecord(id="/v/p", vault="/v", name="p", properties=accepted(properties), saved=saved)


def test_a_daily_run_is_in_the_policys_zone() -> None:
    run = next_run(policy(daily(timeZone="W. Europe Standard Time")), JANUARY)
    assert run == datetime(2026, 1, 5, 21, tzinfo=UTC)


def test_a_run_follows_no_summer_time() -> None:
    winter = policy(daily(timeZone="W. Europe Standard Time"))
    assert next_run(winter, JANUARY + timedelta(days=180)) == datetime(2026, 7, 4, 21, tzinfo=UTC)


def test_hourly_runs_lie_in_the_window() -> None:
    hourly, moment, runs = policy(TAKEN["hourly"]), JANUARY, []
    for _ in range(5):
        moment = next_run(hourly, moment) or moment
        runs.append((moment.day, moment.hour))
    assert runs == [(5, 22), (6, 2), (6, 6), (6, 10), (6, 22)]


def test_the_longest_rule_keeps_a_point() -> None:
    long = policy(TAKEN["monthly and yearly"])
    assert kept(long, datetime(2026, 1, 6, 22, tzinfo=UTC)).rule == "Daily"
    sunday = kept(long, datetime(2026, 1, 4, 22, tzinfo=UTC))
    assert (sunday.rule, sunday.until) == ("Monthly", datetime(2031, 1, 4, 22, tzinfo=UTC))
    last = kept(long, datetime(2026, 1, 31, 22, tzinfo=UTC))
    assert (last.rule, last.until) == ("Yearly", datetime(2036, 1, 31, 22, tzinfo=UTC))


def _weeks(count: int, **more: Any) -> dict[str, Any]:
    kept = SUNDAYS | {"weeklySchedule": keep(count, "Weeks", daysOfTheWeek=["Sunday"])} | more
    return daily(schedulePolicy=WEEKLY, retentionPolicy=kept)


@pytest.mark.parametrize("policy", [daily(), with_retention(dailySchedule=keep(1, "Days")), _weeks(1), _weeks(4)])
def test_the_preview_backs_up_daily_or_weekly(policy: dict[str, Any]) -> None:
    kept = accepted(policy, preview=True)["retentionPolicy"]
    assert kept == policy["retentionPolicy"]


@pytest.mark.parametrize(
    "policy",
    [
        with_retention(dailySchedule=keep(31, "Days")),
        with_retention(weeklySchedule=keep(4, "Weeks", daysOfTheWeek=["Sunday"])),
        _weeks(5),
        _weeks(4, monthlySchedule=keep(1, "Months", **FIRST_SUNDAY)),
        daily(policyType="V2", schedulePolicy=HOURLY),
    ],
)
def test_the_preview_keeps_points_for_thirty_days_in_one_tier(policy: dict[str, Any]) -> None:
    with pytest.raises(ArmError):
        accepted(policy, preview=True)
