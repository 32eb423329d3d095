"""The safety belt, on the plan and not in the actions: which steps are held, and what would permit them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from reconciler.model.observed import Sizes
from reconciler.model.plan import Basis, Finding, Held, Severity, Step
from reconciler.model.state import Risk
from reconciler.planning.brakes import Brakes
from reconciler.planning.consents import SHORTEN, permitted, shortening
from reconciler.planning.contest import contested
from reconciler.planning.reservations import foreign, unconfirmed
from reconciler.planning.situation import Situation

Hold = Callable[[Step], str]
"""How to permit a step, or nothing when the guard has no objection."""


@dataclass(frozen=True, slots=True)
class Guarded:
    steps: tuple[Step, ...]
    held: tuple[Held, ...]


def guard(
    situation: Situation,
    steps: Sequence[Step],
    *,
    brakes: Brakes,
    aims: Collection[str],
    waiting: Mapping[str, str],
    out_of_bounds: Mapping[str, str],
    protection_of: Mapping[str, str],
) -> Guarded:
    """Each guard sees what the ones before it let pass; a held step holds all that depends on it.

    What is remembered of earlier runs only ever adds to what is held.
    """
    now = Guarded(tuple(permitted(situation, step) for step in steps), ())
    unsure = _unsure(situation)
    now = _apply(now, "incomplete-observation", lambda step: unsure if step.risk > Risk.SAFE else "")
    shrunk = _shrunk(situation, situation.past.sizes, brakes)
    now = _apply(now, "shrink", lambda step: shrunk if step.risk > Risk.SAFE else "")
    now = _apply(now, "absence-unconfirmed", lambda step: unconfirmed(situation, step, brakes.gone))
    now = _apply(now, "vm-recreated", lambda step: foreign(situation, step, aims))
    now = _apply(now, SHORTEN, lambda step: shortening(situation, step))
    now = _apply(now, "contested", lambda step: contested(situation, step))
    now = _apply(now, "canary", lambda step: waiting.get(step.id, ""))
    now = _apply(now, "expect", lambda step: _bounds(out_of_bounds, protection_of, step))
    stops = sum(step.risk is Risk.PAUSING for step in now.steps)
    now = _apply(now, "max-stops", lambda step: _stops(stops, brakes, step))
    writes = sum(not step.call.reads_only for step in now.steps) + sum(step.put_back is not None for step in now.steps)
    return _apply(now, "max-writes", lambda _: _writes(writes, brakes))


def approvals(situation: Situation, steps: Iterable[Step]) -> tuple[list[Step], list[Finding]]:
    """Steps that Azure itself would refuse: a resource guard or immutability protects what they take away."""
    result, findings = [], []
    for step in steps:
        vault = situation.observed.vaults.get(step.vault)
        code = ""
        if vault is not None and vault.immutability in {"Locked", "Unlocked"} and step.risk is Risk.DESTRUCTIVE:
            code, text = (
                "immutable",
                f"The vault {step.vault!r} has immutability {vault.immutability}, so Azure refuses {_what(step)}.",
            )
        elif vault is not None and vault.guarded and step.risk > Risk.SAFE:
            code, text = "needs-approval", f"A resource guard watches the vault {step.vault!r} over {_what(step)}."
        if code:
            subjects = (step.subject.id,)
            findings.append(Finding(code, Severity.ERROR, subjects, text, step.source, Basis.OBSERVED, step.vault))
            step = replace(step, predicted=(*step.predicted, code))
        result.append(step)
    return result, findings


def _what(step: Step) -> str:
    return f"{step.action} of {step.subject.name}"


def _apply(now: Guarded, name: str, hold: Hold) -> Guarded:
    reasons = {step.id: how for step in now.steps if (how := hold(step))}
    if not reasons:
        return now
    reasons = _spread(now.steps, reasons)
    held = tuple(Held(step, name, reasons[step.id]) for step in now.steps if step.id in reasons)
    return Guarded(tuple(step for step in now.steps if step.id not in reasons), (*now.held, *held))


def _spread(steps: Sequence[Step], reasons: Mapping[str, str]) -> dict[str, str]:
    """Held steps, those that wait for them, and a discovery nobody is left to need. Steps come after what they need."""
    spread = dict(reasons)
    for step in steps:
        blocker = next((need for need in step.depends_on if need in spread), None)
        if step.id not in spread and blocker is not None:
            spread[step.id] = f"It waits for {blocker}, which is held. {spread[blocker]}"
    needed = {need for step in steps if step.id not in spread for need in step.depends_on}
    waiting = {need for step in steps if step.id in spread for need in step.depends_on}
    for step in steps:
        if step.action == "discover" and step.id in waiting - needed and step.id not in spread:
            spread[step.id] = "All that needs it is held."
    return spread


def _unsure(situation: Situation) -> str:
    if situation.observed.complete and not situation.blind_vaults:
        return ""
    scopes = sorted({gap.scope for gap in situation.observed.gaps} | situation.blind_vaults)
    return f"Not everything could be read ({', '.join(scopes[:3])}). Nothing is taken away until a complete look."


def _shrunk(situation: Situation, previous: Sizes | None, brakes: Brakes) -> str:
    if previous is None:
        return ""
    observed = situation.observed
    now = Sizes(len(observed.vms), sum(len(vault.items) for vault in observed.vaults.values()))
    for what, was, has in (
        ("virtual machines", previous.vms, now.vms),
        ("protected items", previous.items, now.items),
    ):
        if was - has > brakes.max_shrink * was:
            return (
                f"{was} {what} were seen last time, now {has}: more than {brakes.max_shrink:.0%} less. "
                "If this is right, run once with a higher --max-shrink."
            )
    return ""


def _bounds(out_of_bounds: Mapping[str, str], protection_of: Mapping[str, str], step: Step) -> str:
    text = out_of_bounds.get(protection_of.get(step.id, ""), "")
    return f"{text} Correct the selector, or its `expect`." if text else ""


def _stops(stops: int, brakes: Brakes, step: Step) -> str:
    if step.risk is not Risk.PAUSING or stops <= brakes.max_stops:
        return ""
    return f"{_too_many(stops, 'stop', brakes.max_stops)} Raise --max-stops to {stops} to permit them."


def _writes(writes: int, brakes: Brakes) -> str:
    if brakes.max_writes is None or writes <= brakes.max_writes:
        return ""
    return f"{_too_many(writes, 'write', brakes.max_writes)} Raise --max-writes, or aim with --target."


def _too_many(planned: int, what: str, allowed: int) -> str:
    said = f"1 {what} is planned" if planned == 1 else f"{planned} {what}s are planned"
    return f"{said} and {allowed} {'is' if allowed == 1 else 'are'} allowed."
