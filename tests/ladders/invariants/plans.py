"""I-9, I-10, I-14, I-19: a plan says what will happen, and a dry run makes nothing happen."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

import msgspec

from reconciler.model.call import Call
from reconciler.model.ids import fold
from reconciler.model.state import Risk
from tests.ladders.invariants.canary import without_canary
from tests.ladders.invariants.registry import invariant
from tests.simulation.story import Exchange, Pass, Story


@invariant("I-9")
def dry(story: Story) -> Iterator[str]:
    """A dry run sends no write and leaves the journal as it was."""
    for made in story.passes:
        if not made.dry:
            continue
        yield from (f"{one.name} is sent by a dry run" for one in story.of(made.number) if one.writes)
        if made.journal_before != made.journal_after:
            yield "a dry run changed the journal"
        if any(note.process == made.number for note in story.notes):
            yield "a dry run wrote into the journal"


@invariant("I-10")
def honest(story: Story) -> Iterator[str]:
    """What is sent was in the plan, as printed, or is owed."""
    for made in story.passes:
        if made.dry or made.plan is None:
            continue
        held = {one.step.id for one in made.plan.held}
        listed = {_key(step.call) for step in made.plan.steps if step.id not in held}
        listed |= {_key(step.put_back) for step in made.plan.steps if step.put_back is not None}
        listed |= {_key(call) for call in made.owed}
        for one in story.of(made.number):
            if one.writes and key_of(one) not in listed | _owed_by_now(story, one):
                yield f"{one.name} was sent and is not in the plan"


def _owed_by_now(story: Story, exchange: Exchange) -> set[tuple[str, str, str]]:
    """What any process owes: whoever ends last puts it back."""
    owed = (note for note in story.notes if note.what == "owe" and note.place < exchange.place)
    return {_key(note.call) for note in owed if note.call is not None}


def _key(call: Call) -> tuple[str, str, str]:
    return call.method, call.path, call.body or ""


def key_of(exchange: Exchange) -> tuple[str, str, str]:
    """Method, path and body of a request, as a `Call` has them."""
    return exchange.method, unquote(urlsplit(exchange.url).path), exchange.body.decode()


@invariant("I-14")
def partial(story: Story) -> Iterator[str]:
    """What was read in part takes nothing away, and the plan says that it is not whole."""
    for made in story.passes:
        plan = made.plan
        if plan is None:
            continue
        risky = [step.id for step in plan.steps if step.risk > Risk.SAFE]
        unread = sorted(unread_in(story, made))
        if unread and plan.complete:
            yield f"{', '.join(unread)} could not be read, and the plan says that it is complete"
        if unread and risky:
            yield f"{', '.join(unread)} could not be read, and {', '.join(risky)} is planned"
        if not plan.complete and risky:
            yield f"the plan is not complete, and {', '.join(risky)} is in it"


def unread_in(story: Story, made: Pass) -> set[str]:
    """The lists and vaults of the opening look whose last answer was none."""
    last: dict[str, Exchange] = {}
    for one in _opening(story, made):
        if (one.kind in {"list", "page"} and ":guards" not in one.name) or one.name.startswith("read:vault@"):
            last[one.url] = one
    return {one.name for one in last.values() if not _says(one)}


class _Resource(msgspec.Struct):
    id: str


class _List(msgspec.Struct):
    value: list[_Resource]


class _Refusal(msgspec.Struct):
    error: dict[str, msgspec.Raw]


_ABSENT = {b'"ResourceNotFound"', b'"ResourceGroupNotFound"'}
"""What Resource Manager itself says of a vault that is not there."""


def _says(one: Exchange) -> bool:
    """Whether it was answered with a list of resources; of a vault, also with Azure's own word that there is none."""
    vault = one.kind == "read"
    try:
        if one.status == 200 and vault:
            return fold(msgspec.json.decode(one.reply, type=_Resource).id) == fold(urlsplit(one.url).path)
        if one.status == 200:
            msgspec.json.decode(one.reply, type=_List)
            return True
        return vault and one.status == 404 and _code(one.reply) in _ABSENT
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False


def _code(reply: bytes) -> bytes:
    return bytes(msgspec.json.decode(reply, type=_Refusal).error.get("code", b""))


def _opening(story: Story, made: Pass) -> Iterator[Exchange]:
    """The requests until the plan was made."""
    begun = [note.place for note in story.notes if note.process == made.number and note.what == "begin"]
    until = begun[0] if begun else made.last
    return (one for one in story.of(made.number) if one.place < until)


@invariant("I-19")
def brakes(story: Story) -> Iterator[str]:
    """More than the brakes allow is stopped before the first, not after the last that was allowed."""
    limits = story.scenario.brakes
    for made in story.passes:
        sent = [one for one in story.of(made.number) if one.writes]
        stops = [one for one in sent if b"ProtectionStopped" in one.body]
        if len({one.name for one in stops}) > limits.max_stops:
            yield f"{len(stops)} stops in one run, {limits.max_stops} are allowed"
        if limits.max_writes is not None and len({(one.name, one.body) for one in sent}) > limits.max_writes:
            yield f"{len(sent)} writes in one run, {limits.max_writes} are allowed"
    if limits.canary is not None:
        yield from without_canary(story, limits.canary)
