"""What earlier runs met, asked before a request is sent and after it failed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from reconciler.diagnostics.catalog import Judged
from reconciler.engine.facts import against, circumstances, decides, in_nobodys_way
from reconciler.engine.retries import again, ruling
from reconciler.engine.run import Run
from reconciler.engine.verdict import matched
from reconciler.model.attempts import Attempts, Circumstances
from reconciler.model.ids import fold
from reconciler.model.limits import Limits
from reconciler.model.observed import Observed
from reconciler.model.outcome import AzureError, Failed, Outcome, Retry
from reconciler.model.plan import Basis, Plan, Step


class Memory:
    """Of one run: the failures in the journal, against what its plan and its observation show."""

    def __init__(
        self, run: Run, plan: Plan, observed: Observed | None, limits: Mapping[str, Limits], *, insist: bool = False
    ) -> None:
        """Without an observation nothing is known to be unchanged, so nothing is held back. `limits` are by vault.

        With `insist` nothing is held back either: somebody named the VMs, and may know what cannot be seen from here.
        """
        self._limits = limits
        self._insist = insist
        self._run = run
        self._observed = observed
        self._failures: defaultdict[str, dict[str, Attempts]] = defaultdict(dict)
        for failure in run.journal.failures():
            self._failures[failure.step_id].pop(failure.code, None)
            self._failures[failure.step_id][failure.code] = failure
        self._foreseen = _by_facts(plan)
        self._started: Mapping[str, list[Step]] = _after_a_start(plan)
        self._awaiting = {step.id for steps in self._started.values() for step in steps}

    def circumstances(self, step: Step) -> Circumstances | None:
        if self._observed is None:
            return None
        return circumstances(step, self._observed, started=step.id in self._awaiting)

    def obstacle(self, step: Step) -> Retry | Failed | None:
        """Why the step is not sent now; a VM is not started for what would not be sent either."""
        found = (self._obstacle(one) for one in (step, *self._started.get(step.id, ())))
        return next((outcome for outcome in found if outcome is not None), None)

    def ruling(self, step: Step, error: AzureError) -> Retry | Failed:
        """What a refusal of the step means: its row, the row's rule, and how often that has happened."""
        judged = self._judged(step, step.action, error)
        row = judged.row
        now = self.circumstances(step)
        past = self._failures.get(step.id, {}).get(row.id)
        same = past is not None and past.circumstances == now
        seen = now is None or decides(row.retry.fact, now.facts)
        times = past.times + 1 if past is not None and same else 1
        ruled = ruling(row.id, row.retry, times, self._run.chance(), error, seen=seen)
        return replace(ruled, or_else=judged.or_else)

    def blame(self, start: Step, culprit: Step, outcome: Outcome) -> None:
        """A VM was started in vain: remember why, so that it is not started again for the same."""
        self._run.journal.blame(self._run.id, start.id, culprit.action, outcome)

    def _obstacle(self, step: Step) -> Retry | Failed | None:
        past = list(self._failures.get(step.id, {}).values())
        now = self.circumstances(step)
        if not past or now is None or step.call.reads_only or self._insist:
            return None
        last = past[-1]
        row, or_else = self._run.catalog.rows.get(last.code), tuple[str, ...]()
        if last.error is not None and last.error.code:
            judged = self._judged(step, last.action, last.error)
            row, or_else = judged.row, judged.or_else
        if row is None or row.id != last.code:
            return None
        left = again(last, now, row.retry, self._run.clock.now())
        return replace(left, or_else=or_else) if left is not None else None

    def _judged(self, step: Step, action: str, error: AzureError) -> Judged:
        if self._observed is None:
            return matched(action, error, self._run.catalog)
        limits = self._limits.get(step.vault)
        facts = against(step, self._observed, limits)
        judged = matched(action, error, self._run.catalog, facts, in_nobodys_way(step, self._observed, limits))
        return judged.given(self._foreseen.get(fold(step.subject.id), ()))


def _by_facts(plan: Plan) -> Mapping[str, set[str]]:
    """The rows that observed facts foresee, by the folded ids of their subjects."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for finding in plan.findings:
        if finding.basis is not Basis.AZURE and not finding.azure:
            for subject in finding.subjects:
                found[fold(subject)].add(finding.code)
    return found


def _after_a_start(plan: Plan) -> Mapping[str, list[Step]]:
    """For each start of a VM, what it is started for."""
    starts = {step.id: step for step in plan.steps if step.put_back is not None}
    found: dict[str, list[Step]] = {step_id: [] for step_id in starts}
    for step in plan.steps:
        for dependence in step.depends_on:
            if dependence in found and step.subject == starts[dependence].subject:
                found[dependence].append(step)
    return found
