"""What the service allows, as data: one profile a generation, each figure with its source and date (facts E)."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.model.desired import Generation


@dataclass(frozen=True, slots=True)
class Limit:
    """A figure, where it was read and when that page was last seen."""

    value: int
    source: str
    verified: str


@dataclass(frozen=True, slots=True)
class Limits:
    """A None is a limit that the generation does not have. Retention figures are in their own unit."""

    generation: Generation
    data_disks: Limit
    data_disks_classic: Limit
    daily_retention_min: Limit
    daily_retention_max: Limit
    weekly_retention_max: Limit | None
    monthly_retention_max: Limit | None
    yearly_retention_max: Limit | None
    instant_restore_standard_max: Limit | None
    instant_restore_enhanced_max: Limit | None
    backups_per_day_standard: Limit
    vms_per_vault: Limit | None
    vms_per_policy: Limit | None
    policies_per_vault: Limit | None
    windows_agent_min: str
    enhanced_tier: bool
    premium_storage: bool
    several_nics: bool
    load_balancer: bool
    register_is_a_request: bool
    must_run_to_register: bool


_FAQ = "Microsoft docs: backup-azure-backup-faq"
_MATRIX = "Microsoft docs: backup-support-matrix-iaas"
_PREVIEW = "source document of 2015, preview limits"

PREVIEW_2015 = Limits(
    generation=Generation.PREVIEW_2015,
    data_disks=Limit(5, _PREVIEW, "2015-05-26"),
    data_disks_classic=Limit(5, _PREVIEW, "2015-05-26"),
    daily_retention_min=Limit(1, _PREVIEW, "2015-05-26"),
    daily_retention_max=Limit(30, _PREVIEW, "2015-05-26"),
    weekly_retention_max=Limit(4, "source document of 2015: weekly policies, kept at most 30 days", "2015-05-26"),
    monthly_retention_max=None,
    yearly_retention_max=None,
    instant_restore_standard_max=None,
    instant_restore_enhanced_max=None,
    backups_per_day_standard=Limit(1, _PREVIEW, "2015-05-26"),
    vms_per_vault=None,
    vms_per_policy=None,
    policies_per_vault=None,
    windows_agent_min="2.6.1198.718",
    enhanced_tier=False,
    premium_storage=False,
    several_nics=False,
    load_balancer=False,
    register_is_a_request=True,
    must_run_to_register=True,
)

CURRENT = Limits(
    generation=Generation.CURRENT,
    data_disks=Limit(32, _MATRIX, "2023-07-05"),
    data_disks_classic=Limit(16, _MATRIX, "2023-07-05"),
    daily_retention_min=Limit(7, "Microsoft docs: backup-azure-vm-backup-faq", "2022-03-02"),
    daily_retention_max=Limit(9999, _MATRIX, "2023-07-05"),
    weekly_retention_max=Limit(5163, "terraform-provider-azurerm", "2026-08-21"),
    monthly_retention_max=Limit(1188, "terraform-provider-azurerm", "2026-08-21"),
    yearly_retention_max=Limit(99, "terraform-provider-azurerm", "2026-08-21"),
    instant_restore_standard_max=Limit(5, "Microsoft docs: backup-instant-restore-capability", "2025-06-11"),
    instant_restore_enhanced_max=Limit(30, "Microsoft docs: backup-azure-vms-enhanced-policy", "2025-06-11"),
    backups_per_day_standard=Limit(1, _MATRIX, "2023-07-05"),
    vms_per_vault=Limit(1000, _FAQ, "2026-01-01"),
    vms_per_policy=Limit(1000, "azure-cli 2.91", "2026-08-21"),
    policies_per_vault=Limit(200, _FAQ, "2026-01-01"),
    windows_agent_min="2.6.1198.718",
    enhanced_tier=True,
    premium_storage=True,
    several_nics=True,
    load_balancer=True,
    register_is_a_request=False,
    must_run_to_register=True,
)

LIMITS = {limits.generation: limits for limits in (CURRENT, PREVIEW_2015)}
