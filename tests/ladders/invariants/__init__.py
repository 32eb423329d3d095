"""The invariants of INVARIANTS 2 as predicates over what happened: each yields what it sees broken.

They look at the wire, the journal, the vault and the output, and use nothing of the planner: a planner that is wrong
must not be its own judge.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module

from tests.ladders.invariants.registry import PREDICATES, Predicate
from tests.ladders.ladder import Violation
from tests.simulation.story import Story

_PARTS = ("convergence", "plans", "removal", "sending", "bounds", "secrets")
_SAID = 3
"""Instances of one broken promise that are told."""


@cache
def predicates() -> Mapping[str, Predicate]:
    """All of them by number, in order."""
    for part in _PARTS:
        import_module(f"tests.ladders.invariants.{part}")
    return dict(sorted(PREDICATES.items(), key=lambda entry: int(entry[0].removeprefix("I-"))))


def check(story: Story, *, without: Iterable[str] = ()) -> tuple[Violation, ...]:
    """Everything that was broken in a run, and every error that nobody expected."""
    left = set(without)
    found = [Violation("crash", made.error) for made in story.passes if made.error]
    for number, predicate in predicates().items():
        if number not in left:
            said = list(dict.fromkeys(predicate(story)))
            found += [Violation(number, text) for text in said[:_SAID]]
    return tuple(found)
