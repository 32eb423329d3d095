"""What would be done, what is held back, what is quiet, and what a person should know (DESIGN 4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from reconciler.model.call import Call, Json
from reconciler.model.outcome import AzureError
from reconciler.model.span import NOWHERE, Span
from reconciler.model.state import Risk


class SubjectKind(StrEnum):
    VAULT = "vault"
    POLICY = "policy"
    VM = "vm"


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """What a step acts on. `name` is for people (`group/vm` for a VM), `id` is the ARM id."""

    kind: SubjectKind
    name: str
    id: str


class RecoveryPoints(StrEnum):
    KEEPS = "keeps"
    EXPIRES = "expires-at-next-cleanup"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Step:
    """One action on one subject. `id` is stable: the same step of the next plan has the same id.

    `call` is what will be sent. `put_back`, where there is one, is owed once all that depends on the step has ended.
    `policy` names the declared policy that a VM's step leads to; it groups the human plan. `consent` is the mark of the
    Consent that permits it, where it needs one.
    """

    id: str
    action: str
    vault: str
    subject: Subject
    reason: str
    source: Span
    call: Call
    before: Mapping[str, Json] = field(default_factory=dict, hash=False)
    after: Mapping[str, Json] = field(default_factory=dict, hash=False)
    risk: Risk = Risk.SAFE
    recovery_points: RecoveryPoints = RecoveryPoints.KEEPS
    depends_on: tuple[str, ...] = ()
    predicted: tuple[str, ...] = ()
    policy: str = ""
    put_back: Call | None = None
    consent: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """A step that a guard forbids. `how` says what to write, and where, to permit it."""

    step: Step
    guard: str
    how: str


class Severity(StrEnum):
    """In the order in which findings are shown."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Basis(StrEnum):
    OBSERVED = "observed"
    """A fact that was read."""
    AZURE = "azure"
    """Azure's own check said so."""
    RULE = "rule"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a person is told. `code` is a row of the table; `message` says what is special here.

    One cause is one finding: of several VMs that share it, `message` speaks of each, `source` is the first one's, and
    `azure` has up to three instances of what Azure said. `or_else` are the rows that it can mean instead, as far as
    nothing that was observed tells.
    """

    code: str
    severity: Severity
    subjects: tuple[str, ...]
    message: str = ""
    source: Span = NOWHERE
    basis: Basis = Basis.OBSERVED
    vault: str = ""
    azure: tuple[AzureError, ...] = ()
    or_else: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Coverage:
    """Each VM in scope counted once; `uncovered` lists the ARM ids left over; `required`: they are an error."""

    in_scope: int = 0
    protected: int = 0
    planned: int = 0
    exempt: int = 0
    uncovered: tuple[str, ...] = ()
    required: bool = False


@dataclass(frozen=True, slots=True)
class Quiet:
    """A subject about which nothing is to be done, and why: `protected`, `exempt`, `paused`, `stopped` …"""

    subject: Subject
    because: str
    source: Span = NOWHERE
    vault: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """How much the observation behind a plan saw, whether or not the plan speaks of it."""

    vms: int
    items: int
    vaults: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in the order of dependence, then by vault, policy, action and subject; same input, same bytes."""

    taken_at: datetime
    complete: bool
    config_digest: str
    revision: str | None
    files: int
    steps: tuple[Step, ...] = ()
    held: tuple[Held, ...] = ()
    quiet: tuple[Quiet, ...] = ()
    findings: tuple[Finding, ...] = ()
    coverage: Coverage = field(default_factory=Coverage)
    digest: str = ""
    """`sha256:…` of steps, held steps, configuration and the observed facts they rest on; not of `taken_at`."""
    seen: Seen | None = None
    """For people only: neither in the digest nor in the JSON."""
