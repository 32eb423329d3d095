"""A message to a person about their input: a code, a place, why, and what to do now."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.model.plan import Severity
from reconciler.model.span import NOWHERE, Span


@dataclass(frozen=True, slots=True)
class Note:
    """A second place that matters, e.g. where a duplicate stood first."""

    text: str
    span: Span = NOWHERE


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """`code` is a row of the table; `message` names names; `help` says what to write instead."""

    code: str
    message: str
    span: Span = NOWHERE
    help: str = ""
    notes: tuple[Note, ...] = ()
    severity: Severity = Severity.ERROR
