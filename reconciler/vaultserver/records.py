"""The documents the embedded vault keeps: typed, stored as JSON, one kind a class."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Literal

from msgspec import Struct, field

from reconciler.vaultserver.arm import fold

Json = dict[str, Any]
Power = Literal["running", "stopped", "deallocated", "starting"]
Os = Literal["Windows", "Linux"]

LINUX_AGENT = "2.11.1.4"
WINDOWS_AGENT = "2.7.41491.1238"


class Record(Struct, kw_only=True, rename="camel"):
    """A document; `id` is an ARM id in the stored case, compared folded."""

    kind: ClassVar[str] = ""
    id: str

    @property
    def scope(self) -> str:
        """What the document is listed under, folded: a vault id or a subscription."""
        return ""

    @property
    def link(self) -> str:
        """A second id to look it up by, folded."""
        return ""


class InVault(Record, kw_only=True):
    """A document that is listed under a vault."""

    vault: str

    @property
    def scope(self) -> str:
        return fold(self.vault)


class Agent(Struct, kw_only=True, rename="camel"):
    present: bool = True
    version: str = LINUX_AGENT
    status: Literal["ready", "notReady"] = "ready"
    boot_seconds: int = 15
    """After a start, until a working agent is ready."""


class Disk(Struct, kw_only=True):
    name: str = ""
    storage: str = "StandardSSD_LRS"
    size_gb: int = field(default=64, name="sizeGB")


class Network(Struct, kw_only=True):
    outbound: bool = True
    dns: bool = True


class Extension(Struct, kw_only=True, rename="camel"):
    name: str
    type: str
    publisher: str
    version: str = "1.0"
    provisioning_state: str = "Succeeded"


class VmRecord(Record, kw_only=True):
    """A simulated virtual machine and its facts; a deleted one stays as a record that no list shows."""

    kind: ClassVar[str] = "vm"
    name: str
    subscription_id: str
    resource_group: str
    location: str
    tags: dict[str, str] = field(default_factory=dict)
    classic: bool = False
    cloud_service: str = ""
    vm_id: str
    vm_size: str = "Standard_D2s_v5"
    power: Power = "running"
    os: Os = "Linux"
    os_name: str = "ubuntu"
    os_version: str = "22.04"
    image: dict[str, str] = field(default_factory=dict)
    agent: Agent = field(default_factory=Agent)
    data_disks: list[Disk] = field(default_factory=list)
    os_disk_storage: str = "StandardSSD_LRS"
    nics: int = 1
    load_balancer: bool = False
    network: Network = field(default_factory=Network)
    vss: Literal["working", "failing"] = "working"
    provisioning_state: str = "Succeeded"
    security_type: str = ""
    extensions: list[Extension] = field(default_factory=list)
    snapshot: Literal["ok", "timesOut"] = "ok"
    deleted: bool = False
    created: datetime

    @property
    def scope(self) -> str:
        return fold(self.subscription_id)

    @property
    def link(self) -> str:
        return fold(self.name)

    @property
    def item_key(self) -> str:
        """`iaasvmcontainerv2;group;name`, classic `iaasvmcontainer;cloud service;name`; folded as discovery does."""
        if self.classic:
            return fold(f"iaasvmcontainer;{self.cloud_service or self.resource_group};{self.name}")
        return fold(f"iaasvmcontainerv2;{self.resource_group};{self.name}")

    @property
    def arm_type(self) -> str:
        return "Microsoft.ClassicCompute/virtualMachines" if self.classic else "Microsoft.Compute/virtualMachines"


class VaultRecord(Record, kw_only=True):
    """A Recovery Services vault; `properties` is what the wire shows beyond the named fields."""

    kind: ClassVar[str] = "vault"
    name: str
    subscription_id: str
    resource_group: str
    location: str
    tags: dict[str, str] = field(default_factory=dict)
    sku: Json = field(default_factory=lambda: {"name": "Standard"})
    identity: Json | None = None
    properties: Json = field(default_factory=dict)
    provisioning_state: str = "Succeeded"
    redundancy: str = "GeoRedundant"
    cross_region_restore: str = "Disabled"
    soft_delete: str = "Enabled"
    soft_delete_days: int = 14
    enhanced_security: str = "Enabled"
    security_shown: bool = False
    immutability: str = ""
    quota: int = 1000
    changed: datetime
    discovered: datetime | None = None
    deleted: datetime | None = None

    @property
    def scope(self) -> str:
        return fold(self.subscription_id)

    @property
    def preview(self) -> bool:
        """Whether it behaves as the preview service of 2015 did."""
        return self.tags.get("reconcile-generation") == "Preview2015"


class PolicyRecord(InVault, kw_only=True):
    """A backup policy as the wire shows it, without the count of items."""

    kind: ClassVar[str] = "policy"
    name: str
    properties: Json
    saved: datetime

    @property
    def management_type(self) -> str:
        return str(self.properties.get("backupManagementType", ""))

    @property
    def policy_type(self) -> str:
        return str(self.properties.get("policyType") or "V1")


class ContainerRecord(InVault, kw_only=True):
    """A container of one VM, known to a vault by discovery, registration or protection."""

    kind: ClassVar[str] = "container"
    name: str
    vm: str
    friendly_name: str
    resource_group: str
    classic: bool = False
    registration: Literal["", "Registering", "Registered", "SoftDeleted"] = ""
    discovered: bool = False

    @property
    def link(self) -> str:
        return fold(self.vm)


class ItemRecord(InVault, kw_only=True):
    """A protected item; `state` is the wire's protectionState, a soft-deleted one has `deleted` set."""

    kind: ClassVar[str] = "item"
    name: str
    container: str
    vm: str
    vm_guid: str = ""
    friendly_name: str
    classic: bool = False
    policy: str = ""
    policy_type: str = "V1"
    state: str = "IRPending"
    status: str = "Healthy"
    health: str = "Passed"
    health_details: list[Json] = field(default_factory=list)
    last_backup_status: str = ""
    last_backup: datetime | None = None
    last_point: datetime | None = None
    data_id: str = ""
    extended: Json | None = None
    deleted: datetime | None = None
    upcoming: bool = False
    pending: bool = False
    busy: str = ""

    @property
    def link(self) -> str:
        return fold(self.vm)


