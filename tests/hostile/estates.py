"""Hostile estate files: what an embedded vault is filled with, and whether it can be used afterwards."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import yaml

from reconciler.azure.connect import connect
from reconciler.clocks import VirtualClock
from reconciler.diagnostics.as_json import plan_json
from reconciler.diagnostics.text import render_diagnostics
from reconciler.engine.look import look
from reconciler.manifests.load import load_texts
from reconciler.manifests.reader import read_document
from reconciler.model.past import Past
from reconciler.planning import Brakes
from reconciler.vaultserver import estate
from reconciler.vaultserver.app import create_app
from reconciler.vaultserver.world import World
from tests.hostile.kind import Kind, Said, case_of
from tests.hostile.manifests import FOLDER
from tests.hostile.mutants import CHANGES, mutant
from tests.hostile.seeds import SEEDS
from tests.hostile.values import FRAGMENTS, Place, places, spelled, with_fragment, without

EXAMPLES = {path.parent.name: path.read_bytes() for path in sorted(FOLDER.glob("*/estate.yaml"))}
QUICKSTART: Any = yaml.safe_load(
    (FOLDER / "quickstart" / "estate.yaml").read_text().replace("2026-03-02T09:00:00Z", '"2026-03-02T09:00:00Z"')
)
DESIRED = load_texts(
    {path.name: path.read_bytes() for path in (FOLDER / "quickstart" / "backup").glob("*.yaml")}
).desired
_MUTANTS = 150
_EVERY = 3
"""Of the fragments, at each place."""


def _places() -> dict[str, Place]:
    """Each kind of place once: of a list's elements only the first is changed."""
    return {
        spelled(place): place
        for place in places(QUICKSTART)
        if not any(isinstance(step, int) and step for step in place)
    }


class Estates(Kind):
    name, module = "estate", __name__

    def cases(self) -> Iterator[str]:
        for turn in range(_EVERY):
            for number, place in enumerate(_places()):
                fragments = list(FRAGMENTS)[(number + turn) % _EVERY :: _EVERY]
                yield from (case_of("value", place, fragment) for fragment in fragments)
        yield from (case_of("missing", place) for place in _places() if place != ".")
        yield from (case_of("mutant", example, number) for number in range(_MUTANTS) for example in EXAMPLES)

    @contextmanager
    def made(self, case: str) -> Iterator[bytes]:
        family, *rest = case.split(" ")
        match family, rest:
            case "value", [place, fragment]:
                yield with_fragment(QUICKSTART, _places()[place], fragment)
            case "missing", [place]:
                yield without(QUICKSTART, _places()[place])
            case "mutant", [example, number]:
                words = [seed.value for seed in SEEDS.values() if len(seed.value) < 1_000]
                yield mutant(EXAMPLES[example], f"{example} {number}", words, CHANGES)
            case _:
                raise ValueError(f"no such case: {case}")

    def warm(self) -> None:
        self.read(EXAMPLES["quickstart"])

    def read(self, content: bytes) -> Said:
        found = read_document(content, "estate.yaml")
        if found.diagnostics:
            render_diagnostics(found.diagnostics, {"estate.yaml": found.text or ""}).plain.encode()
            return {"outcome": " ".join(sorted({one.code for one in found.diagnostics})), "wrong": []}
        world = World()
        try:
            estate.load(world, found.data)
        except estate.EstateError as error:
            return {"outcome": "refused", "wrong": ["I-31: a message without end"] if len(str(error)) > 10_000 else []}
        world.advance(timedelta(days=2))
        return {"outcome": "complete" if _looked_at(world) else "incomplete", "wrong": []}


KIND = Estates()


def _looked_at(world: World) -> bool:
    """Whether a dry run sees all of it; whatever it sees is printed."""

    async def once() -> bool:
        app, clock = create_app(world), VirtualClock(world)
        async with connect(app, clock=clock, random=secrets.SystemRandom(), writable=False) as azure:
            assert DESIRED is not None
            seen = await look(DESIRED, azure.reader, brakes=Brakes(), past=Past(), targets=())
        plan_json(seen.plan, cloud="embedded").encode()
        return seen.observed.complete

    return asyncio.run(once())
