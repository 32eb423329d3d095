"""Equal changes folded into one entry, so that a plan for a thousand VMs still fits a screen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from reconciler.diagnostics.plan_words import ACTION_ORDER, sorted_findings
from reconciler.model.call import Json, canonical
from reconciler.model.outcome import AzureError, Failed, Outcome, Retry, Skipped, word
from reconciler.model.plan import Finding, Plan, Step, SubjectKind

_QUIET_KEYS = frozenset({"state", "power", "undiscovered", "discovered"})
"""What the action's own word says already."""


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
        return tuple(step.subject.name for step in self.steps)


@dataclass(frozen=True, slots=True)
class FindingFold:
    """Findings with one code, severity, basis and vault."""

    findings: tuple[Finding, ...]

    @property
    def first(self) -> Finding:
        return self.findings[0]

    @property
    def subjects(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(subject for one in self.findings for subject in one.subjects))

    @property
    def messages(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one.message for one in self.findings if one.message))


@dataclass(frozen=True, slots=True)
class Group:
    """What is done under one policy of a vault; the policy is empty for what concerns the vault itself."""

    vault: str
    policy: str
    folds: tuple[Fold, ...]


def groups(plan: Plan, outcomes: Mapping[str, Outcome] | None, *, full: bool) -> list[Group]:
    """By vault, then policy; the vault's own steps come before those of its policies."""
    places: dict[tuple[str, str], list[Step]] = {}
    for step in plan.steps:
        places.setdefault((step.vault, _policy(step)), []).append(step)
    return [
        Group(vault, policy, tuple(_folds(steps, outcomes, full=full)))
        for (vault, policy), steps in sorted(places.items())
    ]


def merged_findings(findings: Iterable[Finding], *, full: bool) -> list[FindingFold]:
    """One entry for all findings of a code in a vault; with `full` each stands alone."""
    alike: dict[object, list[Finding]] = {}
    for place, one in enumerate(sorted_findings(findings)):
        key = place if full else (one.severity, one.code, one.vault, one.basis)
        alike.setdefault(key, []).append(one)
    return [FindingFold(tuple(same)) for same in alike.values()]


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


def _folds(steps: list[Step], outcomes: Mapping[str, Outcome] | None, *, full: bool) -> Iterator[Fold]:
    alike: dict[object, list[Step]] = {}
    for step in sorted(steps, key=_place):
        outcome = outcomes.get(step.id) if outcomes else None
        key = step.id if full else (step.action, step.reason, tuple(changes(step)), _look(outcome))
        alike.setdefault(key, []).append(step)
    for same in alike.values():
        yield Fold(tuple(same), outcomes.get(same[0].id) if outcomes else None)


def _place(step: Step) -> tuple[int, str, str]:
    order = ACTION_ORDER.index(step.action) if step.action in ACTION_ORDER else len(ACTION_ORDER)
    return order, step.subject.name, step.id


def _look(outcome: Outcome | None) -> tuple[object, ...]:
    """What of an outcome a reader sees; correlation ids differ and do not make two failures two."""
    match outcome:
        case None:
            return ()
        case Retry(code, after, error):
            return (word(outcome), code, after, _words(error))
        case Failed(code, error, message):
            return (word(outcome), code, message, _words(error))
        case Skipped(because):
            return (word(outcome), because)
        case _:
            return (word(outcome),)


def _words(error: AzureError | None) -> tuple[str, str] | None:
    return (error.code, error.message) if error else None


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
