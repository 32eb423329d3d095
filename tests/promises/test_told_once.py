"""People are told once of each cause, and once when it is over: through restarts, a change of the writer, and noise."""

from __future__ import annotations

import asyncio

from reconciler.model.board import SourceState
from reconciler.model.observed import Power
from reconciler.notices.teller import Teller
from tests.unit.engine.estate import machine
from tests.unit.engine.loop.stage import Stage, stage, wishes
from tests.unit.notices.boards import Kept

ROW = "register-vm-not-running"


def live(place: Stage, channel: Kept, seconds: float, *names: str) -> None:
    """A life of a daemon that tells."""
    teller = Teller([channel], place.journal, place.clock, lambda: place.board)

    async def scene() -> None:
        telling = asyncio.create_task(teller.run())
        place.loop.declare(wishes(a=list(names)), SourceState("test"))
        await asyncio.sleep(seconds)
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)

    place.play(scene)


def test_a_vm_that_is_off_is_told_once_over_three_lives_and_its_start_once() -> None:
    with stage(a=["a-1"]) as place:
        channel, off = Kept(), machine("a-1", power=Power.DEALLOCATED)
        place.world.vms[off.key] = off
        for _ in range(3):
            live(place, channel, 4000, "a-1")
            place.next_process()
        assert channel.told == [f"begun failure {ROW} rg/a-1"]
        place.world.vms[off.key] = machine("a-1")
        for _ in range(2):
            live(place, channel, 4000, "a-1")
            place.next_process()
        assert channel.told == [f"begun failure {ROW} rg/a-1", f"over failure {ROW} rg/a-1"]


def test_a_vault_that_cannot_be_read_says_so_and_does_not_end_what_was_told_before() -> None:
    with stage(a=["a-1"]) as place:
        channel, off = Kept(), machine("a-1", power=Power.DEALLOCATED)
        place.world.vms[off.key] = off
        live(place, channel, 1000, "a-1")
        place.next_process()
        place.world.broken.add("a")
        live(place, channel, 4000, "a-1")
        assert channel.told == [f"begun failure {ROW} rg/a-1", "begun blind observation-incomplete a"]
