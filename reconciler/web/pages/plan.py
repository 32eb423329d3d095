"""What the next pass would do, what a guard holds back, and how each step went when it was last tried."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.diagnostics.as_json import held_document, outcome_document, step_document
from reconciler.diagnostics.plan_words import in_action_order, in_quiet_order
from reconciler.model.board import StepResult
from reconciler.model.call import Json
from reconciler.model.ids import fold
from reconciler.model.plan import Held, Step
from reconciler.model.plan import Plan as Planned
from reconciler.web.paging import Part, part
from reconciler.web.query import Query
from reconciler.web.sight import Sight

SHOWN = ("steps", "held", "drift")


@dataclass(frozen=True, slots=True)
class Plan:
    """`rows` are steps, each with what holds it back and what became of it last; counts are of the whole plan."""

    plan: Planned | None
    rows: Part[tuple[Step, Held | None, StepResult | None]]
    actions: Mapping[str, int]
    quiet: Mapping[str, int]
    held: int
    drift: int

    def document(self) -> dict[str, Json]:
        return {
            "digest": self.plan.digest if self.plan is not None else None,
            "complete": self.plan.complete if self.plan is not None else None,
            "summary": dict(self.actions),
            "quiet": dict(self.quiet),
            "total": self.rows.total,
            "page": self.rows.number,
            "pages": self.rows.pages,
            "steps": [_row(*row) for row in self.rows.rows],
        }


def plan(sight: Sight, query: Query) -> Plan:
    shown = query.choice("show", SHOWN, "steps")
    action, vault, words = query.text("action"), query.text("vault"), fold(query.text("q")).split()
    both = [row for row in _all(sight) if shown != "held" or row[1] is not None]
    rows = [
        (step, held, sight.board.results.get(step.id))
        for step, held in both
        if (shown != "drift" or (step.vault, fold(step.subject.id)) in sight.drifted)
        and (not action or step.action == action)
        and (not vault or step.vault == vault)
        and all(word in fold(step.subject.name) for word in words)
    ]
    actions = Counter(step.action for step in sight.steps)
    quiet = Counter(one.because for one in sight.board.plan.quiet) if sight.board.plan is not None else Counter[str]()
    return Plan(
        plan=sight.board.plan,
        rows=part(rows, query.number("page", 1)),
        actions={name: actions[name] for name in in_action_order(actions)},
        quiet={name: quiet[name] for name in in_quiet_order(quiet)},
        held=len(sight.held),
        drift=sum((step.vault, fold(step.subject.id)) in sight.drifted for step, _ in _all(sight)),
    )


def _all(sight: Sight) -> list[tuple[Step, Held | None]]:
    """Held steps first: they wait for somebody."""
    held: list[tuple[Step, Held | None]] = [(one.step, one) for one in sight.held]
    return held + [(step, None) for step in sight.steps]


def _row(step: Step, held: Held | None, result: StepResult | None) -> Json:
    document: dict[str, Json] = held_document(held) if held is not None else {"step": step_document(step)}
    return document | {"last": outcome_document(result.outcome) if result is not None else None}
