"""The journal: intents before requests, operations to resume, debts, failures, and the record of every write."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self, TypeVar

import structlog

from reconciler.model.attempts import Attempts, Circumstances
from reconciler.model.audit import AuditEntry, Chain, Head
from reconciler.model.journal import FREE, Debt, Fence, Mandate
from reconciler.model.observed import Sizes
from reconciler.model.outcome import Answer, Failed, OpenOperation, Outcome, Pending, Retry
from reconciler.model.plan import Plan, Step
from reconciler.store import chain, rows
from reconciler.store.address import title
from reconciler.store.database import Row, Rows, Session, Value
from reconciler.store.fence import refusal
from reconciler.store.lease import JournalLease
from reconciler.store.open import open_to_read, open_to_write

T = TypeVar("T")

log = structlog.get_logger(__name__)


class Journal:
    """Implements the engine's ports Journal, Notebook and AuditLog: every method is durable when it returns.

    `now` gives the time as aware UTC. Methods raise JournalError. Several processes may share one journal.
    """

    def __init__(self, where: str, now: Callable[[], datetime], patience: float = 5.0, actor: str = "") -> None:
        """`where` is a file, made with its folder if missing, `:memory:`, or the address of a PostgreSQL database.

        `patience` is in seconds, for what others do to it; `actor` is whose writes these are, for the audit log.
        """
        self._now = now
        self._actor = actor
        self._database = open_to_write(where, patience)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the database back; safe to repeat."""
        self._database.close()

    def lease(self, holder: str, seconds: float, monotonic: Callable[[], float]) -> JournalLease:
        """The lease in this database, for a holder whose name no other process has."""
        return JournalLease(self._database, holder, seconds, self._now, monotonic)

    def enter(self, config_digest: str, vaults: Collection[str]) -> int:
        with self._database.change() as session:
            [(turn,)] = session.run("next_turn")
            fronts: list[Row] = [{"vault": v, "config_digest": config_digest, "turn": turn} for v in sorted(vaults)]
            session.run_each("lead", fronts)
        return int(turn)

    def begin(self, run: str, plan: Plan, revision: str | None) -> None:
        with self._database.change() as session:
            session.run("begin_run", rows.run_row(run, plan, revision) | {"began_at": self._time()})
            session.run_each("add_step", [rows.step_row(run, step) for step in plan.steps])

    def intend(
        self,
        run: str,
        step: Step,
        correlation_id: str,
        circumstances: Circumstances | None = None,
        mandate: Mandate = FREE,
    ) -> Fence | None:
        with self._database.change() as session:
            fence = refusal(session, run, step.vault, step.subject.id, mandate)
            if fence is not None:
                return fence
            at = self._time()
            row: Row = {"run": run, "id": step.id, "correlation_id": correlation_id, "intended_at": at}
            session.run("add_step", rows.step_row(run, step))
            session.run("intend", row | rows.circumstances_row(circumstances))
            entry = chain.intended(run, step, correlation_id, mandate)
            chain.append(session, entry | {"at": at, "actor": self._actor})
        return None

    def intend_put_back(self, run: str, debt: Debt, correlation_id: str, mandate: Mandate = FREE) -> Fence | None:
        with self._database.change() as session:
            vault, name, subject_id = _subject(session, debt)
            fence = refusal(session, run, vault, subject_id, mandate)
            if fence is not None:
                return fence
            entry = chain.intended_put_back(run, debt, correlation_id, mandate)
            entry |= {"vault": vault, "subject_name": name, "subject_id": subject_id}
            chain.append(session, entry | {"at": self._time(), "actor": self._actor})
        return None

    def record_put_back(self, run: str, step_id: str, answer: Answer) -> None:
        with self._database.change() as session:
            self._tell(session, run, step_id, chain.PUT_BACK, answer)

    def record(self, run: str, step_id: str, outcome: Outcome) -> None:
        row: Row = {"run": run, "id": step_id}
        with self._database.change() as session:
            if isinstance(outcome, Pending):
                session.run("record_pending", row | rows.operation_row(outcome.operation))
            else:
                ended = row | rows.outcome_row(outcome) | {"ended_at": self._time()}
                session.run("record_end", ended)
                self._count(session, ended, outcome)
            self._tell(session, run, step_id, _action(session, row), outcome)

    def blame(self, run: str, step_id: str, action: str, outcome: Outcome) -> None:
        with self._database.change() as session:
            row: Row = {"run": run, "id": step_id}
            self._count(session, row | rows.outcome_row(outcome) | {"ended_at": self._time()}, outcome, action)

    def failures(self) -> Sequence[Attempts]:
        return self._known("failures", rows.attempts)

    def forget(self, step_ids: Iterable[str]) -> None:
        forgotten: list[Row] = [{"step_id": step_id} for step_id in step_ids]
        if forgotten:
            with self._database.change() as session:
                session.run_each("forget", forgotten)

    def owe(self, run: str, step: Step) -> None:
        if step.put_back is None:
            return
        row: Row = {"run": run, "step_id": step.id, "owed_at": self._time()}
        with self._database.change() as session:
            session.run("owe", row | rows.call_row(step.put_back))

    def paid(self, run: str, step_id: str) -> None:
        with self._database.change() as session:
            session.run("paid", {"run": run, "step_id": step_id, "paid_at": self._time()})

    def cross_out(self, run: str, debt: Debt, mandate: Mandate = FREE) -> Fence | None:
        with self._database.change() as session:
            vault, _, subject_id = _subject(session, debt)
            fence = refusal(session, run, vault, subject_id, mandate)
            if fence is None:
                session.run("paid", {"run": debt.run, "step_id": debt.step_id, "paid_at": self._time()})
        return fence

    def debts(self) -> Sequence[Debt]:
        return self._known("debts", rows.debt)

    def open_operations(self) -> Sequence[OpenOperation]:
        return self._known("open_operations", rows.open_operation)

    def last_sizes(self, scope: str) -> Sizes | None:
        return next((Sizes(*row) for row in self._rows("last_sizes", scope=scope)), None)

    def remember_sizes(self, scope: str, sizes: Sizes) -> None:
        row: Row = {"scope": scope, "vms": sizes.vms, "items": sizes.items, "remembered_at": self._time()}
        with self._database.change() as session:
            session.run("remember_sizes", row)

    def audit(
        self,
        *,
        before: int | None = None,
        limit: int = 100,
        vault: str | None = None,
        subject: str | None = None,
        run: str | None = None,
    ) -> Sequence[AuditEntry]:
        with self._database.look() as session:
            return chain.page(session, before, limit, vault, subject, run)

    def head(self) -> Head:
        with self._database.look() as session:
            return chain.head(session)

    def note(self, name: str, text: str | None) -> None:
        with self._database.change() as session:
            if text is None:
                session.run("forget_note", {"name": name})
            else:
                session.run("note", {"name": name, "text": text, "noted_at": self._time()})

    def notes(self, prefix: str) -> Mapping[str, str]:
        return dict(self._rows("notes", prefix=prefix))

    def _count(self, session: Session, row: Row, outcome: Outcome, action: str = "") -> None:
        if not isinstance(outcome, Retry | Failed):
            return
        after = outcome.after if isinstance(outcome, Retry) else 0.0
        due = rows.time_text(self._now() + timedelta(seconds=after))
        session.run("drop_stale_failures", row)
        session.run("add_failure", row | {"due_at": due, "action": action or _action(session, row)})

    def _tell(self, session: Session, run: str, step_id: str, action: str, outcome: Outcome | Answer) -> None:
        entry = chain.told(session, run, step_id, action, outcome)
        if entry is not None:
            chain.append(session, entry | {"at": self._time(), "actor": self._actor})

    def _known(self, query: str, make: Callable[[tuple[Any, ...]], T]) -> list[T]:
        """What rows stand for. One that damage has made unreadable is passed over: all here may be lost."""
        found = []
        for row in self._rows(query):
            try:
                found.append(make(row))
            except (ValueError, TypeError) as error:
                log.warning("journal damaged", journal=self._database.title, what=query, error=str(error))
        return found

    def _rows(self, query: str, **values: Value) -> Rows:
        with self._database.look() as session:
            return session.run(query, values)

    def _time(self) -> str:
        return rows.time_text(self._now())


