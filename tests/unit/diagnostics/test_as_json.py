"""The plan document: complete, valid against its schema, the same bytes each time."""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from importlib import resources
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from reconciler.diagnostics.as_json import plan_document, plan_json, rfc3339
from reconciler.diagnostics.as_jsonl import Events, plan_lines
from reconciler.model.outcome import AzureError, Done
from reconciler.model.plan import Finding, Plan, Severity
from tests.unit.diagnostics.samples import DISCOVER, MOVE, NOTHING, OUTCOMES, PLAN, PROTECT, REGISTER, STOP, vm

SMALL = dataclasses.replace(PLAN, steps=(DISCOVER, PROTECT[0], MOVE), quiet=PLAN.quiet[-3:])
Same = Callable[[str, str], None]


@pytest.fixture(scope="module")
def schema() -> Draft202012Validator:
    text = resources.files("reconciler.diagnostics").joinpath("plan.schema.json").read_text(encoding="utf-8")
    Draft202012Validator.check_schema(json.loads(text))
    return Draft202012Validator(json.loads(text))


def outcome_of(step_id: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(plan_json(PLAN, cloud="embedded", outcomes=OUTCOMES))
    (found,) = [step for step in document["steps"] if step["id"] == step_id]
    return {
        key: found[key] for key in ("outcome", "code", "retry_after", "message", "because", "azure") if key in found
    }


def test_the_document(same_as: Same) -> None:
    same_as("plan.json", plan_json(SMALL, cloud="embedded"))


def test_the_lines(same_as: Same) -> None:
    same_as("plan.jsonl", "".join(plan_lines(SMALL, cloud="embedded")))


@pytest.mark.parametrize("plan", [PLAN, SMALL, NOTHING])
def test_the_documents_are_valid(schema: Draft202012Validator, plan: Plan) -> None:
    schema.validate(plan_document(plan, cloud="azure"))
    schema.validate(plan_document(plan, cloud="azure", outcomes=OUTCOMES))


def test_the_schema_can_fail(schema: Draft202012Validator) -> None:
    assert not schema.is_valid({**plan_document(PLAN, cloud="azure"), "surprise": 1})
    assert not schema.is_valid({**plan_document(PLAN, cloud="azure"), "format_version": "2.0"})


def test_the_same_plan_gives_the_same_bytes() -> None:
    shuffled = dataclasses.replace(PLAN, findings=tuple(reversed(PLAN.findings)), quiet=tuple(reversed(PLAN.quiet)))
    reordered = dataclasses.replace(
        shuffled, steps=tuple(dataclasses.replace(s, after=dict(reversed(list(s.after.items())))) for s in PLAN.steps)
    )
    assert plan_json(reordered, cloud="azure") == plan_json(PLAN, cloud="azure")


def test_what_became_of_each_step() -> None:
    assert outcome_of(DISCOVER.id) == {"outcome": "done"}
    assert outcome_of(REGISTER[11].id) == {"outcome": "pending"}
    assert outcome_of(REGISTER[8].id) == {
        "outcome": "failed",
        "code": "register-vm-not-running",
        "message": "The VM is not running.",
        "azure": {
            "code": "VMNotInRunningStateUserError",
            "message": "The VM is not running.",
            "correlation_id": "5f1c-offline",
            "status": None,
        },
    }
    retried = outcome_of(REGISTER[10].id)
    assert (retried["outcome"], retried["code"], retried["retry_after"]) == ("retry", "register-item-busy", 60.0)
    assert retried["azure"]["status"] == 409
    assert outcome_of(PROTECT[9].id) == {"outcome": "skipped", "because": REGISTER[9].id}
    assert outcome_of(STOP.id) == {"outcome": "failed", "code": "internal-error", "message": "KeyError in the engine"}


def test_a_step_never_reached_is_skipped() -> None:
    document = plan_document(SMALL, cloud="azure", outcomes={DISCOVER.id: Done()})
    steps = document["steps"]
    assert isinstance(steps, list)
    assert [step["outcome"] for step in steps if isinstance(step, dict)] == ["done", "skipped", "skipped"]


def test_a_moment_is_written_in_utc() -> None:
    assert rfc3339(datetime(2026, 11, 23, 23, 30, tzinfo=timezone(timedelta(hours=1)))) == "2026-11-23T22:30:00Z"


def test_hostile_names_are_escaped_in_lines() -> None:
    bad = dataclasses.replace(PROTECT[0], subject=vm("web\n::error::x\x1b[2J\u202e\u2028"))
    plan = dataclasses.replace(SMALL, steps=(bad,))
    for line in plan_lines(plan, cloud="azure"):
        assert line.count("\n") == 1
        assert line.isascii()
        json.loads(line)


def test_the_first_line_says_the_version_and_the_last_sums_up() -> None:
    lines = [json.loads(line) for line in plan_lines(PLAN, cloud="azure")]
    assert lines[0]["type"] == "version"
    assert lines[-1]["type"] == "summary"
    assert all({"@level", "@message", "@timestamp", "type"} <= set(line) for line in lines)


def test_events_of_an_apply() -> None:
    stream = io.StringIO()
    events = Events(stream, lambda: datetime(2026, 11, 23, 22, 1, tzinfo=UTC), "embedded")
    events.started(REGISTER[8])
    events.outcome(REGISTER[8], OUTCOMES[REGISTER[8].id])
    events.heartbeat("3 operations are running")
    events.plan(SMALL, "embedded", OUTCOMES)
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["type"] for line in lines[:4]] == ["version", "step_started", "step_outcome", "heartbeat"]
    assert lines[2]["@level"] == "error"
    assert lines[2]["code"] == "register-vm-not-running"
    assert [line["type"] for line in lines].count("version") == 1


def test_a_finding_carries_what_azure_said(schema: Draft202012Validator) -> None:
    said = tuple(AzureError("X", "no", number=number, correlation_id=f"id-{number}") for number in (0, 7))
    finding = Finding("backup-snapshot-timeout", Severity.ERROR, ("a", "b"), azure=said)
    document = json.loads(plan_json(dataclasses.replace(NOTHING, findings=(finding,)), cloud="azure"))
    schema.validate(document)
    [told] = document["findings"]
    assert told["count"] == 2
    assert told["azure"] == [
        {"code": "X", "number": None, "message": "no", "correlation_id": "id-0"},
        {"code": "X", "number": 7, "message": "no", "correlation_id": "id-7"},
    ]
