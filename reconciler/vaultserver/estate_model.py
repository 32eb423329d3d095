"""The form of an estate file: what may be written in it, and where a mistake in it is."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic.alias_generators import to_camel

MOST_MACHINES = 200_000
_FIRST_YEAR, _LAST_YEAR = 1990, 2190
"""Time can be advanced, and policies look back and ahead: not beyond what a calendar can hold."""
_MOST_LINES, _LONGEST_LINE = 25, 300


class EstateError(ValueError):
    """An estate that cannot be loaded; the text names each place and what is wrong there, one a line, but not all."""

    def __init__(self, text: str) -> None:
        lines = text.split("\n")
        told = [line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}…" for line in lines[:_MOST_LINES]]
        if len(lines) > _MOST_LINES:
            told.append(f"and {len(lines) - _MOST_LINES} more")
        super().__init__("\n".join(told))


class Part(BaseModel):
    """A mapping of the file: camelCase keys, no unknown ones."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, populate_by_name=False)


class SubscriptionPart(Part):
    id: str
    name: str = ""


class SoftDeletePart(Part):
    state: Literal["Enabled", "Disabled", "AlwaysON", "AlwaysOn"] = "Enabled"
    retention_days: int = Field(default=14, ge=1, le=180)


class PolicyPart(BaseModel):
    """A policy: its name, and its properties as the wire has them."""

    model_config = ConfigDict(extra="allow")
    name: str

    @property
    def properties(self) -> dict[str, Any]:
        return {"backupManagementType": "AzureIaasVM"} | (self.model_extra or {})


class VaultPart(Part):
    name: str
    subscription_id: str = "00000000-0000-0000-0000-000000000001"
    resource_group: str = "rg-backup"
    location: str = "westeurope"
    tags: dict[str, str] = Field(default_factory=dict)
    generation: Literal["Current", "Preview2015"] = "Current"
    redundancy: Literal["LocallyRedundant", "GeoRedundant", "ZoneRedundant"] = "GeoRedundant"
    soft_delete: SoftDeletePart = Field(default_factory=SoftDeletePart)
    immutability: Literal["Disabled", "Unlocked", "Locked"] | None = None
    policies: list[PolicyPart] = Field(default_factory=list)
    discovered: bool = False
    quota: int = Field(default=1000, ge=0)


class AgentPart(Part):
    present: bool | None = None
    version: str | None = None
    status: Literal["ready", "notReady"] | None = None


class NetworkPart(Part):
    outbound: bool | None = None
    dns: bool | None = None


class DiskPart(Part):
    name: str = ""
    storage: str = "StandardSSD_LRS"
    size_gb: int = Field(default=64, alias="sizeGB", ge=1)


class ExtensionPart(Part):
    name: str
    type: str
    publisher: str
    version: str = "1.0"
    provisioning_state: str = "Succeeded"


class MachinePart(Part):
    """A virtual machine, or with `count` a series of them, numbered from 1 by `{n}` or `{n:02}`."""

    name: str = Field(min_length=1)
    count: int | None = Field(default=None, ge=1, le=MOST_MACHINES)
    subscription_id: str | None = None
    resource_group: str | None = None
    """A classic machine's is named like its cloud service where none is given, as Azure did."""
    location: str | None = None
    tags: dict[str, str] | None = None
    classic: bool | None = None
    cloud_service: str | None = None
    vm_id: str | None = None
    vm_size: str | None = None
    power: Literal["running", "stopped", "deallocated", "starting"] | None = None
    os: Literal["Windows", "Linux"] = "Linux"
    os_name: str | None = None
    os_version: str | None = None
    image: dict[str, str] | None = None
    agent: AgentPart | None = None
    data_disks: int | list[DiskPart] | None = None
    os_disk_storage: str | None = None
    nics: int | None = Field(default=None, ge=1)
    load_balancer: bool | None = None
    network: NetworkPart | None = None
    vss: Literal["working", "failing"] | None = None
    provisioning_state: str | None = None
    security_type: str | None = None
    extensions: list[ExtensionPart] | None = None
    snapshot: Literal["ok", "timesOut"] | None = None
    deleted: bool | None = None

    @model_validator(mode="after")
    def _series_is_numbered(self) -> MachinePart:
        if self.count is not None and self.count > 1 and "{n" not in self.name:
            raise ValueError("a series needs {n} in its name")
        if self.count is not None and self.vm_id is not None:
            raise ValueError("the machines of a series cannot share a vmId")
        return self

    @field_validator("data_disks")
    @classmethod
    def _few_disks(cls, value: int | list[DiskPart] | None) -> int | list[DiskPart] | None:
        if isinstance(value, int) and not 0 <= value <= 64:
            raise ValueError("a machine has 0 to 64 data disks")
        return value


class ProtectedPart(Part):
    vm: str
    vault: str
    policy: str = "DefaultPolicy"
    state: Literal["Protected", "IRPending", "ProtectionStopped", "SoftDeleted", "ProtectionError"] = "Protected"
    recovery_points: int | None = Field(default=None, ge=0, le=9999)


class EstatePart(Part):
    """The whole file."""

    estate: Literal["v1"]
    clock: datetime | None = None
    seed: int | None = None
    subscriptions: list[SubscriptionPart] = Field(default_factory=list)
    vaults: list[VaultPart] = Field(default_factory=list)
    virtual_machines: list[MachinePart] = Field(default_factory=list)
    protected: list[ProtectedPart] = Field(default_factory=list)

    @field_validator("clock")
    @classmethod
    def _within_a_lifetime(cls, value: datetime | None) -> datetime | None:
        if value is not None and not _FIRST_YEAR <= value.year <= _LAST_YEAR:
            raise ValueError(f"the clock starts between {_FIRST_YEAR} and {_LAST_YEAR}")
        return value

    @model_validator(mode="after")
    def _not_too_many(self) -> EstatePart:
        if sum(machine.count or 1 for machine in self.virtual_machines) > MOST_MACHINES:
            raise ValueError(f"an estate has at most {MOST_MACHINES} machines")
        return self


def read(data: object) -> EstatePart:
    """The file's data checked; raises EstateError with a path for every mistake."""
    try:
        return EstatePart.model_validate(data)
    except ValidationError as error:
        lines = [f"{path(mistake['loc'])}: {mistake['msg']}" for mistake in error.errors()]
        raise EstateError("\n".join(lines)) from error


def path(place: tuple[int | str, ...]) -> str:
    """`vaults[0].policies[1].name`."""
    text = ""
    for step in place:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text.removeprefix(".") or "estate"
