"""The az CLI, as a person would type it: sign-in, machines, vault, policies, protection, jobs and the way back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.clients.scenario import (
    CLIENT,
    REGION,
    SECRET,
    SUBSCRIPTION,
    TENANT,
    Scenario,
    Vault,
    as_json,
    expect,
    run,
)

PACKAGES: tuple[str, ...] = ("azure-cli",)
GROUP, VAULT = "rg-az", "rsv-az"
IN_VAULT = ("-g", GROUP, "-v", VAULT)
IAAS = ("--backup-management-type", "AzureIaasVM")
SOFT = "rsv-az-soft"


class Az:
    """One configuration folder of the CLI, pointed at the vault."""

    def __init__(self, environment: Path, vault: Vault) -> None:
        self._program = environment / "bin" / "az"
        self._work = vault.work
        self._variables = {
            "AZURE_CONFIG_DIR": str(vault.work / "az"),
            "REQUESTS_CA_BUNDLE": str(vault.authority),
            "AZURE_CORE_COLLECT_TELEMETRY": "no",
            "AZURE_CORE_ONLY_SHOW_ERRORS": "yes",
            "NO_PROXY": vault.host,
        }

    def __call__(self, command: str, *more: str) -> Any:
        """The command's JSON; words that hold spaces come as further arguments."""
        text = run([self._program, *command.split(), *more, "-o", "json"], self._variables, self._work)
        return as_json(text)


def play(scenario: Scenario, environment: Path, vault: Vault) -> None:
    az = Az(environment, vault)
    _sign_in(scenario, az, vault)
    _machines(scenario, az)
    _vault(scenario, az)
    _policies(scenario, az, vault)
    _protect(scenario, az)
    _back_up(scenario, az)
    _change(scenario, az, vault)
    _stop_and_undelete(scenario, az)
    _tear_down(scenario, az)
    _without_soft_delete(scenario, az)


def _sign_in(scenario: Scenario, az: Az, vault: Vault) -> None:
    with scenario.step("cloud register"):
        az(f"cloud register -n embedded --endpoint-resource-manager {vault.url}")
        az("cloud set -n embedded")
        expect(az("cloud show --query endpoints.activeDirectory"), f"{vault.url}/adfs")
    with scenario.step("login --service-principal"):
        accounts = az(f"login --service-principal -u {CLIENT} --tenant {TENANT} -p", SECRET)
        expect([account["id"] for account in accounts], [SUBSCRIPTION])
    with scenario.step("account list, get-access-token"):
        expect(az("account show --query state"), "Enabled")
        expect(az("account get-access-token --query tokenType"), "Bearer")


def _machines(scenario: Scenario, az: Az) -> None:
    with scenario.step("vm list, list -d"):
        expect(sorted(az("vm list --query [].name")), ["app-01", "web-01", "web-02"])
        expect(az("vm list -d --query [].powerState"), ["VM running"] * 3)
    with scenario.step("vm show -d, get-instance-view"):
        expect(az("vm show -g rg-web -n web-01 -d --query powerState"), "VM running")
        view = az("vm get-instance-view -g rg-web -n web-01")["instanceView"]
        expect(view["vmAgent"]["statuses"][0]["displayStatus"], "Ready")
    with scenario.step("vm deallocate, start"):
        az("vm deallocate -g rg-web -n web-02")
        expect(az("vm show -g rg-web -n web-02 -d --query powerState"), "VM deallocated")
        az("vm start -g rg-web -n web-02")
        expect(az("vm show -g rg-web -n web-02 -d --query powerState"), "VM running")
    with scenario.step("resource list"):
        query = "resource list --resource-type Microsoft.Compute/virtualMachines --query [].name"
        expect(sorted(az(query)), ["app-01", "web-01", "web-02"])
        expect(az("resource list --tag env=test --query [].name"), ["app-01"])
    with scenario.step("group create, list, exists"):
        az(f"group create -n {GROUP} -l {REGION}")
        expect(GROUP in az("group list --query [].name"), True)
        expect(az("group exists -n rg-none"), False)


