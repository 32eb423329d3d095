"""How often a step was tried in vain, and what that rested on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from reconciler.model.outcome import AzureError

Facts = Mapping[str, str]
"""Observed facts by the names that the retry rules of the table use."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What an attempt rests on: `wish` is a digest of the request and what it waits for, `facts` are the observed ones.

    A failure is certain to happen again only while both stay the same.
    """

    wish: str
    facts: Facts


@dataclass(frozen=True, slots=True)
class Attempts:
    """What is remembered of a step that failed with `code`, `times` in a row. Times are aware UTC.

    `action` is the one that was refused: a VM's start answers for the registration that it was made for.
    """

    step_id: str
    subject_id: str
    action: str
    code: str
    times: int
    circumstances: Circumstances
    failed_at: datetime
    due_at: datetime
    error: AzureError | None = None
