"""One run's surroundings: everything it may use, handed in from outside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from reconciler.diagnostics.catalog import Catalog
from reconciler.engine.ports import Clock, Journal, Progress, Writer
from reconciler.model.journal import FREE, Fence, JournalError, Mandate

Halt = Fence | JournalError
"""What a run met and cannot get past."""


@dataclass(frozen=True, slots=True)
class Run:
    """`timeout` is in seconds and bounds the following of one operation; `parallelism` bounds requests in flight.

    `stop_requested` gives the reason from outside why nothing more may be sent, or None. `new_id` makes a correlation
    id. `chance` draws from [0, 1). `patience` is for how many seconds a step waits for what others do to its subject.
    `mandate` is under what it writes.
    """

    id: str
    writer: Writer
    journal: Journal
    clock: Clock
    progress: Progress
    catalog: Catalog
    stop_requested: Callable[[], str | None]
    new_id: Callable[[], str]
    parallelism: int
    timeout: float
    chance: Callable[[], float]
    patience: float = 0.0
    mandate: Mandate = FREE
    halts: list[Halt] = field(default_factory=list)

    def halt(self, why: Halt) -> None:
        """Send nothing more: what is under way is followed to its end."""
        self.halts.append(why)

    @property
    def halted(self) -> Halt | None:
        """What it met first and could not get past."""
        return self.halts[0] if self.halts else None

    def at_turn(self, turn: int) -> Run:
        """The same run, with its place in the order of runs."""
        return replace(self, mandate=replace(self.mandate, turn=turn))

    def looking(self) -> Run:
        """The same run, about to look: of what others send from now on it will not know."""
        return replace(self, mandate=replace(self.mandate, seen=self.journal.head().entries))

    def stop(self) -> str | None:
        """Why nothing more may be sent, or None. To be asked before each request that changes something."""
        return str(self.halts[0]) if self.halts else self.stop_requested()
