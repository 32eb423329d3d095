"""Policies on the wire and in rules: what is written is read back, what cannot be said is not guessed."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.actions.policy_body import policy_body
from reconciler.azure.decode.policies import WirePolicy, policy, rules_of
from reconciler.model.backup_rules import (
    BackupRules,
    ByDate,
    ByWeekday,
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


def _some(kind: Any) -> st.SearchStrategy[Any]:
    """A non-empty choice of an enumeration, in its own order."""
    return st.sets(st.sampled_from(list(kind)), min_size=1).map(
        lambda chosen: tuple(one for one in kind if one in chosen)
    )


_AT = st.builds(lambda hour, half: f"{hour:02d}:{half}", st.integers(0, 23), st.sampled_from(["00", "30"]))
_DATES = st.sets(st.integers(1, 28), min_size=1).map(lambda dates: tuple(sorted(dates)))
_RULE = st.builds(ByWeekday, _some(Ordinal), _some(Weekday)) | st.builds(ByDate, _DATES, st.booleans())
_ZONE = st.sampled_from(["UTC", "W. Europe Standard Time"])
_RETENTION = st.builds(
    Retention,
    st.integers(0, 9999),
    st.none() | st.builds(Weekly, st.integers(1, 5163), _some(Weekday)),
    st.none() | st.builds(Monthly, st.integers(1, 1188), _RULE),
    st.none() | st.builds(Yearly, st.integers(1, 99), _RULE, _some(Month)),
)
_DAILY = st.builds(Schedule, st.just(Every.DAY), _AT, _ZONE)
_WEEKLY = st.builds(Schedule, st.just(Every.WEEK), _AT, _ZONE, _some(Weekday))
_HOURLY = st.builds(
    Schedule, st.just(Every.HOURS), _AT, _ZONE, st.just(()), st.sampled_from([4, 6, 8, 12]), st.integers(4, 24)
)
_RULES = st.builds(BackupRules, st.just(Tier.STANDARD), _DAILY | _WEEKLY, _RETENTION, st.integers(0, 5)) | st.builds(
    BackupRules, st.just(Tier.ENHANCED), _DAILY | _WEEKLY | _HOURLY, _RETENTION, st.integers(0, 30)
)


@given(_RULES)
def test_what_is_written_is_read_back(rules: BackupRules) -> None:
    properties = json.loads(policy_body(rules))["properties"]
    assert rules_of(json.dumps(properties).encode()) == rules


def _daily() -> dict[str, Any]:
    """The service's own DefaultPolicy."""
    return {
        "backupManagementType": "AzureIaasVM",
        "instantRPDetails": {},
        "schedulePolicy": {
            "schedulePolicyType": "SimpleSchedulePolicy",
            "scheduleRunFrequency": "Daily",
            "scheduleRunTimes": ["2024-04-28T16:30:00Z"],
            "scheduleWeeklyFrequency": 0,
        },
        "retentionPolicy": {
            "retentionPolicyType": "LongTermRetentionPolicy",
            "dailySchedule": {
                "retentionTimes": ["2024-04-28T16:30:00Z"],
                "retentionDuration": {"count": 30, "durationType": "Days"},
            },
        },
        "instantRpRetentionRangeInDays": 2,
        "timeZone": "UTC",
        "protectedItemsCount": 3,
    }


def _rules(properties: dict[str, Any]) -> BackupRules | None:
    return rules_of(json.dumps(properties).encode())


DAILY = BackupRules(Tier.STANDARD, Schedule(Every.DAY, "16:30", "UTC"), Retention(30), 2)


@pytest.mark.parametrize("time", ["2020-01-01T16:30:00+00:00", "2026-12-31T16:30:00.000Z", "2026-12-31T16:30:00"])
def test_only_hour_and_minute_of_a_time_count(time: str) -> None:
    properties = _daily()
    properties["schedulePolicy"]["scheduleRunTimes"] = [time]
    assert _rules(properties) == DAILY


def test_what_the_service_adds_and_what_is_not_declared_changes_no_rule() -> None:
    extra = {
        "policyType": "V1",
        "tieringPolicy": {"ArchivedRP": {"tieringMode": "TierAfter", "duration": 3, "durationType": "Months"}},
        "snapshotConsistencyType": "OnlyCrashConsistent",
        "newIn2027": {"a": [1]},
    }
    wire = WirePolicy("/p/Daily", "Daily", msgspec.Raw(json.dumps(_daily() | extra).encode()))
    found = policy(wire)
    assert found is not None
    assert (found.rules, found.items) == (DAILY, 3)
    assert json.loads(found.properties)["tieringPolicy"] == extra["tieringPolicy"]


def _changed(path: str, value: Any) -> dict[str, Any]:
    properties = _daily()
    *way, last = path.split(".")
    place = properties
    for key in way:
        place = place[key]
    place[last] = value
    return properties


_FORTNIGHTLY = {
    "schedulePolicyType": "SimpleSchedulePolicy",
    "scheduleRunFrequency": "Weekly",
    "scheduleRunDays": ["Sunday"],
    "scheduleRunTimes": ["2024-04-28T16:30:00Z"],
    "scheduleWeeklyFrequency": 2,
}
_MONTHS = {"retentionDuration": {"count": 3, "durationType": "Months"}, "retentionScheduleFormatType": "Daily"}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("policyType", "V2"),
        ("policyType", "V3"),
        ("schedulePolicy", None),
        ("retentionPolicy", None),
        ("schedulePolicy.schedulePolicyType", "LogSchedulePolicy"),
        ("schedulePolicy.scheduleRunFrequency", "Hourly"),
        ("schedulePolicy.scheduleRunFrequency", "Fortnightly"),
        ("schedulePolicy.scheduleRunFrequency", "Weekly"),
        ("schedulePolicy.scheduleRunTimes", []),
        ("schedulePolicy.scheduleRunTimes", ["2024-04-28T16:30:00Z", "2024-04-28T17:30:00Z"]),
        ("schedulePolicy.scheduleRunTimes", ["noon"]),
        ("schedulePolicy.scheduleRunTimes", [7]),
        ("schedulePolicy", _FORTNIGHTLY),
        ("retentionPolicy.monthlySchedule", _MONTHS | {"retentionScheduleFormatType": "Lunar"}),
        ("retentionPolicy.monthlySchedule", _MONTHS | {"retentionScheduleFormatType": "Daily"}),
        ("retentionPolicy.monthlySchedule", _MONTHS | {"retentionScheduleDaily": {"daysOfTheMonth": []}}),
        ("retentionPolicy.retentionPolicyType", "SimpleRetentionPolicy"),
        ("retentionPolicy.dailySchedule.retentionDuration", {"count": 3, "durationType": "Weeks"}),
        ("retentionPolicy.dailySchedule.retentionDuration", {"count": 0, "durationType": "Days"}),
        ("retentionPolicy.dailySchedule.retentionDuration", {"count": "30", "durationType": "Days"}),
        ("retentionPolicy.weeklySchedule", {"retentionDuration": {"count": 3, "durationType": "Weeks"}}),
    ],
)
def test_what_has_no_words_is_not_guessed(path: str, value: Any) -> None:
    properties = _changed(path, value)
    assert _rules(properties) is None
    kept = policy(WirePolicy("/p/x", "x", msgspec.Raw(json.dumps(properties).encode())))
    assert kept is not None
    assert json.loads(kept.properties) == properties


def test_a_policy_of_another_workload_is_left_out() -> None:
    properties = _daily() | {"backupManagementType": "AzureWorkload"}
    assert policy(WirePolicy("/p/x", "x", msgspec.Raw(json.dumps(properties).encode()))) is None
