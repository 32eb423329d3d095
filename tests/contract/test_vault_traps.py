"""The traps of the real wire, one by one: a client that survives these survives Azure."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from tests.contract.vault_wire import HOST, LOCATION, V, Wire, new_wire

IAAS = "?$filter=" + quote("backupManagementType eq 'AzureIaasVM'")
F = f"{V}/backupFabrics/Azure"
BACKUP = {"properties": {"objectType": "IaasVMBackupRequest"}}


def stopped(wire: Wire) -> dict[str, Any]:
    body = wire.protect_body()
    return {"properties": body["properties"] | {"policyId": "", "protectionState": "ProtectionStopped"}}


def test_three_spellings_of_an_operation() -> None:
    wire = new_wire()
    item = wire.ask("PUT", wire.paths(), wire.protect_body()).headers["azure-asyncoperation"]
    vault = wire.ask("PATCH", V, {"tags": {"a": "b"}}).headers["azure-asyncoperation"]
    wire.world.advance(timedelta(minutes=2))
    deleted = wire.ask("DELETE", wire.paths()).headers
    assert "/protectedItems/VM;iaasvmcontainerv2;rg-vms;web-01/operationsStatus/" in item
    assert "/operationStatus/" in vault
    assert "/vaults/rsv/backupOperations/" in deleted["azure-asyncoperation"]
    assert "/vaults/rsv/backupOperationResults/" in deleted["location"]


def test_one_operation_answers_on_the_vault_too() -> None:
    wire = new_wire()
    name = wire.ask("PUT", wire.paths(), wire.protect_body()).headers["location"].split("?")[0].rpartition("/")[2]
    addresses = [f"{wire.paths()}/operationsStatus/{name}", f"{V}/backupOperations/{name}"]
    assert [wire.ask("GET", address).json["status"] for address in addresses] == ["InProgress", "InProgress"]
    results = [f"{wire.paths()}/operationResults/{name}", f"{V}/backupOperationResults/{name}"]
    assert [wire.ask("GET", address).status for address in results] == [202, 202]
    wire.world.advance(timedelta(minutes=1))
    assert [wire.ask("GET", address).status for address in results] == [200, 200]


def test_the_job_is_not_the_operation() -> None:
    wire = new_wire()
    done = wire.protect().json
    assert done["properties"]["jobId"] != done["name"]
    assert wire.ask("GET", f"{V}/backupJobs/{done['properties']['jobId']}").json["properties"]["status"] == "Completed"


def test_refresh_answers_with_a_foreign_api_version() -> None:
    wire = new_wire()
    headers = wire.ask("POST", f"{F}/refreshContainers", version="2026-10-01").headers
    assert "api-version=2019-05-13-preview" in headers["azure-asyncoperation"]
    assert "api-version=2026-10-01" in headers["location"]


def test_the_callers_api_version_and_host_come_back() -> None:
    wire = new_wire()
    url = f"http://localhost:8080{wire.paths()}?api-version=2016-12-01"
    answer = wire.ask("PUT", url, wire.protect_body())
    assert answer.headers["location"].startswith("http://localhost:8080/subscriptions/")
    assert answer.headers["location"].endswith("api-version=2016-12-01")


def test_unknown_query_keys_are_passed_over() -> None:
    wire = new_wire()
    location = wire.ask("PUT", wire.paths(), wire.protect_body()).headers["azure-asyncoperation"]
    assert wire.ask("GET", location + "&t=638&c=x&s=y&h=z").json["status"] == "InProgress"


def test_retry_after_is_never_zero() -> None:
    wire = new_wire()
    wire.world.clock.run(10_000)
    answer = wire.ask("PUT", wire.paths(), wire.protect_body())
    assert answer.headers["retry-after"] == "1"


def test_a_deleted_vault_ends_its_poll_as_succeeded_and_later_with_404() -> None:
    wire = new_wire()
    accepted = wire.ask("DELETE", V)
    done = wire.finish(accepted)
    assert (done.status, done.json["status"]) == (200, "Succeeded")
    assert wire.ask("GET", V).status == 404
    wire.world.advance(timedelta(hours=1))
    gone = wire.finish(accepted)
    assert (gone.status, gone.code) == (404, "ResourceNotFound")
    assert wire.ask("DELETE", V).status == 204


def test_containers_need_a_filter() -> None:
    wire = new_wire()
    refused = wire.ask("GET", f"{V}/backupProtectionContainers")
    assert (refused.status, refused.code) == (400, "BMSUserErrorInvalidInput")
    assert wire.ask("GET", f"{V}/backupProtectionContainers{IAAS}").json == {"value": []}


def test_the_name_of_a_protectable_item_lacks_its_prefix() -> None:
    (item,) = new_wire().ask("GET", f"{V}/backupProtectableItems{IAAS}").json["value"]
    assert item["name"] == "iaasvmcontainerv2;rg-vms;web-01"
    assert item["id"].endswith("/protectableItems/vm;iaasvmcontainerv2;rg-vms;web-01")


def test_names_fold_and_ids_do_not() -> None:
    wire = new_wire({"name": "Web-01", "resourceGroup": "RG-Vms"})
    wire.finish(wire.ask("PUT", wire.paths("Web-01", "RG-Vms"), wire.protect_body("Web-01", "RG-Vms")))
    item = wire.ask("GET", wire.paths()).json
    assert item["name"] == "VM;iaasvmcontainerv2;rg-vms;web-01"
    source = "/resourceGroups/RG-Vms/providers/Microsoft.Compute/virtualMachines/Web-01"
    assert item["properties"]["sourceResourceId"].endswith(source)
    assert item["properties"]["friendlyName"] == "Web-01"


@pytest.mark.parametrize(
    "path",
    [
        "{item}".replace("protectionContainers", "PROTECTIONcontainers"),
        "/SUBSCRIPTIONS{rest}",
        "{item}/",
        "{encoded}",
    ],
)
def test_paths_match_in_any_case_and_encoding(path: str) -> None:
    wire = new_wire()
    wire.protect()
    item = wire.paths()
    given = path.format(item=item, rest=item.removeprefix("/subscriptions").upper(), encoded=item.replace(";", "%3B"))
    assert wire.ask("GET", given).json["name"] == "VM;iaasvmcontainerv2;rg-vms;web-01"


def test_stopped_may_mean_soft_deleted() -> None:
    wire = new_wire()
    wire.protect()
    asked = wire.world.now
    wire.finish(wire.ask("DELETE", wire.paths()))
    properties = wire.ask("GET", wire.paths()).json["properties"]
    assert properties["protectionState"] == "ProtectionStopped"
    assert properties["isScheduledForDeferredDelete"] is True
    assert properties["deferredDeleteTimeInUTC"].startswith(asked.strftime("%Y-%m-%dT%H:%M"))
    assert re.fullmatch(r"13\.\d\d:\d\d:\d\d\.\d{7}", properties["deferredDeleteTimeRemaining"])
    assert (properties["softDeleteRetentionPeriod"], properties["softDeleteRetentionPeriodInDays"]) == (14, 14)


def test_a_stop_names_no_policy_and_keeps_the_points() -> None:
    wire = new_wire(protected=[{"vm": "web-01", "vault": "rsv", "recoveryPoints": 3}])
    wire.finish(wire.ask("PUT", wire.paths(), stopped(wire)))
    properties = wire.ask("GET", wire.paths()).json["properties"]
    assert (properties["policyId"], properties["policyName"]) == ("", "")
    wire.world.advance(timedelta(days=400))
    assert len(wire.ask("GET", f"{wire.paths()}/recoveryPoints").json["value"]) == 3


def test_vault_id_is_a_url() -> None:
    wire = new_wire()
    wire.protect()
    assert wire.ask("GET", wire.paths()).json["properties"]["vaultId"] == HOST + V


def test_sentinel_times() -> None:
    wire = new_wire()
    location = wire.ask("PUT", wire.paths(), wire.protect_body()).headers["azure-asyncoperation"]
    assert wire.ask("GET", location).json["endTime"] == "0001-01-01T00:00:00"
    wire.world.advance(timedelta(minutes=1))
    assert wire.ask("GET", wire.paths()).json["properties"]["lastBackupTime"] == "2001-01-01T00:00:00Z"


def test_a_policy_with_items_answers_202_and_a_job_an_item() -> None:
    wire = new_wire()
    policy = f"{V}/backupPolicies/DefaultPolicy"
    wire.protect()
    changed = wire.ask("GET", policy).json["properties"] | {"instantRpRetentionRangeInDays": 5}
    answer = wire.ask("PUT", policy, {"properties": changed})
    assert (answer.status, answer.content) == (202, b"")
    done = wire.finish(answer).json
    assert done["properties"]["objectType"] == "OperationStatusJobsExtendedInfo"
    assert len(done["properties"]["jobIds"]) == 1
    assert wire.ask("GET", answer.headers["location"]).json["properties"]["instantRpRetentionRangeInDays"] == 5


def test_default_policies_reappear() -> None:
    wire = new_wire()
    assert wire.ask("DELETE", f"{V}/backupPolicies/DefaultPolicy").status == 200
    assert wire.ask("GET", f"{V}/backupPolicies/DefaultPolicy").status == 404
    wire.world.advance(timedelta(days=1))
    assert wire.ask("GET", f"{V}/backupPolicies/DefaultPolicy").status == 200


def test_prevalidation_fails_under_200() -> None:
    wire = new_wire()
    source = wire.protect_body()["properties"]["sourceResourceId"]
    body = {"resourceType": "VM", "resourceId": source, "vaultId": V, "properties": ""}
    assert wire.ask("POST", f"{LOCATION}/backupPreValidateProtection", body).json["status"] == "Succeeded"
    wire.world.set_vm(source, "power", "stopped")
    failed = wire.ask("POST", f"{LOCATION}/backupPreValidateProtection", body)
    assert (failed.status, failed.json["status"], failed.json["errorCode"]) == (200, "Failed", "AzureVmOffline")


def test_vault_lists_omit_the_security_settings() -> None:
    wire = new_wire()
    listed = wire.ask("GET", V.rpartition("/")[0]).json["value"][0]["properties"]
    shown = wire.ask("GET", V).json["properties"]
    assert {"securitySettings", "redundancySettings"} & set(listed) == set()
    assert {"securitySettings", "redundancySettings"} <= set(shown)


def test_an_item_outlives_its_machine_and_keeps_failing() -> None:
    wire = new_wire(protected=[{"vm": "web-01", "vault": "rsv"}])
    wire.world.set_vm(wire.protect_body()["properties"]["sourceResourceId"], "deleted", value=True)
    wire.world.advance(timedelta(days=1))
    properties = wire.ask("GET", wire.paths()).json["properties"]
    assert (properties["protectionState"], properties["lastBackupStatus"]) == ("ProtectionError", "Failed")
    failed = quote("status eq 'Failed'")
    (job,) = wire.ask("GET", f"{V}/backupJobs?$filter={failed}").json["value"]
    assert job["properties"]["errorDetails"][0]["errorCode"] == 320001
    status = wire.ask(
        "POST",
        f"{LOCATION}/backupStatus",
        {"resourceType": "VM", "resourceId": wire.protect_body()["properties"]["sourceResourceId"]},
    )
    assert (status.json["protectionStatus"], status.json["vaultId"]) == ("ProtectionFailed", V)


def test_policy_times_are_normalised() -> None:
    wire = new_wire()
    policy = wire.ask("GET", f"{V}/backupPolicies/DefaultPolicy").json["properties"]
    policy["schedulePolicy"]["scheduleRunTimes"] = ["2026-01-05T16:30:00.000Z"]
    policy["retentionPolicy"]["dailySchedule"]["retentionTimes"] = ["2020-07-01T16:30:00+00:00"]
    stored = wire.ask("PUT", f"{V}/backupPolicies/copy", {"properties": policy}).json["properties"]
    assert stored["schedulePolicy"]["scheduleRunTimes"] == ["2026-01-05T16:30:00Z"]
    assert stored["retentionPolicy"]["dailySchedule"]["retentionTimes"] == ["2020-07-01T16:30:00Z"]


def test_enabling_again_costs_a_job() -> None:
    wire = new_wire()
    wire.protect()
    wire.protect()
    jobs = wire.ask("GET", f"{V}/backupJobs").json["value"]
    assert [job["properties"]["operation"] for job in jobs] == ["ConfigureBackup", "ConfigureBackup"]


def test_a_container_reads_soft_deleted_just_after_an_undelete() -> None:
    wire = new_wire()
    wire.protect()
    wire.finish(wire.ask("DELETE", wire.paths()))
    body = stopped(wire)
    body["properties"]["isRehydrate"] = True
    wire.ask("PUT", wire.paths(), body)
    wire.world.advance(timedelta(seconds=12))
    registered = IAAS + quote(" and status eq 'Registered'")

    def seen() -> list[str]:
        found = wire.ask("GET", f"{V}/backupProtectionContainers{registered}").json["value"]
        return [box["properties"]["registrationStatus"] for box in found]

    assert seen() == ["SoftDeleted"]
    wire.world.advance(timedelta(minutes=1))
    assert seen() == ["Registered"]


def test_backup_ends_its_operation_long_before_its_job() -> None:
    wire = new_wire()
    wire.protect()
    taken = wire.ask("POST", f"{wire.paths()}/backup", BACKUP)
    operation = wire.ask("GET", taken.headers["azure-asyncoperation"]).json
    assert operation["status"] == "Succeeded"
    job = f"{V}/backupJobs/{operation['properties']['jobId']}"
    assert wire.ask("GET", job).json["properties"]["status"] == "InProgress"
    again = wire.ask("POST", f"{wire.paths()}/backup", BACKUP)
    assert again.code == "UserErrorBackupOperationInProgress"
    wire.world.advance(timedelta(hours=1))
    tasks = wire.ask("GET", job).json["properties"]["extendedInfo"]["tasksList"]
    assert [(task["taskId"], task["status"]) for task in tasks] == [
        ("Take Snapshot", "Completed"),
        ("Transfer data to vault", "Completed"),
    ]


def test_a_cancelled_backup_keeps_its_snapshot() -> None:
    wire = new_wire()
    wire.protect()
    operation = wire.ask("GET", wire.ask("POST", f"{wire.paths()}/backup", BACKUP).headers["azure-asyncoperation"]).json
    job = f"{V}/backupJobs/{operation['properties']['jobId']}"
    cancel = wire.ask("POST", f"{job}/cancel")
    assert (cancel.status, wire.ask("GET", cancel.headers["location"]).status) == (202, 202)
    wire.world.advance(timedelta(minutes=30))
    assert wire.ask("GET", cancel.headers["location"]).status == 204
    ended = wire.ask("GET", job).json["properties"]
    assert (ended["status"], ended["errorDetails"][0]["errorCode"]) == ("CompletedWithWarnings", 400158)
    (point,) = wire.ask("GET", f"{wire.paths()}/recoveryPoints").json["value"]
    assert point["properties"]["recoveryPointTierDetails"] == [{"type": "InstantRP", "status": "Valid"}]
    assert wire.ask("POST", f"{job}/cancel").status == 400
