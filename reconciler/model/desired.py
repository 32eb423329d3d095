"""What the YAML wants: one frozen value a document, each knowing its place (DESIGN 2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from reconciler.model.backup_rules import BackupRules
from reconciler.model.span import NOWHERE, Places, Span

Tags = tuple[tuple[str, tuple[str, ...]], ...]
"""Tag name → values of which any will do, sorted by name; several names must all hold."""


class Generation(StrEnum):
    CURRENT = "Current"
    PREVIEW_2015 = "Preview2015"


class Drift(StrEnum):
    CORRECT = "Correct"
    REPORT = "Report"


class IfStopped(StrEnum):
    FAIL = "Fail"
    START = "Start"


class OsType(StrEnum):
    LINUX = "Linux"
    WINDOWS = "Windows"


class SoftDeleteState(StrEnum):
    """In the order of strength."""

    DISABLED = "Disabled"
    ENABLED = "Enabled"
    ALWAYS_ON = "AlwaysOn"


class Consistency(StrEnum):
    """In the order of strength."""

    CRASH = "Crash"
    FILE_SYSTEM = "FileSystem"
    APPLICATION = "Application"


@dataclass(frozen=True, slots=True)
class SoftDelete:
    """`retention` is in days, None when not declared."""

    state: SoftDeleteState
    retention: int | None = None


@dataclass(frozen=True, slots=True)
class CoverageScope:
    """Whose VMs must be protected or exempted; every condition given must hold. Globs in `resource_groups`."""

    require: bool
    resource_groups: tuple[str, ...] = ()
    tags: Tags = ()


@dataclass(frozen=True, slots=True)
class Vault:
    name: str
    subscription_id: str
    resource_group: str
    location: str
    generation: Generation = Generation.CURRENT
    create: bool = False
    redundancy: str | None = None
    soft_delete: SoftDelete | None = None
    coverage: CoverageScope | None = None
    places: Places = field(default_factory=Places)

    @property
    def span(self) -> Span:
        return self.places.at()


@dataclass(frozen=True, slots=True)
class BackupPolicy:
    name: str
    vaults: tuple[str, ...]
    rules: BackupRules
    places: Places = field(default_factory=Places)

    @property
    def span(self) -> Span:
        return self.places.at()


@dataclass(frozen=True, slots=True)
class VmRef:
    """A VM by name; the group or the cloud service tells namesakes apart."""

    name: str
    resource_group: str | None = None
    cloud_service: str | None = None
    span: Span = field(default=NOWHERE, compare=False)

    def __str__(self) -> str:
        owner = self.resource_group or self.cloud_service
        return f"{owner}/{self.name}" if owner else self.name


@dataclass(frozen=True, slots=True)
class Selector:
    """Every condition given must hold; within one condition any value will do. Globs in names and groups."""

    tags: Tags = ()
    names: tuple[str, ...] = ()
    resource_groups: tuple[str, ...] = ()
    os: OsType | None = None
    exclude: Selector | None = None
    """What `not` says: a VM for which all of it holds is left out."""


@dataclass(frozen=True, slots=True)
class Expect:
    """The brake on a selector: the number of VMs it may match."""

    minimum: int | None = None
    maximum: int | None = None


@dataclass(frozen=True, slots=True)
class Objective:
    """`recovery_point_age` is in hours."""

    recovery_point_age: int | None = None
    consistency: Consistency | None = None


@dataclass(frozen=True, slots=True)
class Protection:
    name: str
    vault: str
    policy: str
    virtual_machines: tuple[VmRef, ...] = ()
    select: Selector | None = None
    expect: Expect | None = None
    priority: int = 0
    drift: Drift = Drift.CORRECT
    if_stopped: IfStopped = IfStopped.FAIL
    objective: Objective | None = None
    places: Places = field(default_factory=Places)

    @property
    def span(self) -> Span:
        return self.places.at()


@dataclass(frozen=True, slots=True)
class Exemption:
    """Deliberately unprotected, until the end of `expires` (UTC)."""

    name: str
    vault: str
    reason: str
    owner: str
    expires: date
    virtual_machines: tuple[VmRef, ...] = ()
    select: Selector | None = None
    places: Places = field(default_factory=Places)


@dataclass(frozen=True, slots=True)
class Retirement:
    """Stop protection, keep the recovery points."""

    name: str
    vault: str
    virtual_machines: tuple[VmRef, ...]
    reason: str
    owner: str
    places: Places = field(default_factory=Places)


@dataclass(frozen=True, slots=True)
class Pause:
    """Hands off until `until` (aware, UTC); without VMs the whole vault."""

    name: str
    vault: str
    reason: str
    owner: str
    until: datetime
    virtual_machines: tuple[VmRef, ...] = ()
    places: Places = field(default_factory=Places)


@dataclass(frozen=True, slots=True)
class Consent:
    """Permits one held step, until the end of `expires` (UTC). `subject` is `vault/policy` or `vault/vm`."""

    name: str
    step: str
    subject: str
    reason: str
    approver: str
    expires: date
    places: Places = field(default_factory=Places)


@dataclass(frozen=True, slots=True)
class Desired:
    """All documents of one revision, each kind sorted by name. `digest` is `sha256:…` of their meaning."""

    vaults: tuple[Vault, ...] = ()
    policies: tuple[BackupPolicy, ...] = ()
    protections: tuple[Protection, ...] = ()
    exemptions: tuple[Exemption, ...] = ()
    retirements: tuple[Retirement, ...] = ()
    pauses: tuple[Pause, ...] = ()
    consents: tuple[Consent, ...] = ()
    digest: str = ""
    revision: str | None = None
    files: int = 0
