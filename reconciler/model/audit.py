"""The record of every write: who, by which revision, what was before and after, and what Azure calls the request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from reconciler.model.call import Json


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One event of one request: `intended` before it is sent, then how it was answered or ended.

    `number` counts from 1 without a gap; `hash` covers the entry and `previous`, the hash of the one before, so that a
    cut or an edit shows. `actor` is the identity and host that wrote, `epoch` its lease. `at` is aware UTC.
    """

    number: int
    at: datetime
    run: str
    step_id: str
    event: str
    action: str
    vault: str
    subject_name: str
    subject_id: str
    revision: str | None
    actor: str
    epoch: int
    method: str
    path: str
    before: Mapping[str, Json] = field(default_factory=dict, hash=False)
    after: Mapping[str, Json] = field(default_factory=dict, hash=False)
    correlation_id: str = ""
    outcome: str = ""
    code: str = ""
    previous: str = ""
    hash: str = ""
