"""Bring what a source has in force to the loop: once at the begin, at every news, and once an interval."""

from __future__ import annotations

import asyncio

import structlog

from reconciler.engine.loop.loop import Loop
from reconciler.engine.ports import Clock, Source
from reconciler.model.desired import Desired

log = structlog.get_logger(__name__)


async def follow(source: Source, loop: Loop, clock: Clock, interval: float) -> None:
    """Until it is cancelled. `interval` is in seconds: a missed event costs no more than that."""
    ticking = asyncio.create_task(_tick(source, clock, interval))
    last: Desired | None = None
    try:
        last = await _look(source, loop, last)
        async for _ in source.changes():
            last = await _look(source, loop, last)
    finally:
        ticking.cancel()
        await asyncio.gather(ticking, return_exceptions=True)


async def _tick(source: Source, clock: Clock, interval: float) -> None:
    while True:
        await clock.sleep(interval)
        source.wake()


async def _look(source: Source, loop: Loop, last: Desired | None) -> Desired | None:
    found = await source.look()
    if found.desired is not None and found.desired is not last:
        log.info("revision in force", revision=found.desired.revision, digest=found.desired.digest)
        loop.declare(found.desired, found.state)
    else:
        loop.tell_source(found.state)
    if found.state.rejected is not None:
        rejected = found.state.rejected
        log.warning("revision rejected", revision=rejected.revision.id, because=str(rejected.because), how=rejected.how)
    return found.desired
