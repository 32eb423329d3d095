"""What failed in an apply, equal failures folded, and the findings that these do not tell already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from reconciler.model.ids import fold
from reconciler.model.outcome import Failed, Outcome, Retry, word
from reconciler.model.plan import Finding, Plan, Step


@dataclass(frozen=True, slots=True)
class Failure:
    """Steps of one action that failed for one reason, and what the findings say about their subjects."""

    steps: tuple[Step, ...]
    outcomes: tuple[Failed | Retry, ...]
    findings: tuple[Finding, ...] = ()

    @property
    def code(self) -> str:
        return self.outcomes[0].code

    @property
    def or_else(self) -> tuple[str, ...]:
        """What Azure's error can mean instead; of a step that was not sent, as the finding about it says."""
        first = self.outcomes[0]
        return first.or_else if first.error is not None or not self.findings else self.findings[0].or_else


def failures(plan: Plan, outcomes: Mapping[str, Outcome], *, full: bool) -> list[Failure]:
    """What failed before what is to be retried, most of one kind first; equal ones folded unless `full`."""
    alike: dict[object, list[tuple[Step, Failed | Retry]]] = {}
    for step in plan.steps:
        outcome = outcomes.get(step.id)
        if isinstance(outcome, Failed | Retry):
            key = step.id if full else (step.action, outcome.code, outcome.or_else, word(outcome))
            alike.setdefault(key, []).append((step, outcome))
    found = []
    for same in alike.values():
        code = same[0][1].code
        subjects = {fold(step.subject.id) for step, _ in same}
        about = (one for one in plan.findings if one.code == code and subjects & set(map(fold, one.subjects)))
        found.append(Failure(tuple(one for one, _ in same), tuple(one for _, one in same), tuple(about)))
    return sorted(found, key=lambda one: (word(one.outcomes[0]), -len(one.steps), one.code, one.steps[0].id))


def untold(plan: Plan, told: Sequence[Failure]) -> list[Finding]:
    """The findings that no failure tells already; of one about several VMs, what is left of it."""
    pairs = {(one.code, fold(step.subject.id)) for one in told for step in one.steps}
    left = []
    for finding in plan.findings:
        subjects = tuple(one for one in finding.subjects if (finding.code, fold(one)) not in pairs)
        if subjects or not finding.subjects:
            left.append(finding if subjects == finding.subjects else replace(finding, subjects=subjects))
    return left
