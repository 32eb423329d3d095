"""Values of the model as rows of the journal, and back."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, cast

from reconciler.model.attempts import Attempts, Circumstances
from reconciler.model.call import Call, Method
from reconciler.model.journal import Debt
from reconciler.model.outcome import AzureError, Failed, OpenOperation, Operation, Outcome, Retry, Skipped, word
from reconciler.model.plan import Plan, Step
from reconciler.store.database import Row, Value


def time_text(moment: datetime) -> str:
    """As every time is kept: comparable as text."""
    return moment.isoformat(timespec="microseconds")


def _moment(text: str) -> datetime:
    """A time that was kept; raises ValueError for what is none, or has no zone: it compares with no other."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"no offset: {text!r}")
    return moment


def run_row(run: str, plan: Plan, revision: str | None) -> Row:
    row: Row = {"id": run, "plan_digest": plan.digest, "config_digest": plan.config_digest}
    return row | {"revision": revision, "complete": int(plan.complete)}


def step_row(run: str, step: Step) -> Row:
    subject = step.subject
    row: Row = {"run": run, "id": step.id, "action": step.action, "vault": step.vault, "reason": step.reason}
    return row | {"subject_kind": str(subject.kind), "subject_name": subject.name, "subject_id": subject.id}


def circumstances_row(circumstances: Circumstances | None) -> Row:
    if circumstances is None:
        return {"wish": None, "facts": None}
    return {"wish": circumstances.wish, "facts": json.dumps(circumstances.facts, sort_keys=True)}


def operation_row(operation: Operation) -> Row:
    after, vanishing = operation.retry_after, int(operation.vanishing)
    return {"url": operation.url, "kind": operation.kind, "after": after, "vanishing": vanishing}


def open_operation(row: tuple[Any, ...]) -> OpenOperation:
    run, step_id, action, vault, subject_id, intended_at, url, kind, after, vanishing = row
    operation = None if url is None else Operation(url, kind, after, vanishing=bool(vanishing))
    try:
        at = _moment(intended_at)
    except ValueError:
        # It may run all the same, and as long as it is open here nobody may send anything to its subject.
        at = None
    return OpenOperation(run, step_id, action, vault, subject_id, at, operation)


def attempts(row: tuple[Any, ...]) -> Attempts:
    step_id, subject_id, action, code, times, wish, facts, failed_at, due_at, detail = row
    circumstances = Circumstances(wish, json.loads(facts))
    failed, due = _moment(failed_at), _moment(due_at)
    said = json.loads(detail)
    error = AzureError(**said) if said else None
    return Attempts(step_id, subject_id, action, code, times, circumstances, failed, due, error)


def outcome_row(outcome: Outcome) -> Row:
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


def call_row(call: Call) -> Row:
    row: Row = {"method": call.method, "path": call.path, "api": call.api, "body": call.body}
    return row | {"query": json.dumps(call.query)}


def debt(row: tuple[Any, ...]) -> Debt:
    run, step_id, vault, method, path, api, body, query = row
    pairs = tuple((str(name), str(value)) for name, value in json.loads(query))
    return Debt(run, step_id, Call(cast(Method, method), path, api, body, pairs), vault)
