"""What exists and is not as declared, and what would mend it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reconciler.model.plan import Plan

MENDS: Mapping[str, str] = {
    "change-policy": "vm-policy",
    "resume": "stopped",
    "undelete": "deleted",
    "update-policy": "policy",
    "update-vault": "vault",
}
"""The actions on what exists and differs, and the kind of drift that each of them mends."""
_REPORTED = {"policy-drift": "vm-policy", "protection-drift": "stopped"}


@dataclass(frozen=True, slots=True)
class Drift:
    """`subject` is an ARM id. `corrected` is false where it is reported only, or where a guard holds the step."""

    kind: str
    vault: str
    subject: str
    corrected: bool


def drifts(plan: Plan) -> Iterator[Drift]:
    """All of a plan; what is only missing is no drift."""
    for step in plan.steps:
        if step.action in MENDS:
            yield Drift(MENDS[step.action], step.vault, step.subject.id, corrected=True)
    for held in plan.held:
        if held.step.action in MENDS:
            yield Drift(MENDS[held.step.action], held.step.vault, held.step.subject.id, corrected=False)
    for finding in plan.findings:
        if finding.code in _REPORTED:
            for subject in finding.subjects:
                yield Drift(_REPORTED[finding.code], finding.vault, subject, corrected=False)
