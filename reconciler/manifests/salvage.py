"""What of a broken document can still be checked: its sound parts, so that all mistakes come at once."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from pydantic import ValidationError

from reconciler.manifests.kinds import KINDS
from reconciler.model.span import Path

_ROUNDS = 8


def salvage(kind: str, data: dict[str, Any]) -> tuple[Any | None, frozenset[Path]]:
    """The document's model without what its structure forbids, and the places that were hurt by it.

    The model is None when too little is left. What it says about those places may be wrong: see `sound`.
    """
    left, hurt = deepcopy(data), set[Path]()
    for _ in range(_ROUNDS):
        try:
            return KINDS[kind].model_validate(left), frozenset(hurt)
        except ValidationError as error:
            wrong = {_deepest(left, one["loc"]): one["type"] for one in error.errors(include_url=False)}
        if any(len(place) < 2 for place in wrong):
            return None, frozenset(hurt)
        for place in sorted(wrong, key=_last_first, reverse=True):
            # a key that nobody knows may be a misspelt one, so its absence from the mapping proves nothing
            hurt.add(place[:-1] if wrong[place] == "extra_forbidden" else place)
            _cut(left, place)
    return None, frozenset(hurt)


def sound(place: Path, hurt: frozenset[Path]) -> bool:
    """Whether a problem at `place` has nothing to do with what was taken away."""
    return not any(place[: len(home)] == home or home[: len(place)] == place for home in hurt)


def _deepest(data: Any, place: Path) -> Path:
    """The part of `place` that is there: pydantic goes on with names of its own for alternatives."""
    found: list[str | int] = []
    for step in place:
        there = step in data if isinstance(data, dict) else isinstance(data, list) and isinstance(step, int)
        if not there:
            break
        data = data[step]
        found.append(step)
    return tuple(found)


def _last_first(place: Path) -> tuple[int, tuple[tuple[bool, int, str], ...]]:
    """Deeper places first, and later elements of a list before earlier ones, so that cutting moves nothing."""
    steps = tuple((isinstance(step, int), step if isinstance(step, int) else 0, str(step)) for step in place)
    return len(place), steps


def _cut(data: Any, place: Path) -> None:
    *way, last = place
    for step in way:
        data = data[step]
    if isinstance(data, dict):
        data.pop(last, None)
    elif isinstance(last, int) and last < len(data):
        del data[last]
