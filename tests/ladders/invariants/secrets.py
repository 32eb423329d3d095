"""I-43, I-44: the token goes to one place, and is seen in none."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.azure.clouds import EMBEDDED
from reconciler.azure.credentials import DEVELOPMENT_TOKEN
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