def _vault(scenario: Scenario, az: Az) -> None:
    with scenario.step("backup vault create, show, list"):
        made = az(f"backup vault create -g {GROUP} -n {VAULT} -l {REGION}")
        expect(made["properties"]["provisioningState"], "Succeeded")
        expect(az(f"backup vault show -g {GROUP} -n {VAULT} --query id"), made["id"])
        expect(VAULT in az("backup vault list --query [].name"), True)
    with scenario.step("backup vault backup-properties show, set"):
        az(f"backup vault backup-properties set -g {GROUP} -n {VAULT} --soft-delete-duration 21")
        found = az(f"backup vault backup-properties show -g {GROUP} -n {VAULT}")
        expect(found[1]["properties"]["softDeleteRetentionPeriodInDays"], 21)
        expect(found[0]["properties"]["storageModelType"], "GeoRedundant")
    with scenario.step("backup vault update"):
        az(f"backup vault update -g {GROUP} -n {VAULT} --public-network-access Enable --tags team=backup")
        expect(az(f"backup vault show -g {GROUP} -n {VAULT} --query tags"), {"team": "backup"})


def _policies(scenario: Scenario, az: Az, vault: Vault) -> None:
    def policy(name: str) -> Any:
        return az(f"backup policy show -g {GROUP} -v {VAULT} -n {name}")

    def written(name: str, document: Any) -> str:
        path = vault.work / f"{name}.json"
        path.write_text(json.dumps(document))
        return f"@{path}"

    with scenario.step("backup policy list, get-default-for-vm"):
        names = az(f"backup policy list -g {GROUP} -v {VAULT} --query [].name")
        expect(sorted(names), ["DefaultPolicy", "EnhancedPolicy", "HourlyLogBackup"])
        expect(az(f"backup policy get-default-for-vm -g {GROUP} -v {VAULT} --query name"), "DefaultPolicy")
    with scenario.step("backup policy create"):
        document = policy("DefaultPolicy")
        document["properties"]["retentionPolicy"]["dailySchedule"]["retentionDuration"]["count"] = 40
        az(
            f"backup policy create -g {GROUP} -v {VAULT} -n daily-40d {' '.join(IAAS)} --policy",
            written("one", document),
        )
        found = policy("daily-40d")["properties"]["retentionPolicy"]["dailySchedule"]["retentionDuration"]
        expect(found["count"], 40)
    with scenario.step("backup policy create (enhanced)"):
        document = policy("EnhancedPolicy")
        az(
            f"backup policy create -g {GROUP} -v {VAULT} -n every-4h {' '.join(IAAS)} --policy",
            written("two", document),
        )
        expect(policy("every-4h")["properties"]["policyType"], "V2")
    with scenario.step("backup policy set"):
        document = policy("daily-40d")
        document["properties"]["retentionPolicy"]["dailySchedule"]["retentionDuration"]["count"] = 45
        az(f"backup policy set -g {GROUP} -v {VAULT} -n daily-40d --policy", written("three", document))
        found = policy("daily-40d")["properties"]["retentionPolicy"]["dailySchedule"]["retentionDuration"]
        expect(found["count"], 45)
    with scenario.step("backup policy delete"):
        az(f"backup policy delete -g {GROUP} -v {VAULT} -n every-4h")
        expect("every-4h" in az(f"backup policy list -g {GROUP} -v {VAULT} --query [].name"), False)


def _item(az: Az, name: str = "web-01") -> Any:
    found = az(f"backup item list -g {GROUP} -v {VAULT}")
    return next((item for item in found if item["properties"]["friendlyName"] == name), None)


