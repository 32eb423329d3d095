"""In which order steps run: after what they depend on, one at a time on a subject, so many at once."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from graphlib import TopologicalSorter

from reconciler.model.ids import fold
from reconciler.model.outcome import Done, Outcome, Skipped
from reconciler.model.plan import Step

Handler = Callable[[Step], Awaitable[Outcome]]
Finisher = Callable[[Step, Outcome], Awaitable[Outcome]]


def subject_key(arm_id: str) -> str:
    """The identity under which operations on one VM, policy or vault exclude each other."""
    return fold(arm_id)


class Schedule:
    """A graph of steps by `depends_on`. A dependence that is not among the steps is held, so it blocks."""

    def __init__(self, steps: Sequence[Step], width: int) -> None:
        """`width` bounds the steps under way, nearly all of which wait for Azure."""
        self._steps = {step.id: step for step in steps}
        self._dependents = _dependents(self._steps)
        self._width = asyncio.Semaphore(max(width, 1))
        self._alone: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._ended = {step_id: asyncio.Event() for step_id in self._steps}
        self._outcomes: dict[str, Outcome] = {}
        TopologicalSorter({step.id: step.depends_on for step in steps}).prepare()

    async def run(self, handle: Handler, blocked: Handler, finish: Finisher) -> Mapping[str, Outcome]:
        """The outcome of each step, in the order of the steps.

        `handle` does a step and must not raise; `blocked` is told of one that cannot run; `finish` comes when
        a step and everything that depends on it have ended, and has the last word on its outcome.
        """
        async with asyncio.TaskGroup() as tasks:
            for step in self._steps.values():
                tasks.create_task(self._life(step, handle, blocked, finish), name=step.id)
        return {step_id: self._outcomes[step_id] for step_id in self._steps}

    async def _life(self, step: Step, handle: Handler, blocked: Handler, finish: Finisher) -> None:
        await self._wait(dependence for dependence in step.depends_on if dependence in self._steps)
        if self.obstacle(step) is not None:
            outcome = await blocked(step)
        else:
            async with self._alone[subject_key(step.subject.id)], self._width:
                outcome = await handle(step)
        self._outcomes[step.id] = outcome
        self._ended[step.id].set()
        if step.put_back is not None:
            await self._wait(self._dependents[step.id])
            async with self._alone[subject_key(step.subject.id)], self._width:
                self._outcomes[step.id] = await finish(step, outcome)

    def obstacle(self, step: Step) -> Skipped | None:
        """The first dependence that did not get done, once all have ended."""
        stuck = (d for d in step.depends_on if not isinstance(self._outcomes.get(d), Done))
        return next((Skipped(dependence) for dependence in stuck), None)

    async def _wait(self, step_ids: Iterable[str]) -> None:
        for step_id in step_ids:
            await self._ended[step_id].wait()


def _dependents(steps: Mapping[str, Step]) -> Mapping[str, frozenset[str]]:
    """For each step all that depends on it, also through others."""
    direct: defaultdict[str, set[str]] = defaultdict(set)
    for step in steps.values():
        for dependence in step.depends_on:
            direct[dependence].add(step.id)
    return {step_id: _reach(step_id, direct) for step_id in steps if steps[step_id].put_back is not None}


def _reach(start: str, edges: Mapping[str, set[str]]) -> frozenset[str]:
    seen: set[str] = set()
    ahead = [start]
    while ahead:
        fresh = edges.get(ahead.pop(), set()) - seen
        seen |= fresh
        ahead.extend(fresh)
    return frozenset(seen)
