"""The lease: one row of the journal, and a clock of one's own to watch it by."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from reconciler.model.board import LeaseState, Role
from reconciler.store.database import Database, Session

MARGIN = 0.1
"""Share of the lease by which a standby waits longer than the holder trusts in it: clocks do not run alike."""


class JournalLease:
    """Implements the engine's port `Lease`, for one holder. Methods raise JournalError."""

    def __init__(
        self,
        database: Database,
        holder: str,
        seconds: float,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        """`holder` names this process and no other one. `now` serves only to tell people when the lease ends."""
        self._database = database
        self._holder = holder
        self._seconds = seconds
        self._now = now
        self._monotonic = monotonic
        self._ends: float | None = None
        self._mark: int | None = None
        self._seen = 0.0
        """When the mark was first seen as it is."""

    def take(self) -> LeaseState:
        asked = self._monotonic()
        with self._database.change() as session:
            state = self._take(session, asked)
        self._ends = asked + self._seconds if state.role is Role.LEADER else None
        return state

    def left(self) -> float:
        return 0.0 if self._ends is None else max(self._ends - self._monotonic(), 0.0)

    def give_back(self) -> None:
        self._ends = None
        with self._database.change() as session:
            session.run("give_back", {"holder": self._holder})

    def _take(self, session: Session, asked: float) -> LeaseState:
        [(holder, epoch, mark, seconds)] = session.run("lease")
        if mark != self._mark:
            self._mark, self._seen = mark, self._monotonic()
        over = self._seen + seconds * (1 + MARGIN) - self._monotonic()
        if holder == self._holder:
            session.run("renew", {"seconds": self._seconds})
        elif not holder or over <= 0:
            session.run("take", {"holder": self._holder, "seconds": self._seconds})
            epoch += 1
        else:
            return LeaseState(Role.STANDBY, holder, epoch, self._now() + timedelta(seconds=over))
        self._mark = None  # whoever is found to have it next is watched from then on
        ends = self._now() + timedelta(seconds=asked + self._seconds - self._monotonic())
        return LeaseState(Role.LEADER, self._holder, epoch, ends)
