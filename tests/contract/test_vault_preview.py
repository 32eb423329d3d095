"""The preview service of 2015: registering is a request of its own, and the limits are narrow."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.contract.vault_wire import V, Wire, new_wire

F = f"{V}/backupFabrics/Azure"
DAILY: dict[str, Any] = {
    "name": "daily-30d",
    "schedulePolicy": {
        "schedulePolicyType": "SimpleSchedulePolicy",
        "scheduleRunFrequency": "Daily",
        "scheduleRunTimes": ["2026-01-05T22:00:00Z"],
    },
    "retentionPolicy": {
        "retentionPolicyType": "LongTermRetentionPolicy",
        "dailySchedule": {
            "retentionTimes": ["2026-01-05T22:00:00Z"],
            "retentionDuration": {"count": 30, "durationType": "Days"},
        },
    },
    "timeZone": "UTC",
}
PREVIEW = {"generation": "Preview2015", "policies": [DAILY]}


def preview(**facts: Any) -> Wire:
    return new_wire({"name": "web-01", "os": "Windows"} | facts, vault=PREVIEW)


def register(wire: Wire) -> tuple[str, str]:
    """How registering ends, and the error when it failed."""
    source = wire.protect_body()["properties"]["sourceResourceId"]
    body = {"properties": {"backupManagementType": "AzureIaasVM", "sourceResourceId": source}}
    answer = wire.ask("PUT", wire.paths().split("/protectedItems")[0], body)
    assert answer.status == 202
    assert wire.ask("GET", answer.headers["location"]).status == 202
    wire.world.advance(timedelta(minutes=2))
    job = wire.world.jobs()[0]
    assert job.operation == "Register"
    if job.errors:
        failed = wire.ask("GET", answer.headers["location"])
        assert failed.code == job.errors[0]["errorTitle"]
    return job.status, job.errors[0]["errorTitle"] if job.errors else ""


def test_the_vault_says_what_it_is() -> None:
    assert preview().ask("GET", V).json["tags"] == {"reconcile-generation": "Preview2015"}


def test_a_machine_is_registered_then_protected_then_backed_up_by_schedule() -> None:
    wire = preview()
    refused = wire.ask("PUT", wire.paths(), wire.protect_body(policy="daily-30d"))
    assert refused.code == "BMSUserErrorInvalidConfigureProtectionRequest"
    assert register(wire) == ("Completed", "")
    assert wire.protect(policy="daily-30d").json["status"] == "Succeeded"
    assert wire.ask("POST", f"{wire.paths()}/backup", {"properties": {}}).code == "BMSUserErrorInvalidInput"
    wire.world.advance(timedelta(days=1))
    assert wire.ask("GET", wire.paths()).json["properties"]["protectionState"] == "Protected"


FAILURES: dict[str, tuple[dict[str, Any], str]] = {
    "off": ({"power": "stopped"}, "VMNotInRunningStateUserError"),
    "six data disks": ({"dataDisks": 6}, "UserErrorBCMUnsupportedDiskCount"),
    "premium storage": ({"osDiskStorage": "Premium_LRS"}, "CloudInternalError"),
    "two network interfaces": ({"nics": 2}, "CloudInternalError"),
    "a load balancer": ({"loadBalancer": True}, "CloudInternalError"),
    "no agent": ({"agent": {"present": False}}, "GuestAgentCertificateNotFound"),
    "an old agent": ({"agent": {"version": "2.5.1198.709"}}, "GuestAgentCertificateNotFound"),
    "a silent agent": ({"agent": {"status": "notReady"}}, "ExtensionInstallationFailure"),
    "an old system": ({"osName": "Windows Server 2003"}, "UserErrorUnSupportedDistribution"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_registering_fails(name: str) -> None:
    facts, code = FAILURES[name]
    assert register(preview(**facts)) == ("Failed", code)


def test_five_data_disks_are_fine() -> None:
    assert register(preview(dataDisks=5)) == ("Completed", "")


def test_a_second_discovery_fails_while_one_runs() -> None:
    wire = preview()
    first, second = (wire.ask("POST", f"{F}/refreshContainers").headers["location"] for _ in range(2))
    refused = wire.ask("GET", second)
    assert (refused.status, refused.code) == (409, "DiscoveryInProgress")
    wire.world.advance(timedelta(seconds=20))
    assert wire.ask("GET", first).status == 204


def test_a_second_discovery_joins_the_first_today() -> None:
    wire = new_wire()
    first, second = (wire.ask("POST", f"{F}/refreshContainers").headers["location"] for _ in range(2))
    assert first == second


def test_thirty_days_are_the_most() -> None:
    wire = preview()
    policy = wire.ask("GET", f"{V}/backupPolicies/daily-30d").json["properties"]
    policy["retentionPolicy"]["dailySchedule"]["retentionDuration"]["count"] = 31
    refused = wire.ask("PUT", f"{V}/backupPolicies/daily-31d", {"properties": policy})
    assert refused.code == "BMSUserErrorInvalidPolicyInput"


def test_there_is_no_soft_delete() -> None:
    wire = preview()
    register(wire)
    wire.protect(policy="daily-30d")
    wire.finish(wire.ask("DELETE", wire.paths()))
    assert wire.ask("GET", wire.paths()).status == 404


@pytest.mark.parametrize(
    ("fact", "value", "code"),
    [
        ("dataDisks", 6, "CopyingVHDsFromBackUpVaultTakingLongTime"),
        ("agent.present", False, "ExtensionInstallationFailure"),
        ("snapshot", "timesOut", "GuestAgentSnapshotTaskStatusError"),
        ("deleted", True, "ResourceNotFound"),
    ],
)
def test_backups_fail_by_the_facts(fact: str, value: object, code: str) -> None:
    wire = preview()
    register(wire)
    wire.protect(policy="daily-30d")
    wire.world.set_vm(wire.protect_body()["properties"]["sourceResourceId"], fact, value)
    wire.world.advance(timedelta(days=1))
    assert [job.errors[0]["errorTitle"] for job in wire.world.jobs() if job.operation == "Backup"] == [code]
