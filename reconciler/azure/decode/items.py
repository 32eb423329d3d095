"""What a vault holds: protected items, and the containers and protectable items that name virtual machines."""

from __future__ import annotations

import msgspec

from reconciler.azure.decode.times import moment, whole_days
from reconciler.model.ids import VmName, fold
from reconciler.model.observed import JobError, ProtectedItem
from reconciler.model.state import ItemState

_VM_BACKUP = "azureiaasvm"


class _HealthDetail(msgspec.Struct, rename="camel"):
    code: int | None = None
    title: str | None = None
    message: str | None = None
    recommendations: list[str] | None = None


class _ItemProperties(msgspec.Struct, rename="camel"):
    protection_state: str
    backup_management_type: str | None = None
    source_resource_id: str | None = None
    virtual_machine_id: str | None = None
    policy_id: str | None = None
    policy_name: str | None = None
    is_scheduled_for_deferred_delete: bool | None = None
    deferred_delete_time_remaining: str | None = None
    last_backup_status: str | None = None
    last_backup_time: str | None = None
    last_recovery_point: str | None = None
    health_status: str | None = None
    health_details: list[_HealthDetail] | None = None


class WireItem(msgspec.Struct, rename="camel"):
    id: str
    name: str
    properties: _ItemProperties

    @property
    def of_a_vm(self) -> bool:
        return fold(self.properties.backup_management_type or _VM_BACKUP) == _VM_BACKUP


def item(wire: WireItem) -> ProtectedItem:
    """Raises BadSegmentError when the item names no virtual machine."""
    properties = wire.properties
    vm_arm_id = properties.source_resource_id or properties.virtual_machine_id or ""
    VmName.parse(vm_arm_id)
    raw = properties.protection_state
    deleted = bool(properties.is_scheduled_for_deferred_delete)
    policy_id = properties.policy_id or ""
    return ProtectedItem(
        id=wire.id,
        key=fold(vm_arm_id),
        vm_arm_id=vm_arm_id,
        name=wire.name,
        state=ItemState(raw) if raw in set(ItemState) else ItemState.UNKNOWN,
        raw_state=raw,
        policy_id=policy_id,
        policy_name=properties.policy_name or policy_id.rpartition("/")[2],
        soft_deleted=deleted,
        deferred_delete_days_left=whole_days(properties.deferred_delete_time_remaining) if deleted else None,
        last_backup_status=properties.last_backup_status or "",
        last_backup_time=moment(properties.last_backup_time),
        last_recovery_point=moment(properties.last_recovery_point),
        health=properties.health_status or "",
        problems=_problems(properties),
    )


def _problems(properties: _ItemProperties) -> tuple[JobError, ...]:
    """What the health details say is wrong; a healthy item has details too, which say that it is well."""
    if fold(properties.health_status or "passed") == "passed":
        return ()
    return tuple(
        JobError(one.code or 0, one.title or "", one.message or "", tuple(one.recommendations or ()))
        for one in properties.health_details or ()
    )


class _NamesVm(msgspec.Struct, rename="camel"):
    virtual_machine_id: str | None = None
    backup_management_type: str | None = None
    registration_status: str | None = None


class WireNamesVm(msgspec.Struct, rename="camel"):
    """A protection container or a protectable item."""

    id: str
    properties: _NamesVm


def discovered(entries: list[WireNamesVm]) -> frozenset[str]:
    """The keys of the machines that a vault lists as protectable."""
    return frozenset(key for entry in entries if (key := _key(entry)))


def registered(entries: list[WireNamesVm]) -> frozenset[str]:
    """The keys of the machines whose container says it is registered; the list's filter lags behind (WIRE 4)."""
    return frozenset(
        key for entry in entries if entry.properties.registration_status == "Registered" and (key := _key(entry))
    )


def _key(entry: WireNamesVm) -> str:
    return fold(entry.properties.virtual_machine_id or "")
