"""By its number, each predicate; `invariant` enters one."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.simulation.story import Story

Predicate = Callable[[Story], Iterator[str]]
PREDICATES: dict[str, Predicate] = {}


def invariant(number: str) -> Callable[[Predicate], Predicate]:
    """Enter a predicate under its number."""

    def enter(predicate: Predicate) -> Predicate:
        PREDICATES[number] = predicate
        return predicate

    return enter
