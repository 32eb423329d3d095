"""Close a run: what Azure said of each step against what the next observation shows."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.engine.verdict import NOT_VERIFIED, UNKNOWN_OUTCOME
from reconciler.model.ids import fold
from reconciler.model.observed import Observed, ObservedVault
from reconciler.model.outcome import Done, Failed, Outcome, Pending, Retry, Skipped
from reconciler.model.plan import Plan, Step, SubjectKind

UNSEEN_SECONDS = 60.0
"""Until something that could not be verified is looked at again."""
_PROTECTING = frozenset({"protect", "change-policy", "resume"})


def close(plan: Plan, outcomes: Mapping[str, Outcome], after: Plan, observed: Observed) -> Mapping[str, Outcome]:
    """The final outcome of each step: done is what the observation after the run shows, whatever Azure said."""
    wanted = {step.id for step in after.steps} | {held.step.id for held in after.held}
    steps = {step.id: step for step in plan.steps}
    return {
        step_id: _final(steps[step_id], outcome, wanted=step_id in wanted, observed=observed)
        for step_id, outcome in outcomes.items()
    }


def _final(step: Step, outcome: Outcome, *, wanted: bool, observed: Observed) -> Outcome:
    if isinstance(outcome, Skipped | Pending) or step.call.reads_only or step.put_back is not None:
        return outcome
    if not wanted and shows(step, observed):
        return outcome if isinstance(outcome, Done) else Done()
    match outcome:
        case Done() if _seen(step, observed):
            return Failed(NOT_VERIFIED, None, "Azure reported success, and the vault does not show it")
        case Done():
            return Retry(UNKNOWN_OUTCOME, UNSEEN_SECONDS)
        case _:
            return outcome


def _seen(step: Step, observed: Observed) -> bool:
    """Whether all that concerns the step's vault could be read."""
    return step.vault in observed.vaults and not any(gap.vault in {None, step.vault} for gap in observed.gaps)


def shows(step: Step, observed: Observed) -> bool:
    """Whether a complete look at the vault shows the state that the step leads to."""
    if not _seen(step, observed):
        return False
    vault = observed.vaults[step.vault]
    match step.subject.kind:
        case SubjectKind.VM:
            return _shows_vm(step.action, fold(step.subject.id), vault)
        case SubjectKind.POLICY:
            return any(fold(policy.id) == fold(step.subject.id) for policy in vault.policies.values())
        case _:
            return vault.exists


def _shows_vm(action: str, key: str, vault: ObservedVault) -> bool:
    item = vault.items.get(key)
    if action in _PROTECTING:
        return item is not None and item.protected
    match action:
        case "stop":
            return item is not None and item.stopped
        case "undelete":
            return item is not None and not item.soft_deleted
        case "register":
            return key in vault.registered or item is not None
        case _:
            return True
