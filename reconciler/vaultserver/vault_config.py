"""What a vault is set to: soft delete, immutability, redundancy, and the read-only lists beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import BaseRoute

from reconciler.vaultserver import errors, filters
from reconciler.vaultserver.records import ContainerRecord, ItemRecord, Json, VaultRecord
from reconciler.vaultserver.routes import ArmRoute, V, WireCall, empty, json_response

if TYPE_CHECKING:
    from reconciler.vaultserver.world import World

CONFIG = V + "/backupconfig/vaultconfig"
STORAGE = V + "/backupstorageconfig/vaultstorageconfig"
SOFT_DELETE = ("Enabled", "Disabled", "AlwaysON")
SOFT_DELETE_DAYS = range(14, 181)
REDUNDANCY = ("LocallyRedundant", "GeoRedundant", "ZoneRedundant")
IMMUTABILITY = ("Disabled", "Unlocked", "Locked")

_OWN = frozenset({"provisioningState", "securitySettings", "redundancySettings", "backupStorageVersion", "secureScore"})


def routes(world: World) -> list[BaseRoute]:
    return [
        ArmRoute(world, CONFIG, _get_config),
        ArmRoute(world, CONFIG, _set_config, ("PATCH",)),
        ArmRoute(world, CONFIG, _set_config, ("PUT",)),
        ArmRoute(world, STORAGE, _get_storage),
        ArmRoute(world, STORAGE, _put_storage, ("PUT",)),
        ArmRoute(world, STORAGE, _patch_storage, ("PATCH",)),
        ArmRoute(world, V + "/backupResourceGuardProxies", lambda call: _guards(call)),
        ArmRoute(world, V + "/backupResourceGuardProxies/{proxy}", _guard),
        ArmRoute(world, V + "/backupEncryptionConfigs/backupResourceEncryptionConfig", _encryption),
        ArmRoute(world, V + "/usages", _usages),
        ArmRoute(world, V + "/replicationUsages", _replication_usages),
        ArmRoute(world, V + "/backupUsageSummaries", _summaries),
    ]


def default_properties() -> Json:
    """What the service shows of a vault made with an empty body."""
    on = "Enabled"
    return {
        "privateEndpointStateForBackup": "None",
        "privateEndpointStateForSiteRecovery": "None",
        "monitoringSettings": {
            "azureMonitorAlertSettings": {
                "alertsForAllJobFailures": on,
                "alertsForAllReplicationIssues": on,
                "alertsForAllFailoverIssues": on,
            },
            "classicAlertSettings": {"alertsForCriticalOperations": on, "emailNotificationsForSiteRecovery": on},
        },
        "secureScore": "None",
        "bcdrSecurityLevel": "Poor",
        "publicNetworkAccess": on,
        "restoreSettings": {"crossSubscriptionRestoreSettings": {"crossSubscriptionRestoreState": on}},
    }


def security(vault: VaultRecord) -> Json:
    immutability = {"state": vault.immutability} if vault.immutability else None
    return {
        "immutabilitySettings": immutability,
        "softDeleteSettings": {
            "softDeleteRetentionPeriodInDays": vault.soft_delete_days,
            "softDeleteState": vault.soft_delete,
            "enhancedSecurityState": vault.enhanced_security,
        },
        "multiUserAuthorization": "Disabled",
    }


def apply_properties(vault: VaultRecord, properties: Json) -> None:
    """What a PUT or PATCH of the vault says about these settings; the rest of its properties is kept as given."""
    if not isinstance(properties, dict):
        raise errors.bad_json("'properties' must be an object")
    settings = properties.get("securitySettings") or {}
    soft = settings.get("softDeleteSettings") or {}
    set_soft_delete(vault, soft.get("softDeleteState"), soft.get("softDeleteRetentionPeriodInDays"))
    vault.enhanced_security = soft.get("enhancedSecurityState") or vault.enhanced_security
    set_immutability(vault, (settings.get("immutabilitySettings") or {}).get("state"))
    redundancy = properties.get("redundancySettings") or {}
    vault.redundancy = _one_of("standardTierStorageRedundancy", redundancy, REDUNDANCY) or vault.redundancy
    vault.cross_region_restore = (
        _one_of("crossRegionRestore", redundancy, ("Enabled", "Disabled")) or vault.cross_region_restore
    )
    vault.properties |= {key: value for key, value in properties.items() if key not in _OWN and value is not None}


def set_soft_delete(vault: VaultRecord, state: str | None, days: int | None) -> None:
    """Change soft delete; AlwaysON is never turned back."""
    if state is not None:
        named = {name.lower(): name for name in SOFT_DELETE}.get(str(state).lower())
        if named is None:
            raise errors.invalid_parameter("softDeleteState")
        if vault.soft_delete == "AlwaysON" and named != "AlwaysON":
            raise errors.always_on()
        vault.soft_delete = named
    if days is not None:
        if type(days) is not int or (days not in SOFT_DELETE_DAYS and days != vault.soft_delete_days):
            raise errors.invalid_parameter("softDeleteRetentionPeriodInDays")
        vault.soft_delete_days = days


def set_immutability(vault: VaultRecord, state: str | None) -> None:
    """Change immutability; Locked is never turned back."""
    if state is None:
        return
    if state not in IMMUTABILITY:
        raise errors.invalid_parameter("immutabilitySettings.state")
    if vault.immutability == "Locked" and state != "Locked":
        raise errors.immutable_item()
    vault.immutability = state


def _one_of(name: str, settings: Json, allowed: tuple[str, ...]) -> str | None:
    value = settings.get(name)
    if value is None:
        return None
    if value not in allowed:
        raise errors.invalid_parameter(name)
    return str(value)


def _config(vault: VaultRecord) -> Json:
    return {
        "id": f"{vault.id}/backupconfig/vaultconfig",
        "name": "vaultconfig",
        "type": "Microsoft.RecoveryServices/vaults/backupconfig",
        "properties": {
            "enhancedSecurityState": vault.enhanced_security,
            "softDeleteFeatureState": vault.soft_delete,
            "softDeleteRetentionPeriodInDays": vault.soft_delete_days,
            "isSoftDeleteFeatureStateEditable": vault.soft_delete != "AlwaysON",
        },
    }


def _get_config(call: WireCall) -> Response:
    return json_response(_config(call.vault()))


def _set_config(call: WireCall) -> Response:
    vault, given = call.vault(), call.properties()
    set_soft_delete(vault, given.get("softDeleteFeatureState"), given.get("softDeleteRetentionPeriodInDays"))
    vault.enhanced_security = given.get("enhancedSecurityState") or vault.enhanced_security
    call.world.database.put(vault)
    return json_response(_config(vault))


def _storage(call: WireCall, vault: VaultRecord) -> Json:
    used = call.world.database.count(ItemRecord, vault.id) > 0
    return {
        "id": f"{vault.id}/backupstorageconfig/vaultstorageconfig",
        "name": "vaultstorageconfig",
        "type": "Microsoft.RecoveryServices/vaults/backupstorageconfig",
        "properties": {
            "storageModelType": vault.redundancy,
            "storageType": vault.redundancy,
            "storageTypeState": "Locked" if used else "Unlocked",
            "crossRegionRestoreFlag": vault.cross_region_restore == "Enabled",
            "dedupState": "Disabled",
            "xcoolState": "Enabled",
        },
    }


def _get_storage(call: WireCall) -> Response:
    return json_response(_storage(call, call.vault()))


def _change_storage(call: WireCall) -> VaultRecord:
    vault, given = call.vault(), call.properties()
    kind = _one_of("storageModelType", given, REDUNDANCY) or _one_of("storageType", given, REDUNDANCY)
    if kind and kind != vault.redundancy and call.world.database.count(ItemRecord, vault.id):
        raise errors.redundancy_locked()
    vault.redundancy = kind or vault.redundancy
    if "crossRegionRestoreFlag" in given:
        vault.cross_region_restore = "Enabled" if given["crossRegionRestoreFlag"] else "Disabled"
    call.world.database.put(vault)
    return vault


def _put_storage(call: WireCall) -> Response:
    return json_response(_storage(call, _change_storage(call)))


def _patch_storage(call: WireCall) -> Response:
    _change_storage(call)
    return empty(204)


def _guards(call: WireCall) -> Response:
    call.vault()
    return json_response({"value": []})


def _guard(call: WireCall) -> Response:
    vault = call.vault()
    kind = "Microsoft.RecoveryServices/vaults/backupResourceGuardProxies"
    raise errors.resource_not_found(kind, call.params["proxy"], vault.resource_group)


def _encryption(call: WireCall) -> Response:
    return json_response(
        {
            "id": f"{call.vault().id}/backupEncryptionConfigs/backupResourceEncryptionConfig",
            "name": "backupResourceEncryptionConfig",
            "type": "Microsoft.RecoveryServices/vaults/backupEncryptionConfigs",
            "properties": {
                "useSystemAssignedIdentity": True,
                "encryptionAtRestType": "MicrosoftManaged",
                "lastUpdateStatus": "NotEnabled",
                "infrastructureEncryptionState": "Disabled",
            },
        }
    )


def _count(name: str, text: str, value: int, limit: int) -> Json:
    return {
        "unit": "Count",
        "nextResetTime": "0001-01-01T00:00:00Z",
        "currentValue": value,
        "limit": limit,
        "name": {"value": name, "localizedValue": text},
    }


def _usages(call: WireCall) -> Response:
    vault = call.vault()
    items = call.world.database.count(ItemRecord, vault.id)
    return json_response({"value": [_count("ProtectedItemCount", "Protected Item Count", items, vault.quota)]})


def _replication_usages(call: WireCall) -> Response:
    call.vault()
    return json_response({"value": []})


def _summaries(call: WireCall) -> Response:
    vault = call.vault()
    kind = filters.read(call, "type", "backupManagementType").get("type")
    if kind == "BackupProtectedItemCountSummary":
        count = _count("AzureIaasVM", "Azure Virtual Machine", call.world.database.count(ItemRecord, vault.id), -1)
    elif kind == "BackupProtectionContainerCountSummary":
        registered = [box for box in call.world.database.all(ContainerRecord, vault.id) if box.registration]
        count = _count("AzureIaasVM", "Azure Virtual Machine", len(registered), -1)
    else:
        raise errors.invalid_input()
    return json_response({"value": [count]})
