"""How many requests are in flight: so many for each vault, so that one that hangs leaves room for the others."""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from reconciler.azure.budget import subscription_of
from reconciler.model.ids import fold

_VAULT = re.compile(
    r"/subscriptions/[^/?]+/resourceGroups/[^/?]+/providers/Microsoft\.RecoveryServices/vaults/[^/?]+", re.I
)
_VAULTS_AT_ONCE = 6


class Slots:
    """`each` for a vault, and for all that concerns no vault of a subscription; six times as many together."""

    def __init__(self, each: int) -> None:
        self._all = asyncio.Semaphore(each * _VAULTS_AT_ONCE)
        self._each: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(each))

    @asynccontextmanager
    async def take(self, url: str) -> AsyncIterator[None]:
        """Wait for a slot, and keep it for the time of one exchange."""
        match = _VAULT.search(url)
        key = fold(match[0]) if match else subscription_of(url)
        async with self._each[key], self._all:
            yield
