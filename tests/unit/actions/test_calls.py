"""Each action is one request, as the wire facts have it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from reconciler.actions import ACTIONS
from reconciler.actions.action import Target
from reconciler.actions.policy_body import policy_body
from reconciler.model.backup_rules import ByDate, ByWeekday, Every, Monthly, Ordinal, Schedule, Tier, Weekday, Weekly
from reconciler.model.desired import Generation, SoftDelete, SoftDeleteState
from reconciler.model.observed import Power
from tests.unit.planning.making import VAULT, VAULT_ID, item, machine, policy, rules, vault

VM = machine("Web-01", "RG-Web")
FABRIC = f"{VAULT_ID}/backupFabrics/Azure"
NAMES = "iaasvmcontainerv2;RG-Web;Web-01"
NEW_ITEM = f"{FABRIC}/protectionContainers/IaasVMContainer;{NAMES}/protectedItems/vm;{NAMES}"


def sent(kind: str, target: Target) -> tuple[str, str, Any]:
    call = ACTIONS[kind].call(target)
    return call.method, call.path, json.loads(call.body or "null")


def test_the_order_is_the_contracts() -> None:
    order = "create-vault update-vault create-policy update-policy discover start-vm register protect change-policy"
    assert list(ACTIONS) == [*order.split(), "stop", "resume", "undelete"]


@pytest.mark.parametrize(
    ("kind", "members"),
    [
        ("protect", {"policyId": f"{VAULT_ID}/backupPolicies/daily"}),
        ("change-policy", {"policyId": f"{VAULT_ID}/backupPolicies/daily"}),
        ("resume", {"policyId": f"{VAULT_ID}/backupPolicies/daily"}),
        ("stop", {"protectionState": "ProtectionStopped"}),
        ("undelete", {"isRehydrate": True}),
    ],
)
def test_an_item_is_changed_by_one_put(kind: str, members: dict[str, Any]) -> None:
    method, path, body = sent(kind, Target(VAULT, vault(), VM, policy_name="daily"))

    common = {"protectedItemType": "Microsoft.Compute/virtualMachines", "sourceResourceId": VM.id}
    assert (method, path, body) == ("PUT", NEW_ITEM, {"properties": {**common, **members}})


def test_an_item_that_exists_is_addressed_by_its_own_id() -> None:
    seen = item(VM)
    for kind in ("change-policy", "stop", "resume", "undelete"):
        assert sent(kind, Target(VAULT, vault(), None, seen, policy_name="daily"))[1] == seen.id


def test_register_is_a_read_today_and_a_request_in_the_preview() -> None:
    today = ACTIONS["register"].call(Target(VAULT, vault(), VM))
    preview = ACTIONS["register"].call(Target(replace(VAULT, generation=Generation.PREVIEW_2015), vault(), VM))

    assert today.reads_only
    assert not preview.reads_only
    assert json.loads(preview.body or "")["properties"]["operationType"] == "Register"


@pytest.mark.parametrize(("power", "verb"), [(Power.STOPPED, "powerOff"), (Power.DEALLOCATED, "deallocate")])
def test_a_started_vm_is_put_back_as_it_was(power: Power, verb: str) -> None:
    put_back = ACTIONS["start-vm"].put_back
    target = Target(VAULT, vault(), replace(VM, power=power))

    assert sent("start-vm", target)[:2] == ("POST", f"{VM.id}/start")
    assert put_back is not None
    assert put_back(target).path == f"{VM.id}/{verb}"


def test_an_update_leaves_alone_what_is_not_declared() -> None:
    seen = '{"tieringPolicy":{"ArchivedRP":1},"timeZone":"India Standard Time","instantRpRetentionRangeInDays":3}'

    body = json.loads(policy_body(rules(30), seen))["properties"]

    assert body["tieringPolicy"] == {"ArchivedRP": 1}
    assert body["instantRpRetentionRangeInDays"] == 3
    assert body["timeZone"] == "UTC"


def test_all_times_of_a_policy_are_one() -> None:
    keep = replace(
        rules().retention, weekly=Weekly(12, (Weekday.SUNDAY,)), monthly=Monthly(60, ByDate((1,), last=True))
    )
    body = policy_body(replace(rules(at="02:30"), retention=keep))

    assert set(json.dumps(json.loads(body)).split('"')) & {"2020-01-01T02:30:00Z"}
    assert body.count("T02:30:00Z") == 4
    assert body.count(":00Z") == 4


@pytest.mark.parametrize(
    ("tier", "every", "frequency"),
    [
        (Tier.STANDARD, Every.DAY, "Daily"),
        (Tier.STANDARD, Every.WEEK, "Weekly"),
        (Tier.ENHANCED, Every.DAY, "Daily"),
        (Tier.ENHANCED, Every.WEEK, "Weekly"),
        (Tier.ENHANCED, Every.HOURS, "Hourly"),
    ],
)
def test_schedules(tier: Tier, every: Every, frequency: str) -> None:
    when = Schedule(every, "08:00", "UTC", (Weekday.SUNDAY,) if every is Every.WEEK else (), 4, 12)
    body = json.loads(policy_body(replace(rules(), tier=tier, schedule=when)))["properties"]

    assert body["policyType"] == ("V2" if tier is Tier.ENHANCED else "V1")
    assert body["schedulePolicy"]["scheduleRunFrequency"] == frequency


def test_a_day_of_the_month_by_week() -> None:
    rule = Monthly(6, ByWeekday((Ordinal.FIRST,), (Weekday.SUNDAY,)))
    body = json.loads(policy_body(replace(rules(), retention=replace(rules().retention, monthly=rule))))

    monthly = body["properties"]["retentionPolicy"]["monthlySchedule"]
    assert monthly["retentionScheduleWeekly"] == {"daysOfTheWeek": ["Sunday"], "weeksOfTheMonth": ["First"]}
    assert monthly["retentionScheduleDaily"] is None


def test_soft_delete_only_gets_stronger() -> None:
    seen = replace(vault(), soft_delete=SoftDeleteState.ALWAYS_ON, soft_delete_retention=14)
    wish = replace(VAULT, soft_delete=SoftDelete(SoftDeleteState.ENABLED, 30))

    method, path, body = sent("update-vault", Target(wish, seen))

    assert (method, path) == ("PATCH", VAULT_ID)
    settings = body["properties"]["securitySettings"]["softDeleteSettings"]
    assert settings == {"softDeleteState": "AlwaysON", "softDeleteRetentionPeriodInDays": 30}


def test_a_policy_is_created_as_declared() -> None:
    method, path, body = sent("create-policy", Target(VAULT, vault(), policy=policy(), policy_name="daily"))

    assert (method, path) == ("PUT", f"{VAULT_ID}/backupPolicies/daily")
    assert body["properties"]["backupManagementType"] == "AzureIaasVM"
