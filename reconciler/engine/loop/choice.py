"""Which steps of a plan are sent now, and what is said of the others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import replace

from reconciler.engine.memory import Memory
from reconciler.engine.schedule import subject_key
from reconciler.engine.verdict import BUSY
from reconciler.model.outcome import Failed, Outcome, Skipped
from reconciler.model.plan import Plan, Step

_FOR_OTHERS = frozenset({"discover"})


def of_vault(plan: Plan, vault: str) -> Plan:
    """What of a plan of the estate is done in one vault."""
    steps = tuple(step for step in plan.steps if step.vault == vault)
    return replace(plan, steps=steps, held=tuple(held for held in plan.held if held.step.vault == vault))


def vault_of(step_id: str) -> str:
    """The vault that the id of a step names: `protect:rsv/rg/web-01`, `create-vault:rsv`."""
    return step_id.partition(":")[2].partition("/")[0]


def belongs(step_id: str, vault: str) -> bool:
    return vault_of(step_id) == vault


def obstacles(plan: Plan, memory: Memory, busy: Collection[str]) -> Mapping[str, Outcome]:
    """Why steps are not sent now, by their id: a rule of the table, a fact that forbids it, a running job."""
    found: dict[str, Outcome] = {}
    for step in plan.steps:
        remembered = None if step.call.reads_only else memory.obstacle(step)
        if subject_key(step.subject.id) in busy:
            found[step.id] = Skipped(BUSY)
        elif remembered is not None:
            found[step.id] = remembered
        elif step.call.reads_only and step.predicted:
            found[step.id] = Failed(step.predicted[0])
    return found


def sendable(plan: Plan, withheld: Collection[str], taken: Collection[str]) -> Plan:
    """The plan without what is withheld (step ids), what is under way (subjects), and what waits for either.

    Nor is a vault asked to look around, or a VM checked, for nothing but steps that are not sent.
    """
    out: dict[str, bool] = {}
    for step in plan.steps:  # in the order of dependence
        gone = step.id in withheld or subject_key(step.subject.id) in taken
        out[step.id] = gone or any(out.get(need, True) for need in step.depends_on)
    followers: defaultdict[str, list[Step]] = defaultdict(list)
    for step in plan.steps:
        for need in step.depends_on:
            followers[need].append(step)
    for step in reversed(plan.steps):
        prepares = step.call.reads_only or step.action in _FOR_OTHERS
        if prepares and followers[step.id] and all(out[one.id] for one in followers[step.id]):
            out[step.id] = True
    return replace(plan, steps=tuple(step for step in plan.steps if not out[step.id]))
