"""What exists and is not as declared, and what would mend it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.model.call import Json
from reconciler.model.drift import Drift
from reconciler.model.plan import Plan, Step

MENDS: Mapping[str, str] = {
    "change-policy": "vm-policy",
    "resume": "stopped",
    "undelete": "deleted",
    "update-policy": "policy",
    "update-vault": "vault",
}
"""The actions on what exists and differs, and the kind of drift that each of them mends."""
SUFFIX = "-canary"
"""Ends the name of the policy under which one VM gets the new rules of another policy before all do."""
_REPORTED = {"policy-drift": "vm-policy", "protection-drift": "stopped"}


def drifts(plan: Plan) -> Iterator[Drift]:
    """All of a plan, each subject once; what is only missing is no drift.

    A difference that a new revision asks for looks the same: what was in order before tells them apart.
    """
    seen: set[tuple[str, str]] = set()
    for drift in _all(plan):
        if (drift.vault, drift.subject) not in seen:
            seen.add((drift.vault, drift.subject))
            yield drift


def _all(plan: Plan) -> Iterator[Drift]:
    yield from (_of(step, corrected=True) for step in plan.steps if _is_drift(step))
    yield from (_of(held.step, corrected=False) for held in plan.held if _is_drift(held.step))
    for finding in plan.findings:
        if finding.code in _REPORTED:
            kind = _REPORTED[finding.code]
            for subject in finding.subjects:
                yield Drift(kind, finding.vault, subject, subject.rpartition("/")[2], finding.message, corrected=False)


def _is_drift(step: Step) -> bool:
    """A canary's ways there and back are our own doing."""
    policy = step.before.get("policy")
    back = isinstance(policy, str) and policy.endswith(SUFFIX)
    return step.action in MENDS and step.reason != "canary" and not (step.action == "change-policy" and back)


def _of(step: Step, *, corrected: bool) -> Drift:
    subject = step.subject
    return Drift(MENDS[step.action], step.vault, subject.id, subject.name, _difference(step), corrected)


def _difference(step: Step) -> str:
    """`policy is DefaultPolicy, declared daily-30d`: every fact that differs."""
    parts = [
        f"{name} is {_text(step.before[name])}, declared {_text(step.after.get(name))}"
        for name in sorted(step.before)
        if step.before[name] != step.after.get(name) and not (name == "state" and "policy" in step.before)
    ]
    return " · ".join(parts) or step.reason


def _text(value: Json) -> str:
    return "nothing" if value is None else str(value)
