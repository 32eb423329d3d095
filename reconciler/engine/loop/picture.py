"""What the latest looks add up to: the plan of the whole estate, its status, and what is still to be asked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from reconciler.engine.chronicle import Chronicle
from reconciler.engine.look import scope_key
from reconciler.engine.loop.sight import Sight
from reconciler.engine.ports import Clock, Journal, sizes
from reconciler.engine.reconcile import shrank
from reconciler.model.desired import Desired
from reconciler.model.observed import Gap, Observed, VirtualMachine, VmKey
from reconciler.model.past import Past
from reconciler.model.plan import Plan
from reconciler.model.status import Status
from reconciler.planning import Brakes, candidates, plan
from reconciler.planning.status import points_wanted, status

REST = 3.0
"""How long a picture rests, as a multiple of what it cost: planning takes a quarter of the processor at most."""


@dataclass(frozen=True, slots=True)
class Picture:
    """`checks` are the VMs that Azure should be asked about, by vault; `points` those whose recovery points matter."""

    desired: Desired
    observed: Observed
    plan: Plan
    status: Status
    checks: Mapping[str, Sequence[VirtualMachine]]
    points: Sequence[tuple[str, VmKey]]


class Offload(Protocol):
    """Runs a pure function elsewhere, so that the loop stays awake; a test runs it in place."""

    def __call__(self, work: Callable[[], Picture], /) -> Awaitable[Picture]: ...


def draw(desired: Desired, observed: Observed, *, brakes: Brakes, past: Past, unread: tuple[Gap, ...] = ()) -> Picture:
    """Pure. `past` is what is remembered of earlier looks, `unread` what of the points is not known."""
    return Picture(
        desired,
        observed,
        plan(desired, observed, brakes=brakes, past=past),
        status(desired, observed, unread),
        candidates(desired, observed),
        points_wanted(desired, observed),
    )


async def in_place(work: Callable[[], Picture]) -> Picture:
    """Do the work here and now."""
    return work()


class Pictures:
    """Draws one picture at a time; all who ask while one is drawn share the next, however many vaults there are."""

    def __init__(
        self,
        sight: Sight,
        journal: Journal,
        chronicle: Chronicle,
        clock: Clock,
        leads: Callable[[], bool],
        offload: Offload = in_place,
    ) -> None:
        """Who does not lead leaves the journal as it is, and reads anew what the leader has written there."""
        self._chronicle = chronicle
        self._leads = leads
        self._sight = sight
        self._journal = journal
        self._clock = clock
        self._offload = offload
        self._alone = asyncio.Lock()
        self._last: tuple[int, Brakes, Picture] | None = None
        self._rested_at = float("-inf")

    async def draw(self, desired: Desired, brakes: Brakes) -> Picture:
        """A picture that holds all that has been seen by now."""
        wanted = self._sight.version
        async with self._alone:
            if self._last is not None:
                version, limits, picture = self._last
                if version >= wanted and limits == brakes and picture.desired is desired:
                    return picture
            await self._clock.sleep(max(self._rested_at - self._clock.monotonic(), 0.0))
            version, began = self._sight.version, self._clock.monotonic()
            picture = await self._draw(desired, brakes, began)
            ended = self._clock.monotonic()
            self._rested_at = ended + REST * (ended - began)
            self._last = version, brakes, picture
            return picture

    async def _draw(self, desired: Desired, brakes: Brakes, monotonic: float) -> Picture:
        observed = self._sight.whole(desired, self._clock.now(), monotonic)
        key, unread = scope_key(desired), self._sight.unread()
        previous = self._journal.last_sizes(key)
        if not self._leads():
            self._chronicle.forget()
        past = replace(self._chronicle.past, sizes=previous)
        picture = await self._offload(lambda: draw(desired, observed, brakes=brakes, past=past, unread=unread))
        now = sizes(observed)
        whole = observed.complete and len(observed.vaults) == len(desired.vaults)
        if self._leads() and whole and now != previous and not shrank(previous, now, brakes.max_shrink):
            self._journal.remember_sizes(key, now)
        return picture
