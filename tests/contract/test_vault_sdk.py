"""The official clients, unchanged, carry a machine through its whole life in the embedded vault."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.mgmt.recoveryservices import RecoveryServicesClient
from azure.mgmt.recoveryservicesbackup import RecoveryServicesBackupClient

from reconciler.vaultserver import estate
from reconciler.vaultserver.world import World
from tests.contract.vault_swagger import FILES, problems
from tests.contract.vault_wire import HOST, NOW, SUBSCRIPTION, Credential, VirtualTransport, Wire

GROUP, VAULT = "rg-backup", "rsv-new"
KEY = "iaasvmcontainerv2;rg-vms;web-01"
CONTAINER, ITEM = f"IaasVMContainer;{KEY}", f"VM;{KEY}"
SOURCE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-vms/providers/Microsoft.Compute/virtualMachines/web-01"
VAULT_ID = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.RecoveryServices/vaults/{VAULT}"
IAAS = "backupManagementType eq 'AzureIaasVM'"

BEYOND_THE_SPEC = {
    "'softDeleteRetentionPeriod' is unknown": "seen on the wire in 2024, where the specification says …InDays",
    "'sourceSideScanning' is unknown": "seen on the wire in 2024 as an integer",
    "'threatStatus' is unknown": "seen on the wire in 2024 as an integer",
    "'createdWithPolicyType' is unknown": "seen on the wire in 2024",
    "'policyType' is unknown": "items carry it since 2026",
}


class Clients:
    """Both clients over one wire.

    The client of today leaves the properties of an item in their base class: its members are read by wire name.
    """

    def __init__(self) -> None:
        world = World(clock=NOW, seed=3)
        machine = {"name": "web-01", "os": "Windows", "location": "westeurope"}
        estate.load(world, {"estate": "v1", "virtualMachines": [machine, {"name": "web-02", "location": "westeurope"}]})
        self.wire = Wire(world)
        self.transport = VirtualTransport(self.wire)
        options: dict[str, Any] = {"base_url": HOST, "transport": self.transport}
        # Any: the generated signatures do not admit the plain dictionaries that the clients take
        self.vaults: Any = RecoveryServicesClient(Credential(), SUBSCRIPTION, **options)
        self.backup: Any = RecoveryServicesBackupClient(Credential(), SUBSCRIPTION, **options)

    def close(self) -> None:
        self.vaults.close()
        self.backup.close()
        self.wire.world.close()

    def create_vault(self) -> None:
        body: dict[str, Any] = {"location": "westeurope", "sku": {"name": "Standard"}, "properties": {}}
        self.vaults.vaults.begin_create_or_update(GROUP, VAULT, body).result()

    def put_item(self, **properties: Any) -> Any:
        body = {"properties": {"protectedItemType": "Microsoft.Compute/virtualMachines", **properties}}
        items = self.backup.protected_items
        return items.begin_create_or_update(VAULT, GROUP, "Azure", CONTAINER, ITEM, body).result()

    def protect(self) -> Any:
        return self.put_item(sourceResourceId=SOURCE, policyId=f"{VAULT_ID}/backupPolicies/DefaultPolicy")

    def item(self) -> Any:
        return self.backup.protected_items.get(VAULT, GROUP, "Azure", CONTAINER, ITEM)

    def jobs(self) -> list[tuple[str, str]]:
        found = list(self.backup.backup_jobs.list(VAULT, GROUP))
        return [(job.properties.operation, job.properties.status) for job in reversed(found)]

    def points(self) -> list[Any]:
        return list(self.backup.recovery_points.list(VAULT, GROUP, "Azure", CONTAINER, ITEM))

    def delete_item(self) -> None:
        self.backup.protected_items.delete(VAULT, GROUP, "Azure", CONTAINER, ITEM)
        self.wire.world.advance(timedelta(minutes=3))


@pytest.fixture
def clients() -> Iterator[Clients]:
    made = Clients()
    try:
        yield made
    finally:
        made.close()


def test_a_vault_is_created_listed_and_deleted(clients: Clients) -> None:
    clients.create_vault()
    assert clients.vaults.vaults.get(GROUP, VAULT).properties.provisioning_state == "Succeeded"
    assert [vault.name for vault in clients.vaults.vaults.list_by_subscription_id()] == [VAULT]
    clients.vaults.vaults.begin_update(GROUP, VAULT, {"tags": {"owner": "ops"}}).result()
    assert clients.vaults.vaults.get(GROUP, VAULT).tags == {"owner": "ops"}
    clients.vaults.vaults.begin_delete(GROUP, VAULT, polling=False)
    clients.wire.world.advance(timedelta(minutes=1))
    with pytest.raises(ResourceNotFoundError) as refusal:
        clients.vaults.vaults.get(GROUP, VAULT)
    assert refusal.value.error is not None
    assert refusal.value.error.code == "ResourceNotFound"


def test_a_new_vault_owns_three_policies(clients: Clients) -> None:
    clients.create_vault()
    policies = {policy.name: policy.properties for policy in clients.backup.backup_policies.list(VAULT, GROUP)}
    assert sorted(policies) == ["DefaultPolicy", "EnhancedPolicy", "HourlyLogBackup"]
    assert policies["EnhancedPolicy"].schedule_policy.hourly_schedule.interval == 4


def test_discovery_shows_the_machines(clients: Clients) -> None:
    clients.create_vault()
    protectable = clients.backup.backup_protectable_items
    assert list(protectable.list(VAULT, GROUP, filter=IAAS)) == []
    clients.backup.protection_containers.refresh(VAULT, GROUP, "Azure")
    clients.wire.world.advance(timedelta(seconds=16))
    names = [item.properties.friendly_name for item in protectable.list(VAULT, GROUP, filter=IAAS)]
    assert names == ["web-01", "web-02"]


def test_the_whole_life_of_a_protected_item(clients: Clients) -> None:
    clients.create_vault()
    protected = clients.protect()
    assert protected.properties["protectionState"] == "IRPending"
    assert clients.jobs() == [("ConfigureBackup", "Completed")]

    request = {
        "properties": {"objectType": "IaasVMBackupRequest", "recoveryPointExpiryTimeInUTC": "2026-03-01T00:00:00Z"}
    }
    clients.backup.backups.trigger(VAULT, GROUP, "Azure", CONTAINER, ITEM, request)
    clients.wire.world.advance(timedelta(hours=1))
    assert clients.jobs()[-1] == ("Backup", "Completed")
    (point,) = clients.points()
    assert point.properties.recovery_point_type == "AppConsistent"
    assert clients.item().properties["protectionState"] == "Protected"

    clients.wire.world.advance(timedelta(days=2))
    assert len(clients.points()) == 3

    stop_and_resume(clients)
    delete_and_bring_back(clients)
    tear_down(clients)


def stop_and_resume(clients: Clients) -> None:
    stopped = clients.put_item(sourceResourceId=SOURCE, policyId="", protectionState="ProtectionStopped")
    assert (stopped.properties["protectionState"], stopped.properties["policyId"]) == ("ProtectionStopped", "")
    clients.wire.world.advance(timedelta(days=90))
    assert len(clients.points()) == 3, "a stopped item keeps its recovery points for ever"

    assert clients.protect().properties["protectionState"] == "Protected"


def delete_and_bring_back(clients: Clients) -> None:
    clients.delete_item()
    assert clients.item().properties["isScheduledForDeferredDelete"] is True
    with pytest.raises(HttpResponseError) as refusal:
        clients.vaults.vaults.begin_delete(GROUP, VAULT, polling=False)
    assert "soft deleted" in str(refusal.value)

    back = clients.put_item(sourceResourceId=SOURCE, policyId="", isRehydrate=True, protectionState="ProtectionStopped")
    assert back.properties["protectionState"] == "ProtectionStopped"
    assert "isScheduledForDeferredDelete" not in back.properties


def tear_down(clients: Clients) -> None:
    off = {"properties": {"softDeleteFeatureState": "Disabled", "enhancedSecurityState": "Enabled"}}
    clients.backup.backup_resource_vault_configs.update(VAULT, GROUP, off)
    clients.delete_item()
    with pytest.raises(ResourceNotFoundError):
        clients.item()
    clients.vaults.vaults.begin_delete(GROUP, VAULT, polling=False)
    clients.wire.world.advance(timedelta(minutes=1))
    assert list(clients.vaults.vaults.list_by_subscription_id()) == []


def test_the_operation_reports_why_protecting_failed(clients: Clients) -> None:
    clients.create_vault()
    clients.wire.world.set_vm(SOURCE, "agent.status", "notReady")
    with pytest.raises(HttpResponseError, match="UserErrorGuestAgentStatusUnavailable"):
        clients.protect()
    assert clients.jobs() == [("ConfigureBackup", "Failed")]
    with pytest.raises(ResourceNotFoundError):
        clients.item()


def test_a_second_request_meets_the_lock(clients: Clients) -> None:
    clients.create_vault()
    body = {
        "properties": {
            "protectedItemType": "Microsoft.Compute/virtualMachines",
            "sourceResourceId": SOURCE,
            "policyId": f"{VAULT_ID}/backupPolicies/DefaultPolicy",
        }
    }
    items = clients.backup.protected_items
    items.begin_create_or_update(VAULT, GROUP, "Azure", CONTAINER, ITEM, body, polling=False)
    with pytest.raises(ResourceExistsError, match="BMSUserErrorObjectLocked"):
        items.begin_create_or_update(VAULT, GROUP, "Azure", CONTAINER, ITEM, body, polling=False)


def test_every_answer_of_a_life_fits_the_specification(clients: Clients) -> None:
    if not all(file.exists() for file in FILES):
        pytest.skip("the swagger of the service is not beside the repository")
    found: set[str] = set()
    known = 0

    def watch(method: str, path: str, status: int, body: Any) -> None:
        nonlocal known
        objections = problems(method, path, status, body)
        known += objections is not None
        found.update(objections or ())

    clients.wire.watchers.append(watch)
    test_the_whole_life_of_a_protected_item(clients)
    clients.create_vault()
    test_discovery_lists(clients)
    unused = [reason for reason in BEYOND_THE_SPEC if not any(reason in problem for problem in found)]
    assert not unused
    unexpected = {problem for problem in found if not any(reason in problem for reason in BEYOND_THE_SPEC)}
    assert not unexpected, "\n".join(sorted(unexpected))
    assert known > 40


def test_discovery_lists(clients: Clients) -> None:
    """Every list there is answers, and every check."""
    backup = clients.backup
    clients.create_vault()
    clients.protect()
    clients.wire.world.advance(timedelta(days=1))
    assert [box.name for box in backup.backup_protection_containers.list(VAULT, GROUP, filter=IAAS)] == [CONTAINER]
    assert list(backup.deleted_protection_containers.list(GROUP, VAULT, filter=IAAS)) == []
    assert list(backup.backup_protection_intent.list(VAULT, GROUP)) == []
    summary = "type eq 'BackupProtectedItemCountSummary'"
    assert [usage.current_value for usage in backup.backup_usage_summaries.list(VAULT, GROUP, filter=summary)] == [1]
    assert list(backup.resource_guard_proxies.get(VAULT, GROUP)) == []
    assert list(clients.vaults.usages.list_by_vaults(GROUP, VAULT))
    assert list(clients.vaults.replication_usages.list(GROUP, VAULT)) == []
    status = backup.backup_status.get("westeurope", {"resourceType": "VM", "resourceId": SOURCE})
    assert (status.protection_status, status.vault_id, status.policy_name) == ("Protected", VAULT_ID, "DefaultPolicy")
    asked = {"resourceType": "VM", "resourceId": SOURCE, "vaultId": VAULT_ID, "properties": ""}
    check = backup.protection_intent.validate("westeurope", asked)
    assert (check.status, check.error_code) == ("Failed", "VirtualMachineAlreadyProtected")
    extended = "expand eq 'extendedinfo'"
    item = backup.protected_items.get(VAULT, GROUP, "Azure", CONTAINER, ITEM, filter=extended)
    assert item.properties["extendedInfo"]["recoveryPointCount"] == 1
