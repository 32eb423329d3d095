"""How the VMs of the declared vaults are backed up, as a person is told: what was seen, claimed, and is not known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from reconciler.model.desired import Consistency
from reconciler.model.observed import Gap, Job, VmKey
from reconciler.model.outcome import AzureError
from reconciler.model.plan import Finding


@dataclass(frozen=True, slots=True)
class NextBackup:
    """`at` is aware UTC, `local` the same moment on a clock in the policy's zone; `zone` is the Windows id.

    `certain` is false where the zone changes its clocks and nothing shows which of its offsets the service keeps.
    """

    at: datetime
    local: datetime
    zone: str
    certain: bool


class Trust(StrEnum):
    """How much is known of a protection that Azure shows."""

    VERIFIED = "verified"
    """A recovery point no older than the policy's interval, and the two hours Azure may start late, was seen."""
    CLAIMED = "claimed"
    """Azure shows the VM as protected; such a recovery point was not seen."""
    UNKNOWN = "unknown"
    """Its vault could not be read in full."""


class JobEnd(StrEnum):
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    IN_PROGRESS = "in-progress"
    UNKNOWN = "unknown"
    """Azure's word for it is none that this version knows: it may have failed."""


@dataclass(frozen=True, slots=True)
class VmStatus:
    """`state` is a word of ours; `trust` is None for what is not protected. `troubles` are codes of findings."""

    vault: str
    key: VmKey
    label: str
    id: str
    state: str
    policy: str = ""
    trust: Trust | None = None
    days_left: int | None = None
    """Until a soft-deleted item is gone."""
    last_point: datetime | None = None
    consistency: Consistency | None = None
    last_backup: datetime | None = None
    last_backup_status: str = ""
    next: NextBackup | None = None
    troubles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class JobStatus:
    """A job; of a failed one, the row of the table it met (`code`), those it may be instead, and what Azure said."""

    vault: str
    key: VmKey
    label: str
    job: Job
    end: JobEnd
    code: str = ""
    error: AzureError | None = None
    or_else: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VaultStatus:
    """Counts of VMs by state and trust, and of jobs by end. `seen` is false when some of it could not be read."""

    name: str
    exists: bool
    seen: bool
    states: Mapping[str, int]
    trust: Mapping[str, int]
    exempt: int
    uncovered: int
    jobs: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Status:
    """Vaults by name, VMs by vault and label, jobs newest first, findings worst first."""

    taken_at: datetime
    complete: bool
    gaps: tuple[Gap, ...]
    vaults: tuple[VaultStatus, ...]
    vms: tuple[VmStatus, ...]
    jobs: tuple[JobStatus, ...]
    findings: tuple[Finding, ...]
