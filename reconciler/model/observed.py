"""One snapshot of Azure: what exists, and what could not be seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from reconciler.model.backup_rules import BackupRules
from reconciler.model.desired import Consistency, OsType, SoftDeleteState
from reconciler.model.state import PROTECTED_STATES, STOPPED_STATES, ItemState

VmKey = str
"""An ARM id with its ASCII letters folded (`model.ids.fold`): the identity by which VMs are matched."""


class Power(StrEnum):
    RUNNING = "running"
    STARTING = "starting"
    STOPPING = "stopping"
    STOPPED = "stopped"
    DEALLOCATING = "deallocating"
    DEALLOCATED = "deallocated"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Agent:
    """The VM agent as the instance view tells; Azure shows none while a VM is off."""

    version: str
    ready: bool


@dataclass(frozen=True, slots=True)
class VirtualMachine:
    """`id` keeps Azure's spelling, `vm_id` is the GUID that tells a re-created VM from its namesake.

    `agent` is None when the instance view shows none; `load_balanced` is None when it was not looked at.
    `created` is aware UTC, None where Azure does not tell. `storage` holds the distinct disk SKUs in order, e.g.
    `Premium_LRS`. `tags` are sorted by name.
    """

    id: str
    key: VmKey
    vm_id: str
    name: str
    resource_group: str
    subscription_id: str
    location: str
    tags: tuple[tuple[str, str], ...] = ()
    classic: bool = False
    cloud_service: str | None = None
    power: Power = Power.UNKNOWN
    os: OsType | None = None
    os_name: str = ""
    os_version: str = ""
    agent: Agent | None = None
    data_disks: int = 0
    storage: tuple[str, ...] = ()
    nics: int = 1
    load_balanced: bool | None = None
    provisioning_state: str = "Succeeded"
    security_type: str = ""
    created: datetime | None = None

    @property
    def label(self) -> str:
        """The name as people say it: with the group or the cloud service that tells namesakes apart."""
        return f"{self.cloud_service or self.resource_group}/{self.name}"


@dataclass(frozen=True, slots=True)
class JobError:
    number: int
    title: str
    message: str
    recommendations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProtectedItem:
    """A VM's place in a vault. Times are aware UTC or None. `raw_state` is Azure's word for `state`.

    `id` is the item's ARM path as Azure wrote it: calls are sent to it, never to one built from user input.
    """

    id: str
    key: VmKey
    vm_arm_id: str
    name: str
    state: ItemState
    raw_state: str
    policy_id: str
    policy_name: str
    soft_deleted: bool = False
    deferred_delete_days_left: int | None = None
    last_backup_status: str = ""
    last_backup_time: datetime | None = None
    last_recovery_point: datetime | None = None
    health: str = ""
    problems: tuple[JobError, ...] = ()
    """What the health details of an unhealthy item say."""

    @property
    def protected(self) -> bool:
        """Whether the vault shows the VM as one that it backs up: the one definition, for plan, coverage and result."""
        return self.state in PROTECTED_STATES and not self.soft_deleted

    @property
    def stopped(self) -> bool:
        return self.state in STOPPED_STATES and not self.soft_deleted


@dataclass(frozen=True, slots=True)
class RecoveryPoint:
    """The latest of an item. `time` is aware UTC; `consistency` is None for a kind this version does not know."""

    time: datetime
    consistency: Consistency | None


@dataclass(frozen=True, slots=True)
class ObservedPolicy:
    """`rules` is None for a policy this version cannot express; `properties` is the canonical JSON of the wire's.

    `properties` is kept so that an update changes what is declared and leaves the rest as it was.
    """

    id: str
    name: str
    rules: BackupRules | None
    properties: str
    items: int = 0


@dataclass(frozen=True, slots=True)
class Job:
    """`container` is the folded `iaasvmcontainerv2;group;vm` of the VM it runs for. Times are aware UTC.

    `activity_id` is what Azure's support asks for.
    """

    id: str
    operation: str
    status: str
    container: str
    vm_name: str
    start: datetime | None = None
    end: datetime | None = None
    errors: tuple[JobError, ...] = ()
    activity_id: str = ""

    @property
    def running(self) -> bool:
        return self.status in {"InProgress", "Cancelling"}


@dataclass(frozen=True, slots=True)
class ObservedVault:
    """One vault and its content. `exists` is False only when Azure said so in a complete answer.

    `discovered` holds the VMs the vault lists as protectable, `registered` those with a registered container.
    `immutability` is Azure's word (Disabled, Unlocked, Locked). `soft_delete_retention` is in days.
    """

    name: str
    id: str
    exists: bool
    location: str = ""
    redundancy: str = ""
    soft_delete: SoftDeleteState | None = None
    soft_delete_retention: int | None = None
    immutability: str = ""
    guarded: bool = False
    """A resource guard (multi-user authorization) is attached."""
    policies: Mapping[str, ObservedPolicy] = field(default_factory=dict)
    """By folded name."""
    items: Mapping[VmKey, ProtectedItem] = field(default_factory=dict)
    discovered: frozenset[VmKey] = frozenset()
    registered: frozenset[VmKey] = frozenset()
    jobs: tuple[Job, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """Azure's own word on protecting one VM: `backupStatus` and `backupPreValidateProtection` (WIRE 7).

    `held_by` is the ARM id of the vault that holds the VM, empty when none does. `code` is empty when the
    pre-validation succeeded.
    """

    held_by: str = ""
    protection_status: str = ""
    code: str = ""
    message: str = ""
    recommendation: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that could not be seen. `scope` is an ARM id or the folded name of a list under one."""

    scope: str
    reason: str
    vault: str | None = None
    """The name of the vault it concerns, None when it concerns a whole subscription."""


@dataclass(frozen=True, slots=True)
class Observed:
    """One snapshot. `taken_at` is aware UTC. It is complete when there are no gaps."""

    taken_at: datetime
    vaults: Mapping[str, ObservedVault] = field(default_factory=dict)
    """By the name the YAML gives."""
    vms: Mapping[VmKey, VirtualMachine] = field(default_factory=dict)
    checks: Mapping[tuple[str, VmKey], Check] = field(default_factory=dict)
    """By vault name and VM."""
    gaps: tuple[Gap, ...] = ()
    points: Mapping[tuple[str, VmKey], RecoveryPoint] = field(default_factory=dict)
    """By vault name and VM; only of those that were asked for one by one."""
    hidden: frozenset[str] = frozenset()
    """Folded ids of resource groups that could not be read: a VM there that no list shows may exist all the same."""

    @property
    def complete(self) -> bool:
        return not self.gaps


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much a complete observation saw: the yardstick of the shrink guard."""

    vms: int
    items: int
