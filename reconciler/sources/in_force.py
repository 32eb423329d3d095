"""What was accepted last, and what is known of anything newer: the memory behind each source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Protocol

from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.model.board import Declared, Problem, Rejected, Rejection, Revision, SourceState
from reconciler.model.desired import Desired
from reconciler.model.plan import Severity

STAYS = "what was in force stays in force"
_MOST_PROBLEMS = 200
"""Of one rejected revision; nobody reads on after that."""


class Loaded(Protocol):
    """What loading manifests gives: `desired` is None when a diagnostic is an error."""

    @property
    def desired(self) -> Desired | None: ...

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]: ...


class Load(Protocol):
    """Name → bytes of every file to what they declare; `before` are mistakes already found. Never raises."""

    def __call__(
        self, contents: Mapping[str, bytes], *, today: date | None = None, before: Iterable[Diagnostic] = ()
    ) -> Loaded: ...


@dataclass(slots=True)
class InForce:
    """`title` names the source without credentials. Times are aware UTC."""

    title: str
    desired: Desired | None = None
    warnings: tuple[Problem, ...] = ()
    _state: SourceState = field(init=False)

    def __post_init__(self) -> None:
        self._state = SourceState(self.title)

    @property
    def revision(self) -> Revision | None:
        return self._state.in_force

    def declared(self) -> Declared:
        return Declared(self.desired, self._state, self.warnings)

    def accept(self, loaded: Loaded, revision: Revision, now: datetime, *, same: bool) -> None:
        """Put a revision that loads in force; where it is the `same` files, their value and its time are kept."""
        if loaded.desired is None:
            raise ValueError("only what loads can be put in force")
        same = same and self.desired is not None
        desired = replace(loaded.desired, revision=revision.id)
        self.desired = self.desired if same else desired
        self.warnings = problems(loaded.diagnostics)
        self._state = SourceState(
            self.title,
            in_force=replace(revision, digest=desired.digest),
            loaded_at=self._state.loaded_at if same else now,
            checked_at=now,
        )

    def reject(
        self, revision: Revision, because: Rejection, found: tuple[Problem, ...], how: str, now: datetime
    ) -> None:
        """Leave in force what is, and say what is wrong with the newer one; seen first when it was seen first."""
        before = self._state.rejected
        again = before is not None and (before.revision.id, before.because) == (revision.id, because)
        seen_at = before.seen_at if before is not None and again else now
        rejected = Rejected(revision, because, seen_at, found, how)
        self._state = replace(self._state, rejected=rejected, checked_at=now, trouble="", trouble_code="")

    def checked(self, now: datetime) -> None:
        """It was looked at, and nothing is new."""
        self._state = replace(self._state, checked_at=now, trouble="", trouble_code="")

    def trouble(self, text: str, code: str) -> None:
        """It could not be looked at; all that was known stays. `code` is a row of the table."""
        self._state = replace(self._state, trouble=text, trouble_code=code)


def problems(found: Iterable[Diagnostic]) -> tuple[Problem, ...]:
    """Diagnostics as the board holds them, errors first."""
    ordered = sorted(found, key=lambda one: one.severity is not Severity.ERROR)
    told = [Problem(one.code, one.message, one.span, one.help) for one in ordered[:_MOST_PROBLEMS]]
    if len(ordered) > _MOST_PROBLEMS:
        rest = len(ordered) - _MOST_PROBLEMS
        told[-1] = Problem(ordered[0].code, f"and {rest + 1} more mistakes", help="mend these first")
    return tuple(told)


def is_empty(found: Iterable[Diagnostic]) -> bool:
    """Whether nothing is wrong but that nothing is declared."""
    errors = [one.code for one in found if one.severity is Severity.ERROR]
    return bool(errors) and set(errors) == {"manifest-empty"}
