"""A writer of which only so many requests are in flight at once, however many operations are followed."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from reconciler.engine.ports import Writer
from reconciler.model.call import Call
from reconciler.model.outcome import Answer, Operation


class Narrow:
    """Implements Writer over another one."""

    def __init__(self, writer: Writer, slots: AbstractAsyncContextManager[object]) -> None:
        self._writer = writer
        self._slots = slots

    async def submit(self, call: Call, correlation_id: str) -> Answer:
        async with self._slots:
            return await self._writer.submit(call, correlation_id)

    async def poll(self, operation: Operation) -> Answer:
        async with self._slots:
            return await self._writer.poll(operation)
