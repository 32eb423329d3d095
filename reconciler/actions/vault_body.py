"""A vault on the wire: what is set at creation, and the one thing that may be strengthened later (WIRE 3)."""

from __future__ import annotations

from reconciler.model.call import Json, canonical
from reconciler.model.desired import SoftDelete, SoftDeleteState, Vault
from reconciler.model.observed import ObservedVault

_STRENGTH = tuple(SoftDeleteState)
_WIRE = {
    SoftDeleteState.DISABLED: "Disabled",
    SoftDeleteState.ENABLED: "Enabled",
    SoftDeleteState.ALWAYS_ON: "AlwaysON",
}


def new_vault(vault: Vault) -> str:
    properties: dict[str, Json] = {"publicNetworkAccess": "Enabled"}
    if vault.redundancy:
        properties["redundancySettings"] = {"standardTierStorageRedundancy": vault.redundancy}
    wanted = vault.soft_delete
    if wanted is not None and wanted.state is not SoftDeleteState.DISABLED:
        properties["securitySettings"] = _security(wanted)
    sku: Json = {"name": "Standard"}
    return canonical({"location": vault.location, "sku": sku, "properties": properties})


def stronger_vault(vault: Vault, observed: ObservedVault) -> str:
    """The PATCH that strengthens soft delete; it carries the stronger of declared and observed in each respect."""
    return canonical({"properties": {"securitySettings": _security(strongest(vault, observed))}})


def strongest(vault: Vault, observed: ObservedVault) -> SoftDelete:
    """What soft delete is to be: never weaker than it was seen."""
    wanted = vault.soft_delete or SoftDelete(SoftDeleteState.DISABLED)
    seen = observed.soft_delete or SoftDeleteState.DISABLED
    days = max(wanted.retention or 0, observed.soft_delete_retention or 0)
    return SoftDelete(max(wanted.state, seen, key=_STRENGTH.index), days or None)


def _security(soft_delete: SoftDelete) -> dict[str, Json]:
    settings: dict[str, Json] = {"softDeleteState": _WIRE[soft_delete.state]}
    if soft_delete.retention:
        settings["softDeleteRetentionPeriodInDays"] = soft_delete.retention
    return {"softDeleteSettings": settings}
