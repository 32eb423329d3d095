"""A vault, its backup configuration and its resource guards."""

from __future__ import annotations

import msgspec

from reconciler.model.desired import SoftDeleteState
from reconciler.model.ids import fold


class _SoftDelete(msgspec.Struct, rename="camel"):
    soft_delete_state: str | None = None
    soft_delete_retention_period_in_days: int | None = None


class _Immutability(msgspec.Struct, rename="camel"):
    state: str | None = None


class _Security(msgspec.Struct, rename="camel"):
    soft_delete_settings: _SoftDelete | None = None
    immutability_settings: _Immutability | None = None


class _Redundancy(msgspec.Struct, rename="camel"):
    standard_tier_storage_redundancy: str | None = None


class _VaultProperties(msgspec.Struct, rename="camel"):
    security_settings: _Security | None = None
    redundancy_settings: _Redundancy | None = None


class WireVault(msgspec.Struct, rename="camel"):
    id: str
    name: str
    location: str
    properties: _VaultProperties

    @property
    def redundancy(self) -> str:
        settings = self.properties.redundancy_settings
        return (settings.standard_tier_storage_redundancy if settings else None) or ""

    @property
    def immutability(self) -> str:
        security = self.properties.security_settings or _Security()
        return (security.immutability_settings or _Immutability()).state or ""

    @property
    def soft_delete(self) -> tuple[str, int | None]:
        """(Azure's word or empty, days)."""
        found = (self.properties.security_settings or _Security()).soft_delete_settings or _SoftDelete()
        return found.soft_delete_state or "", found.soft_delete_retention_period_in_days


class _ConfigProperties(msgspec.Struct, rename="camel"):
    soft_delete_feature_state: str
    soft_delete_retention_period_in_days: int | None = None


class WireConfig(msgspec.Struct, rename="camel"):
    """`backupconfig/vaultconfig`."""

    properties: _ConfigProperties


class WireGuard(msgspec.Struct, rename="camel"):
    id: str


def soft_delete_state(word: str) -> SoftDeleteState | None:
    """None for a word this version does not know; `AlwaysON` and `AlwaysOn` are one."""
    return next((known for known in SoftDeleteState if fold(known) == fold(word)), None)
