"""What happened to one VM, in order: requests, jobs and recovery points."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from reconciler.model.desired import Consistency


class EventKind(StrEnum):
    REQUEST = "request"
    """One of our own, from the audit."""
    JOB = "job"
    POINT = "recovery-point"


@dataclass(frozen=True, slots=True)
class Event:
    """`what` is our action, or Azure's word for a job's operation; empty for a recovery point. Times are aware UTC.

    `outcome` is in the words of `kind`'s source, `code` the row that a failure met, `reference` what to give to
    Azure's support. `number` is that of an audit entry, 0 for all else.
    """

    at: datetime
    kind: EventKind
    what: str = ""
    vault: str = ""
    until: datetime | None = None
    outcome: str = ""
    code: str = ""
    message: str = ""
    reference: str = ""
    consistency: Consistency | None = None
    actor: str = ""
    revision: str | None = None
    number: int = 0


@dataclass(frozen=True, slots=True)
class Timeline:
    """Newest first. `gaps` say what could not be read; `since` is how far back recovery points were asked for."""

    events: tuple[Event, ...] = ()
    gaps: tuple[str, ...] = ()
    since: datetime | None = None
