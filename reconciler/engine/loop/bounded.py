"""Wait for something, but not for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from reconciler.engine.ports import Clock

T = TypeVar("T")


async def bounded(work: Coroutine[Any, Any, T], seconds: float, clock: Clock) -> T:
    """What `work` comes to; raises TimeoutError, and has cancelled it, when it takes more seconds of the clock."""
    task = asyncio.create_task(work)
    bound = asyncio.create_task(clock.sleep(seconds))
    try:
        await asyncio.wait({task, bound}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise TimeoutError(f"it did not end within {seconds:.0f} seconds")
    finally:
        for one in (task, bound):
            one.cancel()
        await asyncio.gather(task, bound, return_exceptions=True)
