"""What a person should know: one entry a cause, worst first, and what became of steps that were tried in vain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from reconciler.diagnostics.as_json import finding_document, outcome_document
from reconciler.model.board import StepResult
from reconciler.model.call import Json
from reconciler.model.outcome import Failed, Retry
from reconciler.model.plan import Finding, Severity
from reconciler.web.paging import Part, part
from reconciler.web.query import Query
from reconciler.web.sight import Sight, cause_id

_SIZE = 20


@dataclass(frozen=True, slots=True)
class Trial:
    """Steps that ended alike when they were last tried; `outcome` is that of the newest, at `at`."""

    action: str
    code: str
    outcome: Failed | Retry
    at: datetime
    subjects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Findings:
    part: Part[Finding]
    severities: Mapping[Severity, int]
    trials: Sequence[Trial]

    def document(self) -> dict[str, Json]:
        return {
            "total": self.part.total,
            "page": self.part.number,
            "pages": self.part.pages,
            "findings": [{"cause": cause_id(one), **finding_document(one)} for one in self.part.rows],
            "failed": [_trial(one) for one in self.trials],
        }


def findings(sight: Sight, query: Query) -> Findings:
    severity, vault = query.choice("severity", tuple(Severity)), query.text("vault")
    found = [
        finding
        for finding in sight.findings
        if (not severity or finding.severity == severity) and (not vault or finding.vault == vault)
    ]
    counts = {severity: sum(one.severity is severity for one in sight.findings) for severity in Severity}
    return Findings(part(found, query.number("page", 1), _SIZE), counts, trials(sight))


def trials(sight: Sight) -> list[Trial]:
    """By action, row, and what it can be instead."""
    alike: dict[tuple[str, str, tuple[str, ...]], list[tuple[StepResult, Failed | Retry]]] = {}
    for result in sight.board.results.values():
        outcome = result.outcome
        if isinstance(outcome, Failed | Retry):
            alike.setdefault((result.step.action, outcome.code, outcome.or_else), []).append((result, outcome))
    made = []
    for (action, code, _), same in sorted(alike.items(), key=lambda one: one[0]):
        newest, outcome = max(same, key=lambda one: one[0].at)
        subjects = sorted(result.step.subject.id for result, _ in same)
        made.append(Trial(action, code, outcome, newest.at, tuple(subjects)))
    return made


def _trial(one: Trial) -> Json:
    return {"action": one.action, **outcome_document(one.outcome), "subjects": list(one.subjects)}
