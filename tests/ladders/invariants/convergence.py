"""I-1, I-2, I-8, I-25: every run ends where the calm one ends, and stays there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from reconciler.model.ids import fold
from reconciler.model.outcome import Done
from tests.ladders.invariants.registry import invariant
from tests.simulation.content import item_name
from tests.simulation.requests import vm_of
from tests.simulation.story import Story


@invariant("I-1")
def fixpoint(story: Story) -> Iterator[str]:
    """What is called done is so; after all is settled a run sends nothing, and a dry run plans what the calm does."""
    yield from _unfounded(story)
    for made in story.passes:
        if made.audit:
            yield from (f"{one.name} is sent though all was settled" for one in story.of(made.number) if one.writes)
    last, calm = story.passes[-1], story.calm.passes[-1] if story.calm is not None else None
    told = story.settled and not story.given_up and story.expected is not None
    if told and calm is not None and last.plan is not None and calm.plan is not None:
        usual = {step.id for step in calm.plan.steps}
        yield from (f"{step.id} is still planned" for step in last.plan.steps if step.id not in usual)


def _unfounded(story: Story) -> Iterator[str]:
    """What a run calls done is there when it ends, whatever Azure said of it."""
    if any(_BLINDING & fault.traits and not fault.name.startswith(_SAID) for fault in story.faults):
        return  # it was shown what is not so
    for made in story.passes:
        done = made.result.outcomes.items() if made.result is not None else ()
        steps = {step.id: step for step in made.result.plan.steps} if made.result is not None else {}
        for step_id, outcome in done:
            step = steps[step_id]
            wanted = _LEADS_TO.get(step.action)
            state = made.items.get(item_name(fold(step.vault), fold(step.subject.name)), "")
            if isinstance(outcome, Done) and wanted is not None and state not in wanted:
                yield f"{step_id} is called done, and the vault has {state or 'nothing'}"


_BLINDING = {"lies", "stale", "photographs"}
_SAID = ("write:", "poll:", "job")
"""Requests whose answers a closing look does not rest on."""
_BACKED_UP = frozenset({"Protected", "IRPending", "ProtectionError"})
_LEADS_TO = {
    "protect": _BACKED_UP,
    "resume": _BACKED_UP,
    "change-policy": _BACKED_UP,
    "stop": frozenset({"ProtectionStopped"}),
    "undelete": _BACKED_UP | {"ProtectionStopped"},
}


@invariant("I-2")
def recovery(story: Story) -> Iterator[str]:
    """Once nothing is wrong any more, a few runs lead to where the calm run led."""
    if story.expected is None:
        return
    if not story.settled:
        yield "not settled after all runs"
    held = _held(story)
    kept = {key: value for key, value in story.end.items() if key not in held}
    yield from difference({key: value for key, value in story.expected.items() if key not in held}, kept)
    yield from (f"{step} is given up, and Azure never refused it" for step in _needlessly_given_up(story))


def _held(story: Story) -> set[str]:
    """Policies of which a Consent speaks: a clock that jumped puts it out of force (I-17)."""
    consents = story.scenario.desired().consents if story.skewed else ()
    return {f"policy {fold(consent.subject)}" for consent in consents}


def difference(expected: Mapping[str, object], found: Mapping[str, object]) -> Iterator[str]:
    """What is not as it should be, in words."""
    for key in sorted(expected.keys() | found.keys()):
        if expected.get(key) != found.get(key):
            yield f"{key} is {found.get(key)}, expected {expected.get(key)}"


def _needlessly_given_up(story: Story) -> Iterator[str]:
    refusing = {"refuses", "lies", "harms"} & story.traits
    return iter(() if refusing else story.given_up)


@invariant("I-8")
def company(story: Story) -> Iterator[str]:
    """Trouble with one VM's requests keeps no other VM from what the first calm run did for it."""
    hurt = {vm_of(fault.name.replace("check:", "write:").replace("poll:", "write:")) for fault in story.faults}
    alone = all(hurt) and not {"harms", "stale", "lies"} & story.traits
    if not story.faults or not alone or story.calm is None or any(made.crashed for made in story.passes):
        return
    calm, made = story.calm.passes[0].result, story.passes[0].result
    if calm is None or made is None or _pauses(story):
        return
    for step in calm.plan.steps:
        other = step.subject.name not in hurt and "/" in step.subject.name
        if other and isinstance(calm.outcomes.get(step.id), Done) and not isinstance(made.outcomes.get(step.id), Done):
            yield f"{step.id} ended as {made.outcomes.get(step.id)} because of {', '.join(sorted(hurt))}"


def _pauses(story: Story) -> bool:
    """Whether Azure asked the whole subscription to wait."""
    return any(exchange.status in {429, 503} for exchange in story.exchanges)


@invariant("I-25")
def crashes(story: Story) -> Iterator[str]:
    """However often a process died: each VM saw the same requests take effect, as often as in the calm run."""
    if story.calm is None or not any(made.crashed for made in story.passes) or story.faults:
        return
    before, after = effects(story.calm), effects(story)
    for key in sorted(before.keys() | after.keys()):
        repeatable = key[0].startswith(_REPEATABLE)
        if after[key] < before[key] or (after[key] > before[key] and not repeatable):
            yield f"{key[0]} took effect {after[key]} times, in the calm run {before[key]} times"
        if after[key] > before[key] + sum(bool(made.crashed) for made in story.passes):
            yield f"{key[0]} took effect {after[key]} times: more often than there were deaths"


_REPEATABLE = ("write:deallocate", "write:powerOff", "write:start", "write:vault", "write:policy", "write:discover")
"""What may be sent again without harm or a second job."""


def effects(story: Story) -> Counter[tuple[str, bytes]]:
    """How often each write, told apart by name and body, was taken by the vault."""
    return Counter((exchange.name, exchange.body) for exchange in story.writes() if exchange.accepted)
