"""The record of every write: who, by which revision, what was before and after, and what Azure calls the request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from reconciler.model.call import Json


class Event(StrEnum):
    """What an entry tells of a request."""

    INTENDED = "intended"
    """About to be sent; durable before it is."""
    ACCEPTED = "accepted"
    """Azure began an operation."""
    ENDED = "ended"
    """How it was answered, how its operation ended, or what a later look made of it."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One event of one request: `intended` before it is sent, then how it was answered or ended.

    `number` counts from 1 without a gap; `hash` covers the entry and `previous`, the hash of the one before, so that a
    cut or an edit shows. `actor` is the identity and host that wrote, `epoch` its lease (0: without one). `at` is aware
    UTC. `correlation_id` is the one we sent, `request_id` the one that Azure answered with, or empty. `outcome` is a
    word of the apply result, `code` a row of the table; both are empty in what is only intended.
    """

    number: int
    at: datetime
    run: str
    step_id: str
    event: Event
    action: str
    vault: str
    subject_name: str
    subject_id: str
    revision: str | None
    actor: str
    epoch: int
    method: str
    path: str
    api: str
    body: str | None = None
    before: Mapping[str, Json] = field(default_factory=dict, hash=False)
    after: Mapping[str, Json] = field(default_factory=dict, hash=False)
    correlation_id: str = ""
    request_id: str = ""
    outcome: str = ""
    code: str = ""
    previous: str = ""
    hash: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the log: how many entries it has, and the hash of the last, empty for an empty log."""

    entries: int = 0
    hash: str = ""


@dataclass(frozen=True, slots=True)
class Chain:
    """What is known of the log's hashes: looked at up to `head`, at `checked_at` (aware UTC), and found sound.

    `broken_at` is the first number that does not follow from the one before, and `trouble` says how; None and empty for
    a sound chain.
    """

    head: Head
    checked_at: datetime
    broken_at: int | None = None
    trouble: str = ""
