"""Protected items as the wire shows them: read and listed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import BaseRoute

from reconciler.vaultserver import containers, errors, filters, paging
from reconciler.vaultserver.arm import last
from reconciler.vaultserver.records import ItemRecord, Json, PointRecord, VaultRecord
from reconciler.vaultserver.routes import ITEM, ArmRoute, V, WireCall, json_response
from reconciler.vaultserver.wire_times import NO_BACKUP_YET, stamp, time_span

if TYPE_CHECKING:
    from reconciler.vaultserver.world import World

UPCOMING = timedelta(days=2)
"""How long before the purge `isDeferredDeleteScheduleUpcoming` turns true."""


def routes(world: World) -> list[BaseRoute]:
    return [ArmRoute(world, V + "/backupProtectedItems", _list), ArmRoute(world, ITEM, _get)]


def find(world: World, item_id: str) -> ItemRecord | None:
    """The item, also while it is only being enabled."""
    return world.database.get(ItemRecord, item_id)


def asked(call: WireCall) -> ItemRecord:
    """The item of the request's path, or the service's 404."""
    item = find(call.world, containers.asked(call.vault(), call.params["container"], call.params["item"]).item)
    if item is None or item.pending:
        raise errors.item_not_found()
    return item


def wire(world: World, item: ItemRecord, vault: VaultRecord, base: str = "https://management.azure.com") -> Json:
    """The item as GET shows it; `base` is the server's address, for `vaultId`, which is a full URL."""
    properties = _standing(item) | _identity(item)
    if item.last_point:
        properties["lastRecoveryPoint"] = stamp(item.last_point)
    days = vault.soft_delete_days if item.deleted is not None else 0
    properties |= {
        "vaultId": f"{base}{vault.id}",
        "isArchiveEnabled": False,
        "softDeleteRetentionPeriod": days,
        "softDeleteRetentionPeriodInDays": days,
    }
    if item.extended:
        properties["extendedProperties"] = item.extended
    return {
        "id": item.id,
        "name": item.name,
        "type": "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems",
        "properties": properties | _deferred(world, item, vault),
    }


def _standing(item: ItemRecord) -> Json:
    properties: Json = {
        "friendlyName": item.friendly_name,
        "virtualMachineId": item.vm,
        "protectionStatus": item.status,
        "protectionState": item.state,
        "healthStatus": item.health,
    }
    if item.health_details:
        properties["healthDetails"] = item.health_details
    return properties | {
        "lastBackupStatus": item.last_backup_status,
        "lastBackupTime": stamp(item.last_backup) if item.last_backup else NO_BACKUP_YET,
    }


def _identity(item: ItemRecord) -> Json:
    kind = "Microsoft.ClassicCompute/virtualMachines" if item.classic else "Microsoft.Compute/virtualMachines"
    return {
        "protectedItemDataId": item.data_id,
        "sourceSideScanning": 0,
        "protectedItemType": kind,
        "backupManagementType": "AzureIaasVM",
        "workloadType": "VM",
        "containerName": item.name.partition(";")[2],
        "sourceResourceId": item.vm,
        "policyId": item.policy,
        "policyName": last(item.policy) if item.policy else "",
        "policyType": item.policy_type,
    }


def _deferred(world: World, item: ItemRecord, vault: VaultRecord) -> Json:
    if item.deleted is None:
        return {}
    left = item.deleted + timedelta(days=vault.soft_delete_days) - world.now
    deferred: Json = {
        "isScheduledForDeferredDelete": True,
        "deferredDeleteTimeInUTC": stamp(item.deleted),
        "deferredDeleteTimeRemaining": time_span(left),
    }
    return deferred | ({"isDeferredDeleteScheduleUpcoming": True} if left <= UPCOMING else {})


def _list(call: WireCall) -> Response:
    world, vault = call.world, call.vault()
    wanted = filters.read(
        call,
        "backupManagementType",
        "itemType",
        "policyName",
        "containerName",
        "healthState",
        "friendlyName",
        "fabricName",
        "backupEngineName",
        "backupSetName",
    )
    chosen = [
        item for item in world.recall(f"items {vault.id}", lambda: world.items(vault.id)) if _passes(item, wanted)
    ]
    return paging.paged(call, chosen, lambda item: item.id, lambda item: wire(world, item, vault, call.base))


def _passes(item: ItemRecord, wanted: filters.Filter) -> bool:
    key = item.name.partition(";")[2]
    return (
        wanted.matches("backupManagementType", "AzureIaasVM")
        and wanted.matches("itemType", "VM")
        and wanted.matches("policyName", last(item.policy) if item.policy else "")
        and wanted.matches("friendlyName", item.friendly_name)
        and wanted.matches("healthState", item.health)
        and wanted.matches("fabricName", "Azure")
        and (wanted.matches("containerName", key) or wanted.matches("containerName", f"IaasVMContainer;{key}"))
    )


def _get(call: WireCall) -> Response:
    item, vault = asked(call), call.vault()
    document = wire(call.world, item, vault, call.base)
    if (filters.read(call, "expand").get("expand") or "").lower() == "extendedinfo":
        document["properties"]["extendedInfo"] = _extended(call.world, item)
    return json_response(document)


def _extended(world: World, item: ItemRecord) -> Json:
    points: list[PointRecord] = world.recovery_points(item.id)
    info: Json = {"recoveryPointCount": len(points), "policyInconsistent": False}
    if points:
        info["oldestRecoveryPoint"] = stamp(points[-1].time)
    hardened = [point for point in points if point.tiers.get("HardenedRP") == "Valid"]
    if hardened:
        info["oldestRecoveryPointInVault"] = stamp(hardened[-1].time)
    return info
