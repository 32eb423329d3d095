"""The audit log of a journal, to read: beside its writer, on a read-only disk, from any thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from reconciler.model.audit import AuditEntry, Chain, Head
from reconciler.store import chain
from reconciler.store.address import title
from reconciler.store.open import open_to_read


class LogReader:
    """Implements the engine's port AuditLog; each call opens the journal for itself. A missing one is an empty one.

    Methods raise JournalError. `now` gives aware UTC.
    """

    def __init__(self, where: str, now: Callable[[], datetime]) -> None:
        self.title = title(where)
        self._where = where
        self._now = now

    def audit(
        self,
        *,
        before: int | None = None,
        limit: int = 100,
        vault: str | None = None,
        subject: str | None = None,
        run: str | None = None,
    ) -> Sequence[AuditEntry]:
        with open_to_read(self._where) as database:
            if database is None:
                return ()
            with database.look() as session:
                return chain.page(session, before, limit, vault, subject, run)

    def head(self) -> Head:
        with open_to_read(self._where) as database:
            if database is None:
                return Head()
            with database.look() as session:
                return chain.head(session)

    def check(self, visit: Callable[[AuditEntry], None] | None = None) -> Chain | None:
        """Go through the whole log; None where there is no journal.

        `visit` is shown each entry up to where the chain is broken, oldest first.
        """
        with open_to_read(self._where) as database:
            if database is None:
                return None
            with database.look() as session:
                return chain.check(session, self._now(), visit)
