"""Finds every ladder: one a file, `ladder_NN_what.py`."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module

import tests.ladders
from tests.ladders.ladder import Ladder


@cache
def ladders() -> Mapping[int, Ladder]:
    """By number, in order."""
    found: dict[int, Ladder] = {}
    for module in pkgutil.iter_modules(tests.ladders.__path__):
        if module.name.startswith("ladder_"):
            ladder: Ladder = import_module(f"{tests.ladders.__name__}.{module.name}").LADDER
            if ladder.number in found:
                raise ValueError(f"two ladders have the number {ladder.number}")
            found[ladder.number] = ladder
    return dict(sorted(found.items()))
