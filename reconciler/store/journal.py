"""The journal on SQLite: intents before requests, operations to resume, debts, and how much was seen last."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self, cast

from reconciler.model.attempts import Attempts, Circumstances
from reconciler.model.call import Call, Method
from reconciler.model.observed import Sizes
from reconciler.model.outcome import (
    AzureError,
    Failed,
    OpenOperation,
    Operation,
    Outcome,
    Pending,
    Retry,
    Skipped,
    word,
)
from reconciler.model.plan import Plan, Step
from reconciler.store.sql import queries
from reconciler.store.sqlite import explained, open_to_read, open_to_write, transaction

Value = str | float | None
Row = dict[str, Value]


class Journal:
    """Implements the engine's port of this name: every method is durable when it returns.

    `now` gives the time as aware UTC. Methods raise JournalError. Two processes may share one file.
    """

    def __init__(self, path: str, now: Callable[[], datetime], patience: float = 5.0) -> None:
        """`path` is a file, made with its folder if missing, or `:memory:`; `patience` is in seconds."""
        self._path = path
        self._now = now
        self._connection = open_to_write(path, patience)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the file back; safe to repeat."""
        self._connection.close()

    def begin(self, run: str, plan: Plan, revision: str | None) -> None:
        row: Row = {
            "id": run,
            "began_at": self._time(),
            "plan_digest": plan.digest,
            "config_digest": plan.config_digest,
        }
        with self._change() as connection:
            connection.execute(_SQL["begin_run"], row | {"revision": revision, "complete": int(plan.complete)})
            connection.executemany(_SQL["add_step"], [_step_row(run, step) for step in plan.steps])

    def intend(self, run: str, step: Step, correlation_id: str, circumstances: Circumstances | None = None) -> None:
        row: Row = {"run": run, "id": step.id, "correlation_id": correlation_id, "intended_at": self._time()}
        row |= {"wish": None, "facts": None}
        if circumstances is not None:
            row |= {"wish": circumstances.wish, "facts": json.dumps(circumstances.facts, sort_keys=True)}
        with self._change() as connection:
            connection.execute(_SQL["add_step"], _step_row(run, step))
            connection.execute(_SQL["intend"], row)

    def record(self, run: str, step_id: str, outcome: Outcome) -> None:
        row: Row = {"run": run, "id": step_id}
        with self._change() as connection:
            if isinstance(outcome, Pending):
                connection.execute(_SQL["record_pending"], row | _operation_row(outcome.operation))
            else:
                ended = row | _outcome_row(outcome) | {"ended_at": self._time()}
                connection.execute(_SQL["record_end"], ended)
                self._count(connection, ended, outcome)

    def blame(self, run: str, step_id: str, action: str, outcome: Outcome) -> None:
        with self._change() as connection:
            row = {"run": run, "id": step_id} | _outcome_row(outcome) | {"ended_at": self._time()}
            self._count(connection, row, outcome, action)

    def failures(self) -> Sequence[Attempts]:
        return [_attempts(row) for row in self._rows("failures")]

    def forget(self, step_ids: Iterable[str]) -> None:
        rows: list[Row] = [{"step_id": step_id} for step_id in step_ids]
        if rows:
            with self._change() as connection:
                connection.executemany(_SQL["forget"], rows)

    def _count(self, connection: sqlite3.Connection, row: Row, outcome: Outcome, action: str = "") -> None:
        if not isinstance(outcome, Retry | Failed):
            return
        after = outcome.after if isinstance(outcome, Retry) else 0.0
        due = (self._now() + timedelta(seconds=after)).isoformat(timespec="microseconds")
        if not action:
            found = connection.execute(_SQL["action_of"], row).fetchone()
            action = found[0] if found else ""
        connection.execute(_SQL["drop_stale_failures"], row)
        connection.execute(_SQL["add_failure"], row | {"due_at": due, "action": action})

    def owe(self, run: str, step: Step) -> None:
        if step.put_back is None:
            return
        row: Row = {"run": run, "step_id": step.id, "owed_at": self._time()}
        with self._change() as connection:
            connection.execute(_SQL["owe"], row | _call_row(step.put_back))

    def paid(self, run: str, step_id: str) -> None:
        row: Row = {"run": run, "step_id": step_id, "paid_at": self._time()}
        with self._change() as connection:
            connection.execute(_SQL["paid"], row)

    def debts(self) -> Sequence[tuple[str, str, Call]]:
        rows = self._rows("debts")
        return [(run, step_id, _call(*call)) for run, step_id, *call in rows]

    def open_operations(self) -> Sequence[OpenOperation]:
        return [_open_operation(row) for row in self._rows("open_operations")]

    def last_sizes(self, scope: str) -> Sizes | None:
        return next((Sizes(*row) for row in self._rows("last_sizes", scope=scope)), None)

    def remember_sizes(self, scope: str, sizes: Sizes) -> None:
        row: Row = {"scope": scope, "vms": sizes.vms, "items": sizes.items, "remembered_at": self._time()}
        with self._change() as connection:
            connection.execute(_SQL["remember_sizes"], row)

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        with explained(self._path), transaction(self._connection):
            yield self._connection

    def _rows(self, query: str, **values: Value) -> list[tuple[Any, ...]]:
        with explained(self._path):
            return self._connection.execute(_SQL[query], values).fetchall()

    def _time(self) -> str:
        return self._now().isoformat(timespec="microseconds")


