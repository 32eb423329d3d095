"""The loop: what wakes a vault, and that no vault waits for another."""

from __future__ import annotations

import asyncio

from reconciler.model.board import SourceState
from reconciler.model.outcome import Done
from tests.unit.engine.loop.stage import stage, wishes

SOURCE = SourceState("test")


def test_what_is_declared_is_done_and_seen_to_be_done() -> None:
    desired = wishes(a=["a-1"], b=["b-1"])
    with stage(desired) as place:

        async def scene() -> None:
            place.loop.declare(desired, SOURCE)
            await asyncio.sleep(200)

        place.play(scene)
        assert place.protected() == {"a-1", "b-1"}
        assert place.board.plan is not None
        assert place.board.plan.steps == ()
        ended = {step_id: result.outcome for step_id, result in place.board.results.items()}
        assert ended["protect:a/rg/a-1"] == Done()
        assert all(state.last_completed and not state.trouble for state in place.board.vaults.values())
