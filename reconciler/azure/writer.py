"""The one way in which calls are sent and operations followed."""

from __future__ import annotations

from reconciler.azure.client import WriteClient
from reconciler.model.call import Call
from reconciler.model.outcome import Answer, Operation


class AzureWriter:
    """The engine's Writer."""

    def __init__(self, client: WriteClient) -> None:
        self._client = client

    async def submit(self, call: Call, correlation_id: str) -> Answer:
        """Send once; never waits for the operation, never sends again."""
        return await self._client.submit(call, correlation_id)

    async def poll(self, operation: Operation) -> Answer:
        """Look once at a running operation: Pending while it runs."""
        return await self._client.poll(operation)
