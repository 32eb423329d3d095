"""Run by the SDK scenario in its environment: signs in, reads machines, protects one; a line of JSON a step."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from typing import Any

from azure.identity import ClientSecretCredential
from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.recoveryservices import RecoveryServicesClient
from azure.mgmt.recoveryservicesbackup import RecoveryServicesBackupClient

URL = os.environ["VAULT_URL"]
SUBSCRIPTION = os.environ["AZURE_SUBSCRIPTION_ID"]
GROUP, VAULT = "rg-sdk", "rsv-sdk"
CONTAINER = "IaasVMContainer;iaasvmcontainerv2;rg-web;web-01"
ITEM = "vm;iaasvmcontainerv2;rg-web;web-01"
MACHINE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-web/providers/Microsoft.Compute/virtualMachines/web-01"
MOST_POLLS = 120

credential = ClientSecretCredential(
    os.environ["AZURE_TENANT_ID"],
    os.environ["AZURE_CLIENT_ID"],
    os.environ["AZURE_CLIENT_SECRET"],
    authority=URL,
    disable_instance_discovery=True,
)
SETTINGS: dict[str, Any] = {"base_url": URL, "credential_scopes": [f"{URL}/.default"], "polling_interval": 1}
compute: Any = ComputeManagementClient(credential, SUBSCRIPTION, **SETTINGS)
vaults: Any = RecoveryServicesClient(credential, SUBSCRIPTION, **SETTINGS)
backup: Any = RecoveryServicesBackupClient(credential, SUBSCRIPTION, **SETTINGS)


def token() -> None:
    assert credential.get_token(f"{URL}/.default").token.count(".") == 2


def machines() -> None:
    assert sorted(str(vm.name) for vm in compute.virtual_machines.list_all()) == ["app-01", "web-01", "web-02"]
    found = compute.virtual_machines.list_all(status_only="true")
    assert {vm.instance_view.statuses[-1].code for vm in found} == {"PowerState/running"}
    assert [vm.name for vm in compute.virtual_machines.list("rg-app")] == ["app-01"]
    assert len(list(compute.virtual_machines.list_by_location("westeurope"))) == 3


def one_machine() -> None:
    vm = compute.virtual_machines.get("rg-web", "web-01", expand="instanceView")
    assert vm.instance_view.vm_agent.statuses[0].display_status == "Ready"
    assert len(vm.storage_profile.data_disks) == 1
    view = compute.virtual_machines.instance_view("rg-web", "web-01")
    assert view.statuses[-1].code == "PowerState/running"


def power() -> None:
    compute.virtual_machines.begin_deallocate("rg-web", "web-02").result(timeout=60)
    assert compute.virtual_machines.instance_view("rg-web", "web-02").statuses[-1].code == "PowerState/deallocated"
    compute.virtual_machines.begin_start("rg-web", "web-02").result(timeout=60)
    assert compute.virtual_machines.instance_view("rg-web", "web-02").statuses[-1].code == "PowerState/running"


def vault() -> None:
    body: Any = {"location": "westeurope", "sku": {"name": "Standard"}, "properties": {}}
    made = vaults.vaults.begin_create_or_update(GROUP, VAULT, body).result(timeout=60)
    assert made.properties.provisioning_state == "Succeeded"
    assert VAULT in [one.name for one in vaults.vaults.list_by_subscription_id()]


def policies() -> None:
    names = {one.name for one in backup.backup_policies.list(VAULT, GROUP)}
    assert names == {"DefaultPolicy", "EnhancedPolicy", "HourlyLogBackup"}


def _status() -> Any:
    body: Any = {"resourceType": "VM", "resourceId": MACHINE}
    return backup.backup_status.get("westeurope", body).protection_status


def protect() -> None:
    assert _status() == "NotProtected"
    policy = backup.protection_policies.get(VAULT, GROUP, "DefaultPolicy")
    kind = "Microsoft.Compute/virtualMachines"
    body: Any = {"properties": {"protectedItemType": kind, "sourceResourceId": MACHINE, "policyId": policy.id}}
    item = backup.protected_items.begin_create_or_update(VAULT, GROUP, "Azure", CONTAINER, ITEM, body)
    # As a mapping: since 11.0 the generated models lose the members of the machine's own kind of item.
    assert item.result(timeout=120).properties["friendlyName"] == "web-01"
    assert _status() == "Protected"


def back_up() -> None:
    body: Any = {"properties": {"objectType": "IaasVMBackupRequest"}}
    backup.backups.trigger(VAULT, GROUP, "Azure", CONTAINER, ITEM, body)
    for _ in range(MOST_POLLS):
        jobs = [job for job in backup.backup_jobs.list(VAULT, GROUP) if job.properties.operation == "Backup"]
        if jobs and jobs[0].properties.status != "InProgress":
            break
        time.sleep(1)
    assert [job.properties.status for job in jobs] == ["Completed"]
    points = list(backup.recovery_points.list(VAULT, GROUP, "Azure", CONTAINER, ITEM))
    assert len(points) == 1


STEPS: list[Callable[[], None]] = [token, machines, one_machine, power, vault, policies, protect, back_up]


def main() -> None:
    for step in STEPS:
        error = ""
        try:
            step()
        except Exception as problem:
            error = f"{type(problem).__name__}: {problem}"
        print(json.dumps({"step": step.__name__.replace("_", " "), "error": error}), flush=True)


if __name__ == "__main__":
    main()
