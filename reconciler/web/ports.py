"""What the page needs of the daemon, as Protocols; `watch` gives it the adapters."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from reconciler.model.audit import AuditEntry, Chain, Head
from reconciler.model.board import Board
from reconciler.model.observed import VmKey
from reconciler.model.outlook import Outlook
from reconciler.model.timeline import Timeline
from reconciler.model.trace import Trace


class Boards(Protocol):
    """The current board, and each new one."""

    def board(self) -> Board:
        """What is known now; never blocks."""
        ...

    def changes(self) -> AsyncIterator[Board]:
        """The current board at once, then each newer one; who reads slowly misses those in between.

        Asked for once by each listener, and closed when that one goes. Ends when the daemon does.
        """
        ...


class Audit(Protocol):
    """The record of every write, to read (`engine.ports.AuditLog`). Asked in a thread of its own: it may block."""

    def audit(
        self, *, before: int | None = None, limit: int = 100, vault: str | None = None, subject: str | None = None
    ) -> Sequence[AuditEntry]:
        """A page of entries, newest first, of those with a number below `before`; `subject` is a VM's ARM id."""
        ...

    def head(self) -> Head:
        """How many entries there are, and the hash of the last."""
        ...


class Insight(Protocol):
    """What can be worked out from a board: pure functions of the planner, asked in a thread."""

    def trace(self, board: Board, key: VmKey) -> Trace | None:
        """Why a VM is treated as it is; None for a VM that nothing knows."""
        ...

    def outlook(self, board: Board, vault: str, policy: str) -> Outlook | None:
        """When a policy backs up and what it keeps, as it is declared, else as the vault has it; None for neither."""
        ...


@dataclass(frozen=True, slots=True)
class Daemon:
    """All that the page may ask for; it says so where something is not there.

    `now` is the clock that boards are dated with, aware UTC. `chain` says when the audit log was last looked over, None
    for never. `timeline` takes the name of a vault and a VM in it. `manifest` gives the text of a file of the revision
    in force, named as spans name it; None for any other name.
    """

    boards: Boards
    now: Callable[[], datetime]
    insight: Insight | None = None
    audit: Audit | None = None
    chain: Callable[[], Chain | None] | None = None
    timeline: Callable[[str, VmKey], Awaitable[Timeline]] | None = None
    manifest: Callable[[str], str | None] | None = None
