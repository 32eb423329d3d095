"""What is under way in one vault: steps being carried out, and steps said to be done that were not yet seen so."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from reconciler.engine.close import close, shows
from reconciler.engine.reconcile import LAG
from reconciler.engine.retries import BUSY_SECONDS
from reconciler.engine.schedule import subject_key
from reconciler.engine.verdict import BUSY, NOT_VERIFIED
from reconciler.model.observed import Observed
from reconciler.model.outcome import Done, Failed, Outcome, Pending, Retry, Skipped
from reconciler.model.plan import Plan, Step

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Claim:
    """Azure's word that a step is done, at `at` on the clock's count; `looks` have not shown it."""

    run: str
    step: Step
    at: float
    looks: int = 0


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What a look has shown of earlier steps. `again` is in how many seconds it is worth another look, or None."""

    ended: Mapping[str, tuple[str, Step, Outcome]]
    """By step id: the run, the step, and what is now known of it."""
    again: float | None


class Works:
    """Of one vault. A pass starts work and does not wait for it; passes that come later find it taken.

    `ended` is told of each step as it ends, before anybody has seen its effect.
    """

    def __init__(self, ended: Callable[[Step, Outcome], None]) -> None:
        self._ended = ended
        self._going: dict[str, tuple[str, Step]] = {}
        self._claims: dict[str, _Claim] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._runs: set[str] = set()
        self._beside: Counter[str] = Counter()

    @property
    def taken(self) -> frozenset[str]:
        """The subjects on which something of ours is under way, or claimed to be done."""
        steps = [step for _, step in self._going.values()] + [claim.step for claim in self._claims.values()]
        return frozenset(subject_key(step.subject.id) for step in steps) | self._beside.keys()

    @property
    def runs(self) -> frozenset[str]:
        """The runs that are carried out now."""
        return frozenset(self._runs)

    def begin(self, run: str, plan: Plan, work: Coroutine[Any, Any, Mapping[str, Outcome]]) -> None:
        """Carry out the steps of `plan` in the background; each is reported by `step_ended`."""
        self._going |= {step.id: (run, step) for step in plan.steps}
        self._runs.add(run)
        self._spawn(self._carry(run, plan, work))

    def beside(self, subjects: Collection[str], work: Coroutine[Any, Any, object]) -> None:
        """Do in the background what an earlier process left to be done on these subjects."""
        self._beside.update(subjects)
        self._spawn(self._aside(subjects, work))

    def step_ended(self, step: Step, outcome: Outcome, at: float) -> None:
        """A step has ended as far as the engine can tell; `at` is on the clock's count."""
        run, _ = self._going.pop(step.id, ("", step))
        if isinstance(outcome, Done) and not step.call.reads_only and step.put_back is None:
            self._claims[step.id] = _Claim(run, step, at)
        self._ended(step, outcome)

    def judge(self, plan: Plan, observed: Observed, begun: float) -> Verdicts:
        """What a look that was begun at `begun` says of all that was claimed before."""
        ended: dict[str, tuple[str, Step, Outcome]] = {}
        again: list[float] = []
        for claim in [claim for claim in self._claims.values() if claim.at <= begun]:
            alone = Plan(plan.taken_at, plan.complete, "", None, 0, steps=(claim.step,))
            outcome = close(alone, {claim.step.id: Done()}, plan, observed)[claim.step.id]
            if isinstance(outcome, Retry):  # the vault could not be read: nobody knows
                again.append(outcome.after)
                continue
            if isinstance(outcome, Failed) and outcome.code == NOT_VERIFIED and claim.looks < len(LAG):
                again.append(LAG[claim.looks])
                claim.looks += 1
                continue
            del self._claims[claim.step.id]
            ended[claim.step.id] = claim.run, claim.step, outcome
        return Verdicts(ended, min(again, default=None))

    async def leave(self) -> None:
        """Wait for what was told to stop."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def abandon(self) -> None:
        """Stop at once; what was accepted stays open in the journal."""
        for task in self._tasks:
            task.cancel()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry(self, run: str, plan: Plan, work: Coroutine[Any, Any, object]) -> None:
        try:
            await work
        except Exception:
            log.exception("work broke", run=run)
        finally:
            self._runs.discard(run)
            for step in plan.steps:
                self._going.pop(step.id, None)

    async def _aside(self, subjects: Collection[str], work: Coroutine[Any, Any, object]) -> None:
        try:
            await work
        except Exception:
            log.exception("work broke", subjects=sorted(subjects))
        finally:
            self._beside.subtract(subjects)
            self._beside = +self._beside


def healed(step: Step, outcome: Outcome, plan: Plan, observed: Observed) -> bool:
    """Whether what failed is wanted no more, because the vault shows it done."""
    if isinstance(outcome, Done | Skipped | Pending):
        return False
    wanted = {one.id for one in plan.steps} | {held.step.id for held in plan.held}
    return step.id not in wanted and shows(step, observed)


def due_in(outcome: Outcome) -> float | None:
    """In how many seconds a step is worth trying again, None where nothing is to be tried."""
    match outcome:
        case Retry(after=after):
            return max(after, 1.0)
        case Skipped(because=because) if because == BUSY:
            return BUSY_SECONDS
        case _:
            return None
