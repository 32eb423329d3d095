"""I-46. Alive is who has completed a look and a plan in time: a loop that runs and fails is not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from reconciler.health.probes import live
from reconciler.model.board import SourceState
from reconciler.model.observed import Gap
from tests.unit.engine.loop.stage import INTERVAL, Looked, Stage, stage, wishes

Harm = Callable[[Looked], None]


def hangs(world: Looked) -> None:
    world.hanging.add("b")


def breaks(world: Looked) -> None:
    world.broken.add("b")


def hides(world: Looked) -> None:
    world.faults.gaps = (Gap("/subscriptions/x", "403 Forbidden", "b"),)


async def alive(place: Stage, seconds: float) -> bool:
    await asyncio.sleep(seconds)
    return live(place.board, place.loop.ages()).good


@pytest.mark.parametrize("harm", [hangs, breaks, hides])
def test_one_vault_that_is_not_read_in_full_is_enough(harm: Harm) -> None:
    with stage(a=["a-1"], b=["b-1"]) as place:

        async def scene() -> None:
            place.loop.declare(wishes(a=["a-1"], b=["b-1"]), SourceState("test"))
            assert await alive(place, 10 * INTERVAL)
            harm(place.world)
            assert await alive(place, INTERVAL), "one pass that fails is no news"
            assert not await alive(place, 4 * INTERVAL)
            place.world.hanging.clear()
            place.world.broken.clear()
            place.world.faults.gaps = ()
            assert await alive(place, 2 * INTERVAL), "and it recovers by itself"

        place.play(scene)


@pytest.mark.parametrize("years", [-10, 10])
def test_a_wall_clock_that_jumps_makes_nobody_look_dead_or_alive(years: int) -> None:
    with stage(a=["a-1"]) as place:

        async def scene() -> None:
            place.loop.declare(wishes(a=["a-1"]), SourceState("test"))
            assert await alive(place, 2 * INTERVAL)
            before = len(place.looks("a"))
            place.clock.jump(years)
            assert await alive(place, 1)
            assert await alive(place, 2 * INTERVAL)
            assert len(place.looks("a")) - before <= 3, "no hot loop"
            assert place.protected() == {"a-1"}
            place.world.broken.add("a")
            assert not await alive(place, 5 * INTERVAL)

        place.play(scene)
