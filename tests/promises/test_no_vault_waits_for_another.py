"""I-8. A vault that hangs, fails, is malformed or throttled delays no other: n - 1 converge as if it were not there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from reconciler.model.board import SourceState
from reconciler.model.outcome import AzureError
from tests.unit.engine.loop.stage import Looked, stage, wishes

HEALTHY = {f"v{number}": [f"vm-{number}"] for number in range(1, 6)}
SICK = {"sick": ["ill-1", "ill-2"]}
Harm = Callable[[Looked], None]


def hangs(world: Looked) -> None:
    world.hanging.add("sick")


def malformed(world: Looked) -> None:
    world.broken.add("sick")


def fails(world: Looked) -> None:
    world.faults.fail |= {vm: AzureError("CloudInternalError", "no", 0) for vm in SICK["sick"]}


def never_ends(world: Looked) -> None:
    world.faults.slow |= dict.fromkeys(SICK["sick"], 1e9)


def is_throttled(world: Looked) -> None:
    world.faults.throttle.update(dict.fromkeys(SICK["sick"], 10**6))


def explodes(world: Looked) -> None:
    world.faults.explode |= set(SICK["sick"])


def converged_at(harm: Harm | None) -> dict[str, float]:
    """When each healthy VM was protected, in seconds; with or without the sick vault beside them."""
    declared = {**HEALTHY, **SICK} if harm else HEALTHY
    with stage(None, 10, **declared) as place:
        if harm is not None:
            harm(place.world)
        found: dict[str, float] = {}

        async def scene() -> None:
            place.loop.declare(wishes(**declared), SourceState("test"))
            while place.clock.seconds < 400:
                await asyncio.sleep(1)
                for vm in place.protected() - found.keys():
                    found[vm] = place.clock.seconds

        place.play(scene)
        return {vm: at for vm, at in found.items() if vm.startswith("vm-")}


@pytest.mark.parametrize("harm", [hangs, malformed, fails, never_ends, is_throttled, explodes])
def test_the_others_converge_as_if_the_sick_one_were_not_there(harm: Harm) -> None:
    alone = converged_at(None)
    assert len(alone) == len(HEALTHY)
    beside = converged_at(harm)
    assert beside.keys() == alone.keys()
    assert all(beside[vm] <= at + 1 for vm, at in alone.items())
