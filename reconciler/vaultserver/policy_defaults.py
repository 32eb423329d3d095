"""The three policies every new vault owns."""

from __future__ import annotations

from datetime import datetime

from reconciler.vaultserver.records import Json, PolicyRecord, VaultRecord

DEFAULT = "DefaultPolicy"
ENHANCED = "EnhancedPolicy"
HOURLY_LOG = "HourlyLogBackup"
NAMES = frozenset({DEFAULT, ENHANCED, HOURLY_LOG})


def policies(vault: VaultRecord, now: datetime) -> list[PolicyRecord]:
    day = now.strftime("%Y-%m-%d")
    made = {
        DEFAULT: _daily(f"{day}T16:30:00Z"),
        ENHANCED: _hourly(f"{day}T08:00:00Z"),
        HOURLY_LOG: _log(f"{day}T16:30:00Z"),
    }
    return [
        PolicyRecord(
            id=f"{vault.id}/backupPolicies/{name}", vault=vault.id, name=name, properties=properties, saved=now
        )
        for name, properties in made.items()
    ]


def _retention(time: str) -> Json:
    return {
        "retentionPolicyType": "LongTermRetentionPolicy",
        "dailySchedule": {"retentionTimes": [time], "retentionDuration": {"count": 30, "durationType": "Days"}},
    }


def _simple(time: str) -> Json:
    return {
        "schedulePolicyType": "SimpleSchedulePolicy",
        "scheduleRunFrequency": "Daily",
        "scheduleRunTimes": [time],
        "scheduleWeeklyFrequency": 0,
    }


def _daily(time: str) -> Json:
    return {
        "backupManagementType": "AzureIaasVM",
        "instantRPDetails": {},
        "schedulePolicy": _simple(time),
        "retentionPolicy": _retention(time),
        "instantRpRetentionRangeInDays": 2,
        "timeZone": "UTC",
    }


def _hourly(start: str) -> Json:
    window = {"interval": 4, "scheduleWindowStartTime": start, "scheduleWindowDuration": 12}
    return {
        "backupManagementType": "AzureIaasVM",
        "policyType": "V2",
        "instantRPDetails": {},
        "schedulePolicy": {
            "schedulePolicyType": "SimpleSchedulePolicyV2",
            "scheduleRunFrequency": "Hourly",
            "hourlySchedule": window,
        },
        "retentionPolicy": _retention(start),
        "instantRpRetentionRangeInDays": 2,
        "timeZone": "UTC",
    }


def _log(time: str) -> Json:
    simple = {
        "retentionPolicyType": "SimpleRetentionPolicy",
        "retentionDuration": {"count": 30, "durationType": "Days"},
    }
    return {
        "backupManagementType": "AzureWorkload",
        "workLoadType": "SQLDataBase",
        "settings": {"timeZone": "UTC", "issqlcompression": False, "isCompression": False},
        "subProtectionPolicy": [
            {"policyType": "Full", "schedulePolicy": _simple(time), "retentionPolicy": _retention(time)},
            {
                "policyType": "Log",
                "schedulePolicy": {"schedulePolicyType": "LogSchedulePolicy", "scheduleFrequencyInMins": 60},
                "retentionPolicy": simple,
            },
        ],
    }
