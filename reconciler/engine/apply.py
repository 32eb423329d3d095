"""Carry a plan out: every step to its outcome, none in the way of another."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.engine.lookout import Lookout
from reconciler.engine.memory import Memory
from reconciler.engine.run import Run
from reconciler.engine.schedule import Schedule
from reconciler.engine.send import Sender
from reconciler.model.limits import Limits
from reconciler.model.observed import Observed
from reconciler.model.outcome import Outcome, Skipped
from reconciler.model.plan import Plan, Step

FOLLOWED = 500
"""Steps under way at once: Azure works on them by itself, and each costs one look a minute."""


async def carry_out(
    plan: Plan,
    run: Run,
    *,
    busy: Mapping[str, str] | None = None,
    following: Mapping[str, str] | None = None,
    observed: Observed | None = None,
    limits: Mapping[str, Limits] | None = None,
    lookout: Lookout | None = None,
    insist: bool = False,
) -> Mapping[str, Outcome]:
    """What became of each step of the plan, by step id. Held steps are not sent, nor is what depends on them.

    `busy` maps the key of a subject on which something ran at the begin to the reason given for skipping its steps;
    `following` has those of them whose operation is followed beside this, and loses each when that has ended.
    `observed` is what the plan rests on: without it, and with `insist`, every failure is tried again. `limits` are
    those of each vault, by name. With a `lookout`, steps wait for a VM to be ready, and as long as the run has
    patience for a busy one.
    `Done` is Azure's word here; only the next observation makes it true.
    """
    held = {held.step.id for held in plan.held}
    schedule = Schedule([step for step in plan.steps if step.id not in held], FOLLOWED)
    memory = Memory(run, plan, observed, limits or {}, insist=insist)
    sender = Sender(run, memory, lookout, busy or {}, following or {})

    async def handle(step: Step) -> Outcome:
        return _told(run, step, await sender.do(step))

    async def blocked(step: Step) -> Outcome:
        return _told(run, step, schedule.obstacle(step) or Skipped(""))

    run.progress.phase("Applying", len(plan.steps))
    return await schedule.run(handle, blocked, sender.put_back)


def _told(run: Run, step: Step, outcome: Outcome) -> Outcome:
    run.progress.step(step, outcome)
    run.progress.advance()
    return outcome
