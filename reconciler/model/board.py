"""What the daemon knows, as one value: all that page, health, metrics and notifications tell.

The loop makes a new board after each change; whoever reads one never sees half of a change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from reconciler.model.desired import Desired
from reconciler.model.drift import SeenDrift
from reconciler.model.observed import Observed
from reconciler.model.outcome import Outcome
from reconciler.model.plan import Plan, Step
from reconciler.model.span import NOWHERE, Span
from reconciler.model.status import Status


@dataclass(frozen=True, slots=True)
class Revision:
    """One state of the manifests. `id` is the commit, None for a plain folder; `digest` is that of their meaning."""

    id: str | None
    digest: str = ""
    committed_at: datetime | None = None
    author: str = ""
    subject: str = ""


class Rejection(StrEnum):
    """Why a newer revision is not in force."""

    INVALID = "invalid"
    """Its manifests do not load."""
    REWOUND = "rewound"
    """It does not follow from the one in force (a force-push); held until acknowledged."""
    UNSIGNED = "unsigned"
    """No signature of the allow-list."""
    EMPTY = "empty"
    """It declares nothing, or the folder is gone."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake of a revision. `code` is a row of the table."""

    code: str
    message: str
    span: Span = NOWHERE
    help: str = ""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A newer revision that was seen and is not in force; `how` says what to do now."""

    revision: Revision
    because: Rejection
    seen_at: datetime
    problems: tuple[Problem, ...] = ()
    how: str = ""


@dataclass(frozen=True, slots=True)
class SourceState:
    """Where manifests come from. `title` names it without credentials; `trouble` says why it cannot be looked at now.

    `checked_at` is when it was last looked at in full; `trouble_code` is a row of the table.
    """

    title: str
    in_force: Revision | None = None
    loaded_at: datetime | None = None
    rejected: Rejected | None = None
    checked_at: datetime | None = None
    trouble: str = ""
    trouble_code: str = ""


@dataclass(frozen=True, slots=True)
class Declared:
    """What a source gives. `desired` is the last good one, None until there was a good one; `warnings` are about it.

    Whatever is newer and not in force, or in the way of a look, is in `state`.
    """

    desired: Desired | None
    state: SourceState
    warnings: tuple[Problem, ...] = ()


class Role(StrEnum):
    LEADER = "leader"
    STANDBY = "standby"


@dataclass(frozen=True, slots=True)
class LeaseState:
    """Who writes. `epoch` grows with each change of the holder."""

    role: Role
    holder: str = ""
    epoch: int = 0
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class VaultState:
    """How the loop stands with one vault. `why` says what wakes it next; `failures` counts broken passes in a row.

    `seen_at` is when what the board shows of it was read in full; None while the board's observation says it.
    """

    name: str
    running: bool = False
    last_began: datetime | None = None
    last_completed: datetime | None = None
    seen_at: datetime | None = None
    next_due: datetime | None = None
    why: str = ""
    failures: int = 0
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class StepResult:
    """What became of a step when it was last tried."""

    step: Step
    outcome: Outcome
    at: datetime


@dataclass(frozen=True, slots=True)
class PassRecord:
    """One pass over one vault. `counts` maps the words of outcomes, and `held`, to how many; `trouble` if it broke."""

    vault: str
    began_at: datetime
    ended_at: datetime
    revision: str | None
    counts: Mapping[str, int] = field(default_factory=dict)
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Board:
    """`made_at` is when the value was made. Times are aware UTC, `interval` and `bound` seconds.

    Nothing seen longer than `bound` ago is shown as verified. `plan` is what the next pass would do; `results` are by
    step id, `passes` newest first and bounded. `paused` and `closed` say why nothing may be written now: a pause of
    the operator's, a change window.
    """

    cloud: str
    version: str
    started_at: datetime
    made_at: datetime
    interval: float
    bound: float
    source: SourceState
    lease: LeaseState
    vaults: Mapping[str, VaultState] = field(default_factory=dict)
    desired: Desired | None = None
    observed: Observed | None = None
    plan: Plan | None = None
    status: Status | None = None
    results: Mapping[str, StepResult] = field(default_factory=dict)
    passes: tuple[PassRecord, ...] = ()
    paused: str = ""
    closed: str = ""
    drifts: tuple[SeenDrift, ...] = ()
    """What was as declared and is so no more, by vault."""
