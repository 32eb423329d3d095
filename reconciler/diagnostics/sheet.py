"""What a run, a look or a check comes to, before anybody has chosen a format: every format for machines is made of it.

`plan_sheet`, `status_sheet` and `manifests_sheet` fill one; `as_markdown`, `as_github`, `as_azure_devops`, `as_sarif`
and `as_junit` print one. Texts are foreign and unescaped here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from reconciler.diagnostics.catalog import Row, catalog
from reconciler.diagnostics.diagnostic import Note
from reconciler.diagnostics.language import Language
from reconciler.model.outcome import AzureError
from reconciler.model.plan import Severity
from reconciler.model.span import NOWHERE, Span

SEVERITIES = tuple(Severity)
"""Worst first."""


class Kind(StrEnum):
    FINDING = "finding"
    HELD = "held"
    FAILED = "failed"
    RETRY = "retry"
    MISTAKE = "mistake"


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that a person is told. `code` is a row of the table, `message` says in sentences what is special here.

    `subjects` are ARM ids or names. `hint` says what to write or do in this case, beyond what the row says.
    """

    code: str
    severity: Severity
    message: str
    kind: Kind = Kind.FINDING
    subjects: tuple[str, ...] = ()
    span: Span = NOWHERE
    vault: str = ""
    hint: str = ""
    notes: tuple[Note, ...] = ()
    azure: tuple[AzureError, ...] = ()
    or_else: tuple[str, ...] = ()
    """Rows that `azure` can mean instead."""

    @property
    def row(self) -> Row:
        return catalog().row(self.code)


class Verdict(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    """Nobody can say, or nobody wants it to be otherwise: exempt, paused, not reached."""


@dataclass(frozen=True, slots=True)
class Case:
    """One VM, policy, file or check, and how it stands. `code` is the row or the reason behind what has not passed.

    `kind` is a word of ours; `said` are sentences.
    """

    suite: str
    kind: str
    name: str
    verdict: Verdict
    code: str = ""
    said: tuple[str, ...] = ()
    span: Span = NOWHERE


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of texts under heads, to be shown folded; empty cells are allowed."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """`kind` is a word by which a later sheet replaces an earlier one: plan, result, status or manifests.

    `facts` are sentences under their names. Notices are worst first. It is complete when all could be read.
    """

    kind: str
    title: str
    summary: str
    scope: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    notices: tuple[Notice, ...] = ()
    cases: tuple[Case, ...] = ()
    tables: tuple[Table, ...] = ()
    complete: bool = True
    taken_at: datetime | None = None
    language: Language = "en"

    def placed(self, rename: Callable[[str], str]) -> Sheet:
        """The sheet with the file names of all places changed: what a reader looks them up by is not what we read."""
        return replace(
            self,
            notices=tuple(
                replace(
                    one,
                    span=_renamed(one.span, rename),
                    notes=tuple(Note(note.text, _renamed(note.span, rename)) for note in one.notes),
                )
                for one in self.notices
            ),
            cases=tuple(replace(one, span=_renamed(one.span, rename)) for one in self.cases),
        )


def worst_first(notices: Iterable[Notice]) -> tuple[Notice, ...]:
    """By severity, else in the order given."""
    return tuple(sorted(notices, key=lambda one: SEVERITIES.index(one.severity)))


def counted(notices: Iterable[Notice]) -> dict[Severity, int]:
    """How many there are of each severity."""
    told = list(notices)
    return {severity: sum(one.severity is severity for one in told) for severity in SEVERITIES}


def _renamed(span: Span, rename: Callable[[str], str]) -> Span:
    return replace(span, file=rename(span.file)) if span.file else span
