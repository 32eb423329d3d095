"""The audit log: each entry carries the hash of the one before, so that a change, a cut or a swap shows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from reconciler.model.audit import AuditEntry, Chain, Event, Head
from reconciler.model.call import Call, Json
from reconciler.model.ids import fold
from reconciler.model.journal import Debt, Mandate
from reconciler.model.outcome import Answer, Done, Failed, Outcome, Pending, Refused, Retry, Skipped, Unsure, word
from reconciler.model.plan import Step
from reconciler.store.database import Row, Session
from reconciler.store.failures import UnusableJournalError

PUT_BACK = "put-back"
"""The action under which a request that pays a debt stands in the log."""
COLUMNS = (
    *("number", "at", "run", "step_id", "event", "action", "vault", "subject_name", "subject_id", "revision", "actor"),
    *("epoch", "method", "path", "api", "body", "before_state", "after_state", "correlation_id", "request_id"),
    *("outcome", "code", "previous", "hash"),
)
"""In the order of the statements; `hash` covers all before it."""
_PAGE = 1000
_END = 2**62
_LONGEST_NAME = 200


def hash_of(values: Sequence[Any]) -> str:
    """Of the columns of an entry but the last, as they are kept: the SHA-256 of their JSON array."""
    text = json.dumps(list(values), ensure_ascii=True, separators=(",", ":"))
    return f"sha256:{sha256(text.encode()).hexdigest()}"


def append(session: Session, row: Mapping[str, Any]) -> None:
    """Add an entry that lacks number, `previous` and `hash`; the caller's transaction makes it durable."""
    [(entries, last)] = session.run("audit_head")
    whole = {**row, "number": entries + 1, "previous": last}
    whole["hash"] = hash_of([whole[name] for name in COLUMNS[:-1]])
    session.run("add_entry", whole)
    session.run("move_head", {"number": whole["number"], "hash": whole["hash"]})


def intended(run: str, step: Step, correlation_id: str, mandate: Mandate) -> Row:
    """What the log holds of a request that is about to be sent; `at` and `actor` are the journal's to add."""
    subject = {"vault": step.vault, "subject_name": step.subject.name, "subject_id": step.subject.id}
    states = {"before_state": _json(step.before), "after_state": _json(step.after)}
    return _request(run, step.id, step.action, step.call, correlation_id, mandate) | subject | states


def intended_put_back(run: str, debt: Debt, correlation_id: str, mandate: Mandate) -> Row:
    """The same of a request that pays a debt; its subject is the journal's to add."""
    states = {"before_state": "{}", "after_state": "{}"}
    return _request(run, debt.step_id, PUT_BACK, debt.call, correlation_id, mandate) | states


def told(session: Session, run: str, step_id: str, action: str, outcome: Outcome | Answer) -> Row | None:
    """What became of the request that was intended last; None when the log knows of none."""
    found = session.run("last_entry", {"run": run, "step_id": step_id, "action": action})
    if not found:
        return None
    row: Row = dict(zip(COLUMNS, found[0], strict=True))
    event = Event.ACCEPTED if isinstance(outcome, Pending) else Event.ENDED
    said, code = _said(outcome)
    return row | {"event": event, "request_id": _safe(_request_id(outcome)), "outcome": said, "code": _safe(code)}


def head(session: Session) -> Head:
    return next((Head(*row) for row in session.run("audit_head")), Head())


def page(
    session: Session, before: int | None, limit: int, vault: str | None, subject: str | None, run: str | None
) -> list[AuditEntry]:
    """Newest first. Raises UnusableJournalError when an entry cannot be read any more."""
    row: Row = {"before": _END if before is None else before, "limit": limit}
    row |= {"vault": vault or "", "subject": fold(subject or ""), "run": run or ""}
    return [entry(found) for found in session.run("page", row)]


def check(session: Session, now: datetime, visit: Callable[[AuditEntry], None] | None = None) -> Chain:
    """Go through the whole log: whole, or where it is broken first. `visit` is shown each entry before that."""
    end = head(session)
    number, last = 0, ""
    for row in _rows(session):
        trouble = _trouble(row, number + 1, last)
        if trouble:
            return Chain(end, now, number + 1, trouble)
        number, last = number + 1, row[-1]
        if visit is not None:
            visit(entry(row))
    if (number, last) == (end.entries, end.hash):
        return Chain(end, now)
    if number < end.entries:
        return Chain(end, now, number + 1, f"it is missing, and all after it: {end.entries} were written")
    return Chain(end, now, end.entries + 1, f"the log is said to end with entry {end.entries}, and does not")


def entry(row: Sequence[Any]) -> AuditEntry:
    """A row as a value. Raises UnusableJournalError for one that was damaged."""
    values = dict(zip(COLUMNS, row, strict=True))
    try:
        values["at"] = datetime.fromisoformat(values["at"])
        values["event"] = Event(values["event"])
        values["before"] = json.loads(values.pop("before_state"))
        values["after"] = json.loads(values.pop("after_state"))
    except ValueError as error:
        raise UnusableJournalError(f"entry {row[0]} of the audit log is damaged: run `reconcile log`") from error
    return AuditEntry(**values)


def _rows(session: Session) -> Iterator[tuple[Any, ...]]:
    after = -_END
    while rows := session.run("stretch", {"after": after, "limit": _PAGE}):
        yield from rows
        after = rows[-1][0]


def _trouble(row: tuple[Any, ...], number: int, last: str) -> str:
    if row[0] != number:
        return f"it is missing: the next one is number {row[0]}"
    if row[-2] != last:
        return "it does not follow from the one before"
    return "" if row[-1] == hash_of(row[:-1]) else "it was changed after it was written"


def _request(run: str, step_id: str, action: str, call: Call, correlation_id: str, mandate: Mandate) -> Row:
    row: Row = {"run": run, "step_id": step_id, "event": Event.INTENDED, "action": action}
    row |= {"revision": mandate.revision, "epoch": mandate.epoch, "correlation_id": correlation_id}
    row |= {"method": call.method, "path": _address(call), "api": call.api, "body": call.body}
    return row | {"request_id": "", "outcome": "", "code": ""}


def _address(call: Call) -> str:
    query = "&".join(f"{name}={value}" for name, value in call.query)
    return f"{call.path}?{query}" if query else call.path


def _said(outcome: Outcome | Answer) -> tuple[str, str]:
    """The word of the outcome, and the code that goes with it: a row of the table, or Azure's own."""
    match outcome:
        case Refused(error=error):
            return "failed", error.code
        case Unsure():
            return "retry", "unknown-outcome"
        case Retry(code=code) | Failed(code=code) | Skipped(because=code):
            return word(outcome), code
        case _:
            return word(outcome), ""


def _request_id(outcome: Outcome | Answer) -> str:
    match outcome:
        case Done(request_id=request_id) | Pending(request_id=request_id):
            return request_id
        case Refused(error=error):
            return error.request_id
        case Retry(error=error) | Failed(error=error) if error is not None:
            return error.request_id
        case _:
            return ""


def _safe(foreign: str) -> str:
    """What Azure, or whoever answers in its place, calls something, as every database can keep it."""
    text = foreign[:_LONGEST_NAME].encode("ascii", "backslashreplace").decode()
    return text.replace("\0", "\\x00")


def _json(state: Mapping[str, Json]) -> str:
    return json.dumps(state, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
