"""I-26 to I-30, I-32 and I-35: one at a time, intended, never twice, looked at, and nothing once it may not be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from reconciler.model.ids import fold
from tests.ladders.invariants.plans import key_of
from tests.ladders.invariants.registry import invariant
from tests.simulation.requests import identity
from tests.simulation.story import Exchange, Note, Pass, Story

ROUNDING = 0.001
"""Seconds: the vault's clock counts in microseconds, the loop's in fractions of a second."""


@invariant("I-26")
def one_at_a_time(story: Story) -> Iterator[str]:
    """Nothing is sent about a VM while an operation of ours on it has not ended."""
    if {"lies", "harms", "stale"} & story.traits:
        return  # what Azure said of the first operation was not so
    for one in story.writes():
        for vm, begun, ended in story.operations:
            if identity(one.url) == vm and begun + ROUNDING < one.at < ended - ROUNDING:
                yield f"{one.name} is sent {one.at - begun:.0f} s after an operation on it began that has not ended"


@invariant("I-27")
def no_duplicates(story: Story) -> Iterator[str]:
    """Each change of a VM takes effect once, whatever is lost, repeated or retried."""
    failed = sum(fault.kind == "L3" for fault in story.faults) * 3
    told_otherwise = 3 * ("lies" in story.traits or "stale" in story.traits)
    allowed = 1 + story.harm + failed + told_otherwise
    times = Counter(
        (one.name, one.body, story.passes[one.process].era)
        for one in story.writes()
        if one.accepted and _makes_a_job(one)
    )
    yield from (f"{name} took effect {count} times" for (name, _, _), count in times.items() if count > allowed)


def _makes_a_job(exchange: Exchange) -> bool:
    return exchange.name.startswith(("write:item:", "write:container:"))


@invariant("I-28")
def intent_first(story: Story) -> Iterator[str]:
    """No write leaves before its intent, or the debt that it pays, is in the journal."""
    intents = {note.correlation_id: note for note in story.notes if note.what == "intend"}
    owed = [note for note in story.notes if note.what == "owe" and note.call is not None]
    for one in story.writes():
        note = intents.get(one.headers.get("x-ms-client-request-id", ""))
        if note is not None and note.call is not None and note.place < one.place:
            method, path, body = key_of(one)
            if (note.call.method, note.call.path, note.call.body or "") != (method, path, body):
                yield f"{one.name} is not what its intent says"
        elif not any(debt.place < one.place and debt.call and debt.call.path == key_of(one)[1] for debt in owed):
            yield f"{one.name} was sent without an intent"


@invariant("I-29")
def look_first(story: Story) -> Iterator[str]:
    """After an outcome that nobody knows, the same is not sent again before somebody has looked."""
    last: dict[tuple[str, bytes], Exchange] = {}
    for one in story.writes():
        before = last.get((one.name, one.body))
        if before is not None and unsure(before) and not _looked(story, before, one):
            yield f"{one.name} is sent again without a look, after its outcome was unknown ({before.status})"
        last[one.name, one.body] = one


def unsure(exchange: Exchange) -> bool:
    """Whether the client was told neither yes nor no."""
    if exchange.status is None or exchange.status == 408:
        return True
    if exchange.status >= 500:
        return exchange.status != 503
    followed = "azure-asyncoperation" in exchange.answer or "location" in exchange.answer
    return exchange.status == 202 and not followed


_SEEN_IN = {
    "item": "list:items",
    "container": "list:containers",
    "policy": "list:policies",
    "vault": "read:vault",
    "discover": "list:protectable",
    "start": "list:vms-status",
    "deallocate": "list:vms-status",
    "powerOff": "list:vms-status",
}
"""Where each write shows."""


def _looked(story: Story, first: Exchange, second: Exchange) -> bool:
    where = _SEEN_IN[first.name.partition("@")[0].split(":")[1]]
    between = (one for one in story.exchanges if first.place < one.place < second.place)
    return any(one.name.startswith(f"{where}@") and one.status in {200, 404} for one in between)


@invariant("I-32")
def stopped(story: Story) -> Iterator[str]:
    """Who was asked to stop sends nothing but what the journal held already."""
    for made in story.passes:
        if made.asked is not None:
            late = sent_after(story, made.asked, made.number)
            yield from (f"{one.name} is sent by a run that was asked to stop" for one in late)


@invariant("I-35")
def overtaken(story: Story) -> Iterator[str]:
    """Nothing is sent by a run once one of another configuration has begun.

    What counts is the order in which runs begin, and not which commit is older: a run of an older one that is begun
    anew is how one goes back to it.
    """
    begun = [(note.place, story.passes[note.process]) for note in story.notes if note.what == "enter"]
    for place, made in begun:
        digest = made.desired.digest
        moment = next((later for later, other in begun if later > place and other.desired.digest != digest), None)
        for one in sent_after(story, moment, made.number) if moment is not None else ():
            yield f"{one.name} is sent by a run after one of another configuration had begun"


def sent_after(story: Story, place: int, process: int) -> list[Exchange]:
    """The writes of a process after a moment, but for those that the journal held already."""
    known = {note.correlation_id for note in story.notes if note.what == "intend" and note.place < place}
    late = (one for one in story.of(process) if one.writes and one.place > place)
    return [one for one in late if one.headers.get("x-ms-client-request-id") not in known]


@invariant("I-30")
def resumed(story: Story) -> Iterator[str]:
    """What Azure accepted and the journal knows is polled after a restart, before anything new is sent about it."""
    for made in story.passes[1:]:
        if made.dry or made.crashed:
            continue
        for key, accepted in _known_to(story, made).items():
            vm = identity(accepted.url)
            writes = [one.place for one in story.of(made.number) if one.writes and vm and identity(one.url) == vm]
            if writes and min(_told_of(story, made, key, accepted), default=writes[0]) >= writes[0]:
                yield f"{key[1]} was accepted, and is sent again or followed by another step without a poll"


_Key = tuple[str, str]
"""A run, and a step of it."""
_ENDS = {"done", "failed", "retry", "skipped"}


def _known_to(story: Story, made: Pass) -> Mapping[_Key, Exchange]:
    """What was accepted, is in the journal of a process, and has not ended there when it begins."""
    sent = {one.headers.get("x-ms-client-request-id", ""): one for one in story.writes()}
    intended: dict[_Key, str] = {}
    known: dict[_Key, Exchange] = {}
    lost = max((moment for moment in story.forgotten if moment < made.first), default=0)
    for note in _beside(story, made):
        if not lost <= note.place < made.first:
            continue  # it went with the journal, or comes later
        key = (note.run, note.step_id)
        if note.what == "intend":
            intended[key] = note.correlation_id
        elif note.what == "pending" and intended.get(key) in sent:
            known[key] = sent[intended[key]]
        elif note.what in _ENDS:
            known.pop(key, None)
    return known


def _told_of(story: Story, made: Pass, key: _Key, accepted: Exchange) -> Iterator[int]:
    """When a process learnt of an operation: it polls, or reads how it ended for another one, at work beside it."""
    answer = {fold(name): value for name, value in accepted.answer.items()}
    url = answer.get("azure-asyncoperation") or answer.get("location") or ""
    yield from (one.place for one in story.of(made.number) if one.url == url)
    for note in _beside(story, made):
        if note.place > made.first and note.process != made.number and (note.run, note.step_id) == key:
            yield from [note.place] * (note.what in _ENDS)


def _beside(story: Story, made: Pass) -> Iterator[Note]:
    """What stands in the journal of a process, whoever wrote it; what stands in another journal nobody told it."""
    return (note for note in story.notes if story.passes[note.process].journal == made.journal)
