"""Reads that serve several looks, and slots that one vault cannot take from another."""

from __future__ import annotations

import asyncio

import pytest

from reconciler.azure.shared import Shared
from reconciler.azure.slots import Slots
from tests.unit.engine.virtual import VirtualClock

PLACE = "https://arm/subscriptions/s/resourceGroups/g/providers/Microsoft.RecoveryServices/vaults/{}/backupJobs"


class Counted:
    """A read that takes ten seconds and gives its number."""

    def __init__(self) -> None:
        self.number = 0

    async def __call__(self) -> int:
        self.number += 1
        number = self.number
        await asyncio.sleep(10)
        if number == 99:
            raise OSError("broken")
        return number


def test_those_who_ask_within_the_age_share_one_read() -> None:
    clock, read = VirtualClock(), Counted()
    shared: Shared[int] = Shared(clock)

    async def main() -> list[int]:
        early = await asyncio.gather(*(shared.read("s", 20, read) for _ in range(5)))
        late = await shared.read("s", 20, read)
        await asyncio.sleep(11)
        return [*early, late, await shared.read("s", 20, read), await shared.read("other", 20, read)]

    assert clock.run(main()) == [1, 1, 1, 1, 1, 1, 2, 3]


def test_who_wants_it_fresh_gets_it_fresh() -> None:
    clock, read = VirtualClock(), Counted()
    shared: Shared[int] = Shared(clock)

    async def main() -> list[int]:
        return await asyncio.gather(*(shared.read("s", 0, read) for _ in range(3)))

    assert clock.run(main()) == [1, 2, 3]


def test_a_read_that_broke_is_not_handed_on() -> None:
    clock, read = VirtualClock(), Counted()
    read.number = 98
    shared: Shared[int] = Shared(clock)

    async def main() -> int:
        with pytest.raises(OSError, match="broken"):
            await shared.read("s", 20, read)
        return await shared.read("s", 20, read)

    assert clock.run(main()) == 100


def test_who_gives_up_leaves_the_read_to_the_others() -> None:
    clock, read = VirtualClock(), Counted()
    shared: Shared[int] = Shared(clock)

    async def main() -> int:
        impatient = asyncio.create_task(shared.read("s", 20, read))
        patient = asyncio.create_task(shared.read("s", 20, read))
        await asyncio.sleep(1)
        impatient.cancel()
        return await patient

    assert clock.run(main()) == 1


def test_a_vault_that_hangs_leaves_slots_to_the_others() -> None:
    clock, slots = VirtualClock(), Slots(2)
    served: list[tuple[str, float]] = []

    async def ask(vault: str, seconds: float) -> None:
        async with slots.take(PLACE.format(vault)):
            await asyncio.sleep(seconds)
            served.append((vault, clock.seconds))

    async def main() -> None:
        hanging = [asyncio.create_task(ask("hangs", 1000)) for _ in range(9)]
        await asyncio.sleep(1)
        await asyncio.gather(*(ask(f"fine-{number}", 1) for number in range(4)))
        for task in hanging:
            task.cancel()
        await asyncio.gather(*hanging, return_exceptions=True)

    clock.run(main())
    assert [at for _, at in served] == [2.0] * 4
