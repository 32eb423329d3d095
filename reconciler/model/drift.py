"""What was as declared and is so no more: what changed, since when, and who changed it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Drift:
    """`subject` is an ARM id, `label` its name for people. `found` says in words what is there, and what is declared.

    `corrected` is false where it is reported only, or where a guard holds the step that would mend it.
    """

    kind: str
    vault: str
    subject: str
    label: str
    found: str
    corrected: bool


@dataclass(frozen=True, slots=True)
class Change:
    """One write, as Azure's activity log tells of it. `caller` is a user's name or an application's id."""

    caller: str
    at: datetime
    operation: str
    correlation_id: str = ""


@dataclass(frozen=True, slots=True)
class SeenDrift:
    """`since` is when it was seen first; `by` is None while nothing tells who did it. Times are aware UTC."""

    drift: Drift
    since: datetime
    by: Change | None = None