class JournalReader:
    """What may be known of the journal by who must not change it: a dry run, the page in its threads.

    It opens the journal for each question, cannot write, makes no file, and takes a missing one for an empty one.
    `title` names the journal, without a password.
    Methods raise JournalError.
    """

    def __init__(self, where: str) -> None:
        self.title = title(where)
        self._where = where

    def last_sizes(self, scope: str) -> Sizes | None:
        """Of the last complete observation of this scope."""
        with self._look() as session:
            return next((Sizes(*row) for row in session.run("last_sizes", {"scope": scope})), None) if session else None

    def notes(self, prefix: str) -> Mapping[str, str]:
        """Every text whose name begins so, by name."""
        with self._look() as session:
            found = session.run("notes", {"prefix": prefix}) if session else []
            return {str(name): str(text) for name, text in found}

    def audit(
        self,
        *,
        before: int | None = None,
        limit: int = 100,
        vault: str | None = None,
        subject: str | None = None,
        run: str | None = None,
    ) -> Sequence[AuditEntry]:
        """As that of the journal itself."""
        with self._look() as session:
            return chain.page(session, before, limit, vault, subject, run) if session else []

    def head(self) -> Head:
        with self._look() as session:
            return chain.head(session) if session else Head()

    def check(self, now: datetime, visit: Callable[[AuditEntry], None] | None = None) -> Chain:
        """Go through the whole audit log; `now` is aware. `visit` is shown each entry up to where it is broken."""
        with self._look() as session:
            return chain.check(session, now, visit) if session else Chain(Head(), now)

    @contextmanager
    def _look(self) -> Iterator[Session | None]:
        with open_to_read(self._where) as database:
            if database is None:
                yield None
                return
            with database.look() as session:
                yield session


def _subject(session: Session, debt: Debt) -> tuple[str, str, str]:
    """The vault, the name and the id of what a debt's step was about; empty texts where that is not known."""
    found = session.run("subject_of", {"run": debt.run, "id": debt.step_id})
    vault, name, subject_id = found[0] if found else ("", "", "")
    return str(vault), str(name), str(subject_id)


def _action(session: Session, row: Row) -> str:
    found = session.run("action_of", {"run": row["run"], "id": row["id"]})
    return str(found[0][0]) if found else ""
