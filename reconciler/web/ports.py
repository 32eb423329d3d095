"""What the page needs of the daemon, as Protocols; `watch` gives it the adapters."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from reconciler.model.audit import AuditEntry
from reconciler.model.board import Board
from reconciler.model.observed import VmKey


class Boards(Protocol):
    """The current board, and each new one."""

    def board(self) -> Board:
        """What is known now; never blocks."""
        ...

    def changes(self) -> AsyncIterator[Board]:
        """The current board at once, then each newer one; who reads slowly misses those in between."""
        ...


class Audit(Protocol):
    """The record of every write, newest first."""

    def entries(self, *, before: int | None = None, limit: int = 100, subject: str = "") -> Sequence[AuditEntry]:
        """Up to `limit` entries with a number below `before`; `subject` is the ARM id of a VM, in any spelling."""
        ...


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of a VM's timeline. `kind` is an action, `job` or `recovery-point`; `code` a row of the table."""

    at: datetime
    kind: str
    text: str
    outcome: str = ""
    code: str = ""
    consistency: str = ""


@dataclass(frozen=True, slots=True)
class Daemon:
    """All that the page may ask for. `trace` says, in lines, why a VM has the policy that it has."""

    boards: Boards
    audit: Audit | None = None
    timeline: Callable[[VmKey], Sequence[Moment]] | None = None
    trace: Callable[[VmKey], Sequence[str]] | None = None
