"""I-43, I-44, I-47: the token goes to one place, and is seen in none; every write is seen in the audit log."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.azure.clouds import EMBEDDED
from reconciler.azure.credentials import DEVELOPMENT_TOKEN
from tests.ladders.invariants.plans import key_of
from tests.ladders.invariants.registry import invariant
from tests.simulation.story import Story


@invariant("I-43")
def home(story: Story) -> Iterator[str]:
    """Every request goes to the configured origin, whatever links and headers say."""
    for one in story.exchanges:
        if not one.url.startswith(f"{EMBEDDED.origin}/"):
            yield f"{one.method} went to {one.url[:80]}"


@invariant("I-44")
def unseen(story: Story) -> Iterator[str]:
    """The token is in no output and not in the journal."""
    for made in story.passes:
        if DEVELOPMENT_TOKEN in made.output:
            yield f"the token is in the output of run {made.number}"
        if DEVELOPMENT_TOKEN in made.journal_after or DEVELOPMENT_TOKEN in made.error:
            yield f"the token is in the journal or the error of run {made.number}"


@invariant("I-47")
def attributed(story: Story) -> Iterator[str]:
    """Every write that left is in the audit log, by the id under which Azure knows it."""
    for one in story.writes():
        method, path, _ = key_of(one)
        if (one.headers.get("x-ms-client-request-id", ""), method, path) not in story.audited:
            yield f"{one.name} is not in the audit log"
