"""Equal changes folded into one entry, so that a plan for a thousand VMs still fits a screen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reconciler.diagnostics.as_json import NOT_REACHED
from reconciler.diagnostics.outcome_text import Causes, brief, rank
from reconciler.diagnostics.plan_words import lifecycle_place, reason_words
from reconciler.diagnostics.subject_names import count
from reconciler.model.call import Json, canonical
from reconciler.model.outcome import Done, Failed, Outcome, Retry, Skipped, word
from reconciler.model.plan import Plan, RecoveryPoints, Step, SubjectKind
from reconciler.model.state import Risk

_QUIET_KEYS = frozenset({"state", "power", "undiscovered", "discovered"})
"""What the action's own word says already."""

_COSTS = {
    RecoveryPoints.EXPIRES: "! older recovery points expire at the next cleanup",
    RecoveryPoints.UNKNOWN: "! effect on recovery points not known",
}


@dataclass(frozen=True, slots=True)
class Fold:
    """Steps of one group that read alike, in the order of their subjects' names."""

    steps: tuple[Step, ...]
    outcome: Outcome | None = None

    @property
    def first(self) -> Step:
        return self.steps[0]

    @property
    def names(self) -> tuple[str, ...]:
        """Without the vault that is said above already."""
        return tuple(step.subject.name.removeprefix(f"{step.vault}/") for step in self.steps)


@dataclass(frozen=True, slots=True)
class Group:
    """What is done under one policy of a vault; the policy is empty for what concerns the vault itself."""

    vault: str
    policy: str
    folds: tuple[Fold, ...]


def groups(plan: Plan, outcomes: Mapping[str, Outcome] | None, *, full: bool) -> list[Group]:
    """By vault, then policy; the vault's own steps come before those of its policies."""
    causes = Causes(plan.steps, outcomes or {})
    places: dict[tuple[str, str], list[Step]] = {}
    for step in plan.steps:
        places.setdefault((step.vault, _policy(step)), []).append(step)
    return [
        Group(vault, policy, tuple(_folds(steps, outcomes, causes, full=full)))
        for (vault, policy), steps in sorted(places.items())
    ]


def changes(step: Step, *, full: bool = False) -> list[str]:
    """`retention.daily: 30 → 14`, one a changed value; without `full` only what the action's word does not say."""
    old, new = dict(_flat(step.before)), dict(_flat(step.after))
    keys = sorted(key for key in old.keys() | new.keys() if old.get(key, "none") != new.get(key, "none"))
    keys = [key for key in keys if key not in _QUIET_KEYS]
    if not full:
        known = old if step.subject.kind is SubjectKind.VM else old.keys() | new.keys()
        keys = [key for key in keys if step.before and key in known]
    return [f"{key}: {old.get(key, 'none')} → {new.get(key, 'none')}" for key in keys]


def _policy(step: Step) -> str:
    return step.policy or (step.subject.name if step.subject.kind is SubjectKind.POLICY else "")


def _folds(steps: list[Step], outcomes: Mapping[str, Outcome] | None, causes: Causes, *, full: bool) -> Iterator[Fold]:
    became = {} if outcomes is None else {step.id: outcomes.get(step.id, NOT_REACHED) for step in steps}
    alike: dict[object, list[Step]] = {}
    for step in sorted(steps, key=lambda one: _place(one, became.get(one.id))):
        look = _look(step, became.get(step.id), causes)
        key = step.id if full else (step.action, step.reason, tuple(changes(step)), look)
        alike.setdefault(key, []).append(step)
    for same in alike.values():
        yield Fold(tuple(same), became.get(same[0].id))


def _place(step: Step, outcome: Outcome | None) -> tuple[int, str, int, str, str]:
    return lifecycle_place(step.action), step.action, rank(outcome), step.subject.name, step.id


def _look(step: Step, outcome: Outcome | None, causes: Causes) -> tuple[str, ...]:
    """What of an outcome a reader sees at the step; Azure's words are told elsewhere."""
    match outcome:
        case None:
            return ()
        case Retry(code) | Failed(code):
            return word(outcome), code
        case Skipped(because):
            return word(outcome), causes.of(step, because)
        case _:
            return (word(outcome),)


def _flat(value: Mapping[str, Json], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key in sorted(value):
        inner = value[key]
        if isinstance(inner, dict):
            yield from _flat(inner, f"{prefix}{key}.")
        elif isinstance(inner, list):
            yield f"{prefix}{key}", ", ".join(_plain(entry) for entry in inner) or "none"
        else:
            yield f"{prefix}{key}", _plain(inner)


def _plain(value: Json) -> str:
    if value is None:
        return "none"
    return value if isinstance(value, str) else canonical(value)


def said(fold: Fold, causes: Causes, *, full: bool) -> list[str]:
    """Why, or what became of it; what it costs; and with `full` which line asks for it."""
    step = fold.first
    place = f"({step.source})" if full and step.source.file else ""
    if fold.outcome is None:
        return [why(step), place, cost(step)]
    loss = cost(step) if isinstance(fold.outcome, Done) else ""
    return [brief(step, fold.outcome, len(fold.steps), causes), place, loss]


def cost(step: Step) -> str:
    """What a step takes away, or nothing."""
    if step.recovery_points in _COSTS:
        return _COSTS[step.recovery_points]
    return {Risk.PAUSING: "! backups pause", Risk.DESTRUCTIVE: "! recovery points may go"}.get(step.risk, "")


def why(step: Step) -> str:
    """Why it is there, where the action's word does not say it."""
    unknown = step.before.get("undiscovered")
    if step.action == "discover" and isinstance(unknown, int) and unknown:
        return f"does not know {count(unknown, SubjectKind.VM)} yet"
    change = changes(step) if step.subject.kind is SubjectKind.VM else []
    return change[0] if len(change) == 1 else reason_words(step.reason)
