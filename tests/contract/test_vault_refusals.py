"""What the embedded vault refuses, with the service's own status and code, and without leaving a trace."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.contract.vault_wire import V, Wire, new_wire

BACKUP = {"properties": {"objectType": "IaasVMBackupRequest"}}
OTHER = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-backup"
DISKS = [{"sizeGB": 40000}]


def protect(wire: Wire, **changed: Any) -> Any:
    body = wire.protect_body()
    body["properties"] |= changed
    return wire.ask("PUT", wire.paths(), body)


def changed_path(before: str, after: str) -> Callable[[Wire], Any]:
    return lambda wire: wire.ask("PUT", wire.paths().replace(before, after), wire.protect_body())


REFUSALS: dict[str, tuple[Callable[[Wire], Any], int, str]] = {
    "an unknown vault": (lambda wire: wire.ask("GET", V + "x"), 404, "ResourceNotFound"),
    "a child of an unknown vault": (lambda wire: wire.ask("GET", V + "x/backupPolicies"), 404, "ResourceNotFound"),
    "no api-version": (
        lambda wire: wire.ask("GET", f"https://vault.test{V}"),
        400,
        "MissingApiVersionParameter",
    ),
    "another method": (lambda wire: wire.ask("POST", f"{V}/backupPolicies/x"), 405, "HttpMethodNotSupported"),
    "an unknown path": (lambda wire: wire.ask("GET", f"{V}/backupFoo"), 404, "InvalidResourceType"),
    "a body that is no JSON": (
        lambda wire: wire.send("PUT", f"https://vault.test{V}?api-version=1", b"{", {}),
        400,
        "InvalidRequestContent",
    ),
    "an item that is not there": (
        lambda wire: wire.ask("GET", wire.paths()),
        404,
        "BMSUserErrorDataSourceObjectNotFound",
    ),
    "a backup of what is not there": (
        lambda wire: wire.ask("POST", f"{wire.paths()}/backup", BACKUP),
        404,
        "BMSUserErrorDataSourceObjectNotFound",
    ),
    "a short container name": (
        changed_path("IaasVMContainer;iaasvmcontainerv2;rg-vms;web-01/", "web-01/"),
        400,
        "BMSUserErrorContainerNameIncorrectFormat",
    ),
    "a short item name": (
        changed_path("/VM;iaasvmcontainerv2;rg-vms;web-01", "/web-01"),
        400,
        "BMSUserErrorProtectedItemNameIncorrectFormat",
    ),
    "the vault's group in the names": (
        changed_path(";rg-vms;", ";rg-backup;"),
        400,
        "BMSUserErrorInvalidConfigureProtectionRequest",
    ),
    "a machine that is not there": (
        lambda wire: protect(wire, sourceResourceId=wire.protect_body("x")["properties"]["sourceResourceId"]),
        400,
        "BMSUserErrorInvalidConfigureProtectionRequest",
    ),
    "no policy": (lambda wire: protect(wire, policyId=""), 400, "BMSUserErrorInvalidConfigureProtectionRequest"),
    "an unknown policy": (
        lambda wire: protect(wire, policyId=f"{V}/backupPolicies/nope"),
        400,
        "BMSUserErrorPolicyObjectNotFound",
    ),
    "a policy of databases": (
        lambda wire: protect(wire, policyId=f"{V}/backupPolicies/HourlyLogBackup"),
        400,
        "BMSUserErrorInvalidPolicyForGivenProvider",
    ),
    "stopping what is not protected": (
        lambda wire: protect(wire, protectionState="ProtectionStopped", policyId=""),
        404,
        "BMSUserErrorDataSourceObjectNotFound",
    ),
    "a filter with an or": (
        lambda wire: wire.ask("GET", f"{V}/backupJobs?$filter=status eq 'Failed' or status eq 'Completed'"),
        400,
        "BMSUserErrorInvalidInput",
    ),
    "a filter by an unknown key": (
        lambda wire: wire.ask("GET", f"{V}/backupProtectedItems?$filter=colour eq 'red'"),
        400,
        "BMSUserErrorInvalidInput",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_it_is_refused(name: str) -> None:
    wire = new_wire()
    act, status, code = REFUSALS[name]
    answer = act(wire)
    assert (answer.status, answer.code) == (status, code)
    assert wire.world.items() == []
    assert wire.world.jobs() == []


FAILURES: dict[str, tuple[dict[str, Any], str]] = {
    "another region": ({"location": "northeurope"}, "UserErrorVmVaultLocationMismatch"),
    "no agent": ({"agent": {"present": False}}, "GuestAgentCertificateNotFound"),
    "an old agent": (
        {"os": "Windows", "agent": {"version": "2.6.1198.717"}},
        "UserErrorGuestAgentVersionUnsupported",
    ),
    "an agent that does not answer": ({"agent": {"status": "notReady"}}, "UserErrorGuestAgentStatusUnavailable"),
    "a machine that is off": ({"power": "deallocated"}, "AzureVmOffline"),
    "too many disks": ({"dataDisks": 33}, "UserErrorBCMUnsupportedDiskCount"),
    "a disk too large": ({"dataDisks": DISKS}, "UserErrorUnsupportedDiskSize"),
    "an old system": ({"os": "Windows", "osName": "Windows Server 2003"}, "UserErrorUnSupportedDistribution"),
    "a failed machine": ({"provisioningState": "Failed"}, "UserErrorVmProvisioningStateFailed"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_protecting_fails_later_with_a_job(name: str) -> None:
    facts, code = FAILURES[name]
    wire = new_wire({"name": "web-01"} | facts)
    done = wire.protect().json
    assert (done["status"], done["error"]["code"]) == ("Failed", code)
    (job,) = wire.ask("GET", f"{V}/backupJobs").json["value"]
    assert job["properties"]["status"] == "Failed"
    assert job["properties"]["errorDetails"][0]["errorTitle"] == code
    assert wire.world.items() == []


def test_a_full_vault_takes_no_more() -> None:
    wire = new_wire({"name": "web-01"}, {"name": "web-02"}, vault={"quota": 1})
    assert wire.protect("web-01").json["status"] == "Succeeded"
    assert wire.protect("web-02").json["error"]["code"] == "UserErrorProtectionQuotaExceeded"


def test_another_vault_holds_the_machine() -> None:
    wire = new_wire()
    wire.protect()
    wire.finish(wire.ask("PUT", f"{V}2", {"location": "westeurope", "sku": {"name": "Standard"}}))
    body = wire.protect_body()
    body["properties"]["policyId"] = f"{V}2/backupPolicies/DefaultPolicy"
    done = wire.finish(wire.ask("PUT", wire.paths().replace("/vaults/rsv/", "/vaults/rsv2/"), body)).json
    assert "registered\\registering with another recovery services vault" in done["error"]["message"]


def test_one_operation_at_a_time() -> None:
    wire = new_wire()
    first = protect(wire)
    for _ in range(2):
        assert (protect(wire).status, protect(wire).code) == (409, "BMSUserErrorObjectLocked")
    assert wire.finish(first).json["status"] == "Succeeded"
    assert len(wire.world.jobs()) == 1


def test_a_soft_deleted_item_wants_an_undelete_first() -> None:
    wire = new_wire(protected=[{"vm": "web-01", "vault": "rsv", "state": "SoftDeleted"}])
    assert protect(wire).code == "BMSUserErrorInvalidConfigureProtectionRequest"
    undone = wire.finish(protect(wire, isRehydrate=True, policyId=""))
    assert undone.json["status"] == "Succeeded"
    assert wire.protect().json["status"] == "Succeeded"
    assert wire.ask("GET", wire.paths()).json["properties"]["protectionState"] == "Protected"


def test_a_vault_with_content_is_not_deleted() -> None:
    wire = new_wire(protected=[{"vm": "web-01", "vault": "rsv"}])
    refused = wire.ask("DELETE", V)
    assert (refused.status, refused.code) == (400, "ServiceResourceNotEmptyWithContainerDetails")
    assert "existing resources within the vault" in refused.json["error"]["message"]
    wire.finish(wire.ask("DELETE", wire.paths()))
    assert wire.ask("DELETE", V).code == "ServiceResourceNotEmptyWithBackendMessage"
    wire.world.advance(timedelta(days=15))
    assert wire.ask("DELETE", V).status == 202


def test_a_vault_always_on_goes_with_its_soft_deleted_items_and_comes_back() -> None:
    wire = new_wire(
        vault={"softDelete": {"state": "AlwaysON"}},
        protected=[{"vm": "web-01", "vault": "rsv", "state": "SoftDeleted"}],
    )
    wire.finish(wire.ask("DELETE", V))
    region = V.split("/resourceGroups")[0] + "/providers/Microsoft.RecoveryServices/locations/westeurope"
    (deleted,) = wire.ask("GET", f"{region}/deletedVaults").json["value"]
    assert deleted["properties"]["vaultId"] == V
    wire.finish(wire.ask("POST", f"{region}/deletedVaults/rsv/undelete", {"properties": {}}))
    assert wire.ask("GET", wire.paths()).json["properties"]["isScheduledForDeferredDelete"] is True


def test_a_policy_in_use_is_not_deleted() -> None:
    wire = new_wire(protected=[{"vm": "web-01", "vault": "rsv"}])
    refused = wire.ask("DELETE", f"{V}/backupPolicies/DefaultPolicy")
    assert (refused.status, refused.code) == (400, "BMSUserErrorPolicyObjectInUse")
    assert wire.ask("DELETE", f"{V}/backupPolicies/nope").status == 204


def test_always_on_soft_delete_is_never_weakened() -> None:
    wire = new_wire(vault={"softDelete": {"state": "AlwaysON"}})
    for path, body in (
        (f"{V}/backupconfig/vaultconfig", {"softDeleteFeatureState": "Disabled"}),
        (V, {"securitySettings": {"softDeleteSettings": {"softDeleteState": "Disabled"}}}),
    ):
        refused = wire.ask("PATCH", path, {"properties": body})
        assert (refused.status, refused.code) == (400, "BMSUserErrorSoftDeleteStateNotSetToAlwaysON")
    config = wire.ask("GET", f"{V}/backupconfig/vaultconfig").json["properties"]
    assert (config["softDeleteFeatureState"], config["isSoftDeleteFeatureStateEditable"]) == ("AlwaysON", False)


def test_an_immutable_vault_keeps_its_points() -> None:
    wire = new_wire(vault={"immutability": "Unlocked"}, protected=[{"vm": "web-01", "vault": "rsv"}])
    assert wire.ask("DELETE", wire.paths()).code == "UserErrorOperationDeniedOnImmutableItem"
    suspended = wire.finish(protect(wire, protectionState="BackupsSuspended", policyId=""))
    assert suspended.json["status"] == "Succeeded"
    assert wire.ask("GET", wire.paths()).json["properties"]["protectionState"] == "BackupsSuspended"


def test_suspending_wants_an_immutable_vault() -> None:
    wire = new_wire(protected=[{"vm": "web-01", "vault": "rsv"}])
    refused = protect(wire, protectionState="BackupsSuspended", policyId="")
    assert refused.code == "UserErrorOperationDeniedOnImmutableItem"


def test_nine_backups_a_day() -> None:
    wire = new_wire(protected=[{"vm": "web-01", "vault": "rsv"}])
    for _ in range(9):
        assert wire.ask("POST", f"{wire.paths()}/backup", BACKUP).status == 202
        wire.world.advance(timedelta(hours=1))
    assert wire.ask("POST", f"{wire.paths()}/backup", BACKUP).code == "CloudDosAbsoluteLimitReached"
    wire.world.advance(timedelta(days=1))
    assert wire.ask("POST", f"{wire.paths()}/backup", BACKUP).status == 202


def test_another_location_is_a_conflict() -> None:
    refused = new_wire().ask("PUT", V, {"location": "northeurope"})
    assert (refused.status, refused.code) == (409, "InvalidResourceLocation")