def _protect(scenario: Scenario, az: Az) -> None:
    with scenario.step("backup protection check-vm (not protected)"):
        expect(bool(az("backup protection check-vm -g rg-web --vm web-01")), False)
    with scenario.step("backup protection enable-for-vm"):
        machine = az("vm show -g rg-web -n web-01 --query id")
        job = az(f"backup protection enable-for-vm -g {GROUP} -v {VAULT} -p DefaultPolicy --vm {machine}")
        expect((job["properties"]["operation"], job["properties"]["status"]), ("ConfigureBackup", "Completed"))
    with scenario.step("backup protection check-vm (protected)"):
        machine = az("vm show -g rg-web -n web-01 --query id")
        expect(az(f"backup protection check-vm --vm {machine}").endswith(f"/vaults/{VAULT}"), True)
    with scenario.step("backup container list, show"):
        found = az(f"backup container list -g {GROUP} -v {VAULT} {' '.join(IAAS)}")
        expect([one["properties"]["registrationStatus"] for one in found], ["Registered"])
        shown = az(f"backup container show -g {GROUP} -v {VAULT} {' '.join(IAAS)} -n web-01")
        expect(shown["name"], found[0]["name"])
    with scenario.step("backup item list, show"):
        expect(_item(az)["properties"]["protectionState"], "IRPending")
        shown = az(f"backup item show -g {GROUP} -v {VAULT} {' '.join(IAAS)} --workload-type VM -c web-01 -n web-01")
        expect(shown["properties"]["policyName"], "DefaultPolicy")
    with scenario.step("backup policy list-associated-items"):
        found = az(f"backup policy list-associated-items -g {GROUP} -v {VAULT} -n DefaultPolicy")
        expect([one["properties"]["friendlyName"] for one in found], ["web-01"])


def _back_up(scenario: Scenario, az: Az) -> None:
    now = f"backup protection backup-now -g {GROUP} -v {VAULT} -c web-01 -i web-01 {' '.join(IAAS)}"
    with scenario.step("backup protection backup-now, job wait, show"):
        job = az(f"{now} --retain-until 30-12-2099")
        expect(job["properties"]["operation"], "Backup")
        az(f"backup job wait -g {GROUP} -v {VAULT} -n {job['name']} --timeout 240")
        done = az(f"backup job show -g {GROUP} -v {VAULT} -n {job['name']}")
        expect(done["properties"]["status"], "Completed")
    with scenario.step("backup job list"):
        found = az(f"backup job list -g {GROUP} -v {VAULT} --operation Backup --status Completed")
        expect(len(found), 1)
        expect(len(az(f"backup job list -g {GROUP} -v {VAULT} --status InProgress")), 0)
    with scenario.step("backup recoverypoint list, show"):
        names = az(f"backup recoverypoint list -g {GROUP} -v {VAULT} -c web-01 -i web-01 {' '.join(IAAS)}")
        expect([one["properties"]["recoveryPointType"] for one in names], ["FileSystemConsistent"])
        where = f"-g {GROUP} -v {VAULT} -c web-01 -i web-01 {' '.join(IAAS)}"
        shown = az(f"backup recoverypoint show {where} -n {names[0]['name']}")
        expect(shown["id"], names[0]["id"])
    with scenario.step("backup job stop"):
        job = az(f"{now} --retain-until 30-12-2099")
        az(f"backup job stop -g {GROUP} -v {VAULT} -n {job['name']}")
        az(f"backup job wait -g {GROUP} -v {VAULT} -n {job['name']} --timeout 240")
        done = az(f"backup job show -g {GROUP} -v {VAULT} -n {job['name']}")
        expect(done["properties"]["status"] in {"Cancelled", "CompletedWithWarnings"}, True)


def _change(scenario: Scenario, az: Az, vault: Vault) -> None:
    where = f"-g {GROUP} -v {VAULT} -c web-01"
    with scenario.step("backup item set-policy"):
        az(f"backup item set-policy {where} -n web-01 {' '.join(IAAS)} -p daily-40d")
        expect(_item(az)["properties"]["policyName"], "daily-40d")
    with scenario.step("backup policy set, with a machine attached"):
        document = az(f"backup policy show -g {GROUP} -v {VAULT} -n daily-40d")
        document["properties"]["retentionPolicy"]["dailySchedule"]["retentionDuration"]["count"] = 60
        path = vault.work / "four.json"
        path.write_text(json.dumps(document))
        az(f"backup policy set -g {GROUP} -v {VAULT} -n daily-40d --policy @{path}")
        found = az(f"backup policy show -g {GROUP} -v {VAULT} -n daily-40d")["properties"]["retentionPolicy"]
        expect(found["dailySchedule"]["retentionDuration"]["count"], 60)
    with scenario.step("backup protection update-for-vm (disks)"):
        az(f"backup protection update-for-vm {where} -i web-01 --disk-list-setting exclude --diskslist 0")
        shown = az(f"backup item show {where} -n web-01 {' '.join(IAAS)} --workload-type VM")
        expect(shown["properties"]["extendedProperties"]["diskExclusionProperties"]["diskLunList"], [0])