class JournalReader:
    """What a dry run may know of the journal: it cannot write, makes no file, and a missing one is an empty one."""

    def __init__(self, path: str) -> None:
        self._path = path

    def last_sizes(self, scope: str) -> Sizes | None:
        """Of the last complete observation of this scope. Raises JournalError."""
        connection = open_to_read(self._path)
        if connection is None:
            return None
        try:
            with explained(self._path):
                row = connection.execute(_SQL["last_sizes"], {"scope": scope}).fetchone()
        finally:
            connection.close()
        return Sizes(*row) if row else None


_SQL = queries("queries.sql")


def _step_row(run: str, step: Step) -> Row:
    subject = step.subject
    row: Row = {"run": run, "id": step.id, "action": step.action, "vault": step.vault, "reason": step.reason}
    return row | {"subject_kind": str(subject.kind), "subject_name": subject.name, "subject_id": subject.id}


def _operation_row(operation: Operation) -> Row:
    after, vanishing = operation.retry_after, int(operation.vanishing)
    return {"url": operation.url, "kind": operation.kind, "after": after, "vanishing": vanishing}


def _open_operation(row: tuple[Any, ...]) -> OpenOperation:
    run, step_id, action, vault, subject_id, url, kind, after, vanishing = row
    operation = None if url is None else Operation(url, kind, after, vanishing=bool(vanishing))
    return OpenOperation(run, step_id, action, vault, subject_id, operation)


def _attempts(row: tuple[Any, ...]) -> Attempts:
    step_id, subject_id, action, code, times, wish, facts, failed_at, due_at, detail = row
    circumstances = Circumstances(wish, json.loads(facts))
    failed, due = datetime.fromisoformat(failed_at), datetime.fromisoformat(due_at)
    said = json.loads(detail)
    error = AzureError(**said) if said else None
    return Attempts(step_id, subject_id, action, code, times, circumstances, failed, due, error)


def _outcome_row(outcome: Outcome) -> Row:
    code: str | None = None
    detail: dict[str, Value] = {}
    match outcome:
        case Retry(code=found, error=error) | Failed(code=found, error=error):
            code = found
            if error is not None:
                detail = {"code": error.code, "message": error.message, "status": error.status, "number": error.number}
                detail["correlation_id"] = error.correlation_id
        case Skipped(because=because):
            detail = {"because": because}
        case _:
            pass
    return {"outcome": word(outcome), "code": code, "detail": json.dumps(detail, ensure_ascii=True, sort_keys=True)}


def _call_row(call: Call) -> Row:
    row: Row = {"method": call.method, "path": call.path, "api": call.api, "body": call.body}
    return row | {"query": json.dumps(call.query)}


def _call(method: str, path: str, api: str, body: str | None, query: str) -> Call:
    pairs = tuple((str(name), str(value)) for name, value in json.loads(query))
    return Call(cast(Method, method), path, api, body, pairs)