class JobRecord(InVault, kw_only=True):
    """A backup job; `tasks`, `bag` and `errors` are in the wire's form."""

    kind: ClassVar[str] = "job"
    name: str
    item: str
    entity: str
    container: str
    operation: str
    status: str = "InProgress"
    start: datetime
    end: datetime | None = None
    activity: str
    user: bool = True
    cancellable: bool = False
    phase: str = ""
    tasks: list[Json] = field(default_factory=list)
    bag: dict[str, str] = field(default_factory=dict)
    internal_bag: dict[str, str] = field(default_factory=dict)
    errors: list[Json] = field(default_factory=list)
    classic: bool = False

    @property
    def link(self) -> str:
        return fold(self.item)


class OperationRecord(InVault, kw_only=True):
    """A long-running operation; `subject` is the id of what it works on, `family` says which addresses answer."""

    kind: ClassVar[str] = "operation"
    name: str
    family: str
    subject: str
    status: str = "InProgress"
    start: datetime
    end: datetime | None = None
    jobs: list[str] = field(default_factory=list)
    result: int = 204
    error: Json | None = None
    polls: int = 0

    @property
    def link(self) -> str:
        return fold(self.name)


class PointRecord(InVault, kw_only=True):
    """A recovery point; `tiers` maps a tier to its status, `fixed` is the expiry asked for with an on-demand backup."""

    kind: ClassVar[str] = "point"
    name: str
    item: str
    type: str
    time: datetime
    tiers: dict[str, str] = field(default_factory=dict)
    rule: str = "Daily"
    expiry: datetime | None = None
    fixed: datetime | None = None
    instant_until: datetime | None = None
    vm_size: str = ""
    os: str = ""
    disks: list[Json] = field(default_factory=list)
    policy_type: str = "V1"
    size_mb: int = 0
    premium: bool = False

    @property
    def link(self) -> str:
        return fold(self.item)


class IntentRecord(InVault, kw_only=True):
    """A protection intent, as the VM blade of the portal writes it."""

    kind: ClassVar[str] = "intent"
    name: str
    policy: str
    vm: str
    state: str = "Protected"

    @property
    def link(self) -> str:
        return fold(self.vm)


class ExtendedInfoRecord(Record, kw_only=True):
    """A vault's extendedInformation, kept as it was put."""

    kind: ClassVar[str] = "extended-info"
    properties: Json


class FaultRecord(Record, kw_only=True):
    """A fault to inject: what it meets, what it answers, how often."""

    kind: ClassVar[str] = "fault"
    method: str = "*"
    path: str = "*"
    operation: str = ""
    vm: str = "*"
    status: int = 0
    code: str = ""
    message: str = ""
    number: int = 0
    retry_after: int | None = None
    times: int | None = 1
    met: int = 0


class EventRecord(Record, kw_only=True):
    """A line of the activity log: what somebody did to a resource in the portal."""

    kind: ClassVar[str] = "event"
    resource: str
    caller: str
    verb: str
    time: datetime


class RequestRecord(Struct, kw_only=True, rename="camel"):
    """One line of the request log; `time` is virtual, `code` that of a refusal."""

    number: int
    time: datetime
    method: str
    path: str
    query: str
    status: int
    agent: str
    code: str = ""