def _stop_and_undelete(scenario: Scenario, az: Az) -> None:
    where = f"-g {GROUP} -v {VAULT} -c web-01 -i web-01 {' '.join(IAAS)}"
    with scenario.step("backup protection disable (retain)"):
        az(f"backup protection disable {where} --delete-backup-data false --yes")
        expect(_item(az)["properties"]["protectionState"], "ProtectionStopped")
    with scenario.step("backup protection resume"):
        az(f"backup protection resume {where} -p DefaultPolicy")
        expect(_item(az)["properties"]["policyName"], "DefaultPolicy")
    with scenario.step("backup protection disable (delete)"):
        az(f"backup protection disable {where} --delete-backup-data true --yes")
        expect(_item(az)["properties"]["isScheduledForDeferredDelete"], True)
    with scenario.step("backup protection undelete"):
        az(f"backup protection undelete {where} --workload-type VM")
        expect(bool(_item(az)["properties"].get("isScheduledForDeferredDelete")), False)
        az(f"backup protection resume {where} -p DefaultPolicy")
        expect(len(az(f"backup recoverypoint list {where}")) >= 1, True)


def _tear_down(scenario: Scenario, az: Az) -> None:
    where = f"-g {GROUP} -v {VAULT} -c web-01 -i web-01 {' '.join(IAAS)}"
    with scenario.step("backup vault delete (refused while it protects)"):
        try:
            az(f"backup vault delete -g {GROUP} -n {VAULT} --yes")
        except Exception as refusal:
            expect("existing resources within the vault" in str(refusal), True)
        else:
            expect("deleted", "refused")
    with scenario.step("backup vault delete (soft-deleted items, AlwaysON)"):
        az(f"backup protection disable {where} --delete-backup-data true --yes")
        az(f"backup vault delete -g {GROUP} -n {VAULT} --yes")
        expect(VAULT in az("backup vault list --query [].name"), False)


def _without_soft_delete(scenario: Scenario, az: Az) -> None:
    """The CLI makes its vaults with soft delete AlwaysON; the road without it begins with a plain request."""
    base = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.RecoveryServices/vaults/{SOFT}"
    vault = f"-g {GROUP} -v {SOFT}"
    where = f"{vault} -c web-02 -i web-02 {' '.join(IAAS)}"
    with scenario.step("rest (a vault with soft delete on, not AlwaysON)"):
        body = json.dumps({"location": REGION, "sku": {"name": "Standard"}, "properties": {}})
        az(f"rest --method put --url {base}?api-version=2024-04-01 --body", body)
        az(f"backup protection enable-for-vm {vault} -p DefaultPolicy --vm", _machine("web-02"))
    with scenario.step("backup-properties set --soft-delete-feature-state Disable"):
        az(f"backup vault backup-properties set -g {GROUP} -n {SOFT} --soft-delete-feature-state Disable")
        found = az(f"backup vault backup-properties show -g {GROUP} -n {SOFT}")
        expect(found[1]["properties"]["softDeleteFeatureState"], "Disabled")
    with scenario.step("backup protection disable (delete at once)"):
        az(f"backup protection disable {where} --delete-backup-data true --yes")
        expect(az(f"backup item list {vault}"), [])
        expect(az(f"backup container list {vault} {' '.join(IAAS)}"), [])
    with scenario.step("backup vault delete, group delete"):
        az(f"backup vault delete -g {GROUP} -n {SOFT} --yes")
        az(f"group delete -n {GROUP} --yes")
        expect(az(f"group exists -n {GROUP}"), False)


def _machine(name: str, group: str = "rg-web") -> str:
    return f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}/providers/Microsoft.Compute/virtualMachines/{name}"
