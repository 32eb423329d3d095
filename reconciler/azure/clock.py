"""What the adapter needs of time and chance; both are passed in."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """Aware UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never run backwards."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class Randomness(Protocol):
    """What `random.Random` offers, as far as it is used here."""

    def random(self) -> float:
        """In [0, 1)."""
        ...

    def getrandbits(self, k: int, /) -> int: ...
