"""What became of a step, in words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from reconciler.diagnostics.as_json import NOT_REACHED
from reconciler.diagnostics.plan_words import ACTION_ORDER
from reconciler.diagnostics.subject_names import count
from reconciler.model.outcome import Done, Failed, Outcome, Pending, Retry, Skipped, word
from reconciler.model.plan import Step, SubjectKind

STYLES = {"done": "green", "pending": "cyan", "retry": "yellow", "failed": "red", "skipped": "dim"}
_TALLY = {
    "done": "done",
    "pending": "still running",
    "retry": "to be retried",
    "failed": "failed",
    "skipped": "skipped",
}
_RANK = tuple(_TALLY)
_ENDED = {
    "done": "was not seen to be done",
    "pending": "is still running",
    "retry": "is to be retried",
    "failed": "failed",
    "skipped": "was skipped",
}
_TOWARDS_PROTECTION = frozenset({"undelete", "start-vm", "register", "protect", "resume"})
_STEP_ID = re.compile(f"({'|'.join(ACTION_ORDER)}):.+", re.DOTALL)


class Causes:
    """Why steps were skipped: what Azure or an earlier step did to them, told without step ids."""

    def __init__(self, steps: Sequence[Step], outcomes: Mapping[str, Outcome]) -> None:
        self._steps = {step.id: step for step in steps}
        self._outcomes = outcomes

    def of(self, step: Step, because: str, alike: int = 1) -> str:
        """`their register failed`, `create-policy daily-30d failed`, or the words that the run gave."""
        cause = self._steps.get(because)
        if cause is None:
            earlier = _STEP_ID.fullmatch(because)
            return f"an earlier {earlier[1]} has not ended" if earlier else because
        ended = _ENDED[word(self._outcomes.get(cause.id, NOT_REACHED))]
        if cause.id == step.id:
            return "not reached"
        if cause.subject.id == step.subject.id:
            return f"{'its' if alike == 1 else 'their'} {cause.action} {ended}"
        return f"{cause.action} {cause.subject.name.removeprefix(f'{cause.vault}/')} {ended}"


def tally(steps: Sequence[Step], outcomes: Mapping[str, Outcome]) -> str:
    """`8 steps done, 1 failed`; where nothing at all got done, which VMs that leaves without protection."""
    counts = Counter(word(outcomes.get(step.id, NOT_REACHED)) for step in steps)
    stuck = not counts["done"] and not counts["pending"] and counts["failed"] + counts["retry"]
    vms = [step for step in steps if step.subject.kind is SubjectKind.VM]
    if stuck and vms and all(step.action in _TOWARDS_PROTECTION for step in vms):
        left = count(len({step.subject.id for step in vms}), SubjectKind.VM)
        return f"nothing changed, {left} still cannot be protected"
    parts = [(counts[name], text) for name, text in _TALLY.items() if counts[name]]
    noun = "step" if parts[0][0] == 1 else "steps"
    return ", ".join(
        f"{number} {noun} {text}" if not place else f"{number} {text}" for place, (number, text) in enumerate(parts)
    )


def rank(outcome: Outcome | None) -> int:
    """Good news first."""
    return -1 if outcome is None else _RANK.index(word(outcome))


def brief(step: Step, outcome: Outcome, alike: int, causes: Causes) -> str:
    """The outcome on the step's own line; what more there is to a failure is told once, further down."""
    match outcome:
        case Done():
            return "done"
        case Pending():
            return "pending: Azure is still working on it"
        case Retry(code, after):
            return f"retry in {seconds(after)}  {code}"
        case Failed(code):
            return f"failed  {code}"
        case Skipped(because):
            return f"skipped: {causes.of(step, because, alike)}"


def seconds(number: float) -> str:
    """A duration as a person says it, rounded up to what matters."""
    if number < 90:
        return f"{max(round(number), 1)} s"
    minutes = -(-int(number) // 60)
    return f"{minutes} min" if minutes < 120 else f"{-(-minutes // 60)} h"
