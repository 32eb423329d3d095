"""The plan, and the result of an apply, as the JSON document of DESIGN 4: same input, same bytes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from reconciler import __version__
from reconciler.diagnostics.catalog import catalog
from reconciler.diagnostics.escape import json_text
from reconciler.diagnostics.plan_words import USUAL_QUIET, in_action_order, in_quiet_order, sorted_findings
from reconciler.model.call import Json
from reconciler.model.outcome import AzureError, Failed, Outcome, Retry, Skipped, word
from reconciler.model.plan import Finding, Held, Plan, Step
from reconciler.model.span import Span

FORMAT_VERSION = "1.0"
"""`major.minor`: a new key raises the minor, a key that goes or changes its meaning raises the major."""

NOT_REACHED = Skipped("the run ended before this step")
"""What became of a step that no outcome is known of."""


def plan_json(plan: Plan, *, cloud: str, outcomes: Mapping[str, Outcome] | None = None) -> str:
    """The document as text, ASCII only and with a newline at its end."""
    return json_text(plan_document(plan, cloud=cloud, outcomes=outcomes), indent=2) + "\n"


def plan_document(plan: Plan, *, cloud: str, outcomes: Mapping[str, Outcome] | None = None) -> dict[str, Json]:
    """The document as a value. With `outcomes` (by step id) it is the result of an apply."""
    return {
        "format_version": FORMAT_VERSION,
        "tool_version": __version__,
        "cloud": cloud,
        "taken_at": rfc3339(plan.taken_at),
        "complete": plan.complete,
        "digest": plan.digest,
        "config": {"digest": plan.config_digest, "revision": plan.revision, "files": plan.files},
        "steps": [step_document(step, outcomes) for step in plan.steps],
        "held": [held_document(held) for held in plan.held],
        "quiet": quiet_counts(plan),
        "findings": [finding_document(finding) for finding in sorted_findings(plan.findings)],
        "coverage": coverage_document(plan),
        "summary": action_counts(plan.steps),
    }


def rfc3339(moment: datetime) -> str:
    """UTC with a `Z`; whole seconds are written without a fraction."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def step_document(step: Step, outcomes: Mapping[str, Outcome] | None = None) -> dict[str, Json]:
    """One step. With `outcomes`, what became of it too."""
    document: dict[str, Json] = {
        "id": step.id,
        "action": step.action,
        "vault": step.vault,
        "subject": {"kind": step.subject.kind.value, "name": step.subject.name, "id": step.subject.id},
        "reason": step.reason,
        "source": source_document(step.source),
        "before": _sorted(step.before),
        "after": _sorted(step.after),
        "risk": step.risk.word,
        "recovery_points": step.recovery_points.value,
        "depends_on": _strings(step.depends_on),
        "predicted": _strings(step.predicted),
    }
    if outcomes is not None:
        document |= outcome_document(outcomes.get(step.id, NOT_REACHED))
    return document


def outcome_document(outcome: Outcome) -> dict[str, Json]:
    """`outcome`, and what belongs to it. `retry_after` is in seconds (`after` already says what a step leads to)."""
    document: dict[str, Json] = {"outcome": word(outcome)}
    match outcome:
        case Retry(code, after, error, message, or_else):
            document["code"] = code
            document |= _or_else(or_else)
            document["retry_after"] = after
            document |= {"message": message} if message else {}
            document |= _azure(error)
        case Failed(code, error, message, or_else):
            document["code"] = code
            document |= _or_else(or_else)
            if message:
                document["message"] = message
            document |= _azure(error)
        case Skipped(because):
            document["because"] = because
        case _:
            pass
    return document


def _or_else(ids: Sequence[str]) -> dict[str, Json]:
    return {"or_else": _strings(ids)} if ids else {}


def _azure(error: AzureError | None) -> dict[str, Json]:
    if error is None:
        return {}
    return {
        "azure": {
            "code": error.code,
            "message": error.message,
            "correlation_id": error.correlation_id,
            "status": error.status or None,
        }
    }


def held_document(held: Held) -> dict[str, Json]:
    return {"step": step_document(held.step), "guard": held.guard, "how": held.how}


def finding_document(finding: Finding) -> dict[str, Json]:
    """One finding; what its row of the table says is part of it."""
    row = catalog().row(finding.code)
    document: dict[str, Json] = {
        "code": finding.code,
        "severity": finding.severity.value,
        "title": row.title,
        "message": finding.message,
        "count": len(finding.subjects),
        "subjects": _strings(finding.subjects),
        "source": source_document(finding.source),
        "remedy": row.remedy,
        "who": row.who,
        "basis": finding.basis.value,
    }
    document |= _or_else(finding.or_else)
    if finding.azure:
        document["azure"] = [_instance(error) for error in finding.azure]
    return document


def _instance(error: AzureError) -> dict[str, Json]:
    """`number` is that of a job's error, null where there is none."""
    return {
        "code": error.code,
        "number": error.number or None,
        "message": error.message,
        "correlation_id": error.correlation_id,
    }


def coverage_document(plan: Plan) -> dict[str, Json]:
    coverage = plan.coverage
    return {
        "in_scope": coverage.in_scope,
        "protected": coverage.protected,
        "planned": coverage.planned,
        "exempt": coverage.exempt,
        "uncovered": _strings(sorted(coverage.uncovered)),
    }


def quiet_counts(plan: Plan) -> dict[str, Json]:
    """How many subjects need nothing, by reason; three reasons stand there even when nothing has them."""
    counts = Counter(quiet.because for quiet in plan.quiet)
    return {reason: counts[reason] for reason in in_quiet_order({*counts, *USUAL_QUIET})}


def action_counts(steps: Iterable[Step]) -> dict[str, Json]:
    counts = Counter(step.action for step in steps)
    return {action: counts[action] for action in in_action_order(counts)}


def source_document(span: Span) -> dict[str, Json]:
    """Empty for what no document made."""
    return {"file": span.file, "line": span.line, "column": span.column} if span.file else {}


def _strings(texts: Sequence[str]) -> list[Json]:
    return list(texts)


def _sorted(value: Mapping[str, Json]) -> dict[str, Json]:
    return {key: _ordered(value[key]) for key in sorted(value)}


def _ordered(value: Json) -> Json:
    if isinstance(value, dict):
        return _sorted(value)
    if isinstance(value, list):
        return [_ordered(entry) for entry in value]
    return value
