"""Bring what a source has in force to the loop: once at the begin, at every news, and once an interval."""

from __future__ import annotations

import asyncio

import structlog

from reconciler.engine.loop.loop import Loop
from reconciler.engine.ports import Clock, Source
from reconciler.model.board import Rejected, SourceState
from reconciler.model.desired import Desired

SOON = (1.0, 5.0)
"""Seconds to the first looks: what changes before the source has begun to listen for changes is not told of."""

log = structlog.get_logger(__name__)


async def follow(source: Source, loop: Loop, clock: Clock, interval: float) -> None:
    """Until it is cancelled. `interval` is in seconds: a missed event costs no more than that."""
    ticking = asyncio.create_task(_tick(source, clock, interval))
    follower = _Follower(source, loop)
    try:
        await follower.look()
        async for _ in source.changes():
            await follower.look()
    finally:
        ticking.cancel()
        await asyncio.gather(ticking, return_exceptions=True)


async def _tick(source: Source, clock: Clock, interval: float) -> None:
    for pause in SOON:
        await clock.sleep(pause)
        source.wake()
    while True:
        await clock.sleep(interval)
        source.wake()


class _Follower:
    """Tells the loop at every look, and the log only of what is new."""

    def __init__(self, source: Source, loop: Loop) -> None:
        self._source = source
        self._loop = loop
        self._in_force: Desired | None = None
        self._rejected: Rejected | None = None
        self._trouble = ""

    async def look(self) -> None:
        found = await self._source.look()
        desired = found.desired
        if desired is not None and desired is not self._in_force:
            log.info("revision in force", revision=desired.revision, digest=desired.digest)
            self._loop.declare(desired, found.state)
        else:
            self._loop.tell_source(found.state)
        self._in_force = desired
        self._log(found.state)

    def _log(self, state: SourceState) -> None:
        rejected = state.rejected
        if rejected is not None and rejected != self._rejected:
            because = str(rejected.because)
            log.warning("revision rejected", revision=rejected.revision.id, because=because, how=rejected.how)
        if state.trouble and state.trouble != self._trouble:
            log.warning("source in trouble", source=state.title, trouble=state.trouble)
        self._rejected, self._trouble = rejected, state.trouble
