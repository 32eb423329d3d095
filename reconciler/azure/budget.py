"""Request budgets: a token bucket for reads and one for writes per subscription, and pauses that Azure asks for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from reconciler.azure.clock import Clock
from reconciler.model.ids import fold

Kind = Literal["reads", "writes"]

CAPACITY: Mapping[Kind, tuple[float, float]] = {"reads": (250.0, 25.0), "writes": (200.0, 10.0)}
"""Tokens, and tokens a second: Resource Manager's own buckets, per subscription and principal (WIRE 11)."""

PATIENCE = 120.0
"""Seconds that a caller waits for its turn before it is told to come back later."""

WRITE_PATIENCE = 5.0
"""The same for a write: much may change until it is sent, so whoever has to wait longer asks anew whether it may."""

_SUBSCRIPTION = re.compile(r"/subscriptions/([^/?]+)", re.IGNORECASE)
_REMAINING = re.compile(r"[0-9]{1,9}")
_HEADERS: Mapping[Kind, tuple[str, ...]] = {
    "reads": ("x-ms-ratelimit-remaining-subscription-reads", "x-ms-ratelimit-remaining-subscription-global-reads"),
    "writes": (
        "x-ms-ratelimit-remaining-subscription-writes",
        "x-ms-ratelimit-remaining-subscription-global-writes",
        "x-ms-ratelimit-remaining-subscription-deletes",
    ),
}
_RESOURCE = "x-ms-ratelimit-remaining-subscription-resource-requests"


def subscription_of(path: str) -> str:
    """The folded subscription of a path, empty for one outside of any."""
    match = _SUBSCRIPTION.search(path)
    return fold(match[1]) if match else ""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


@dataclass(slots=True)
class _Account:
    buckets: dict[Kind, _Bucket] = field(default_factory=dict)
    paused_until: float = float("-inf")


class Budget:
    """Keeps all callers of a subscription within its buckets, and stops them all while Azure asks for it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._accounts: dict[str, _Account] = {}
        self._left: dict[tuple[str, str], int] = {}

    async def take(self, subscription: str, kind: Kind, patience: float = PATIENCE) -> float:
        """Wait for a turn and use it: 0. If that would take longer than `patience`, the seconds to stay away.

        Turns are given in the order of asking: each caller reserves its token and sleeps until it is there.
        """
        wait = max(self._paused(subscription), self._owed(subscription, kind))
        if wait > patience:
            return wait
        self._bucket(subscription, kind).tokens -= 1
        while wait > 0:
            await self._clock.sleep(wait)
            wait = self._paused(subscription)
            if wait > patience:
                self._bucket(subscription, kind).tokens += 1
                return wait
        return 0.0

    def pause(self, subscription: str, seconds: float) -> None:
        """Let nobody send to the subscription for a while; a pause is never shortened."""
        account = self._account(subscription)
        account.paused_until = max(account.paused_until, self._clock.monotonic() + seconds)

    def note(self, subscription: str, headers: Mapping[str, str], action: str = "") -> None:
        """Lower the buckets to what an answer's headers say is left. `action` names the kind of resource asked for."""
        for kind, names in _HEADERS.items():
            left = [int(headers[name]) for name in names if _REMAINING.fullmatch(headers.get(name, ""))]
            if left:
                bucket = self._bucket(subscription, kind)
                bucket.tokens = min(bucket.tokens, float(min(left)))
        if action and _REMAINING.fullmatch(headers.get(_RESOURCE, "")):
            self._left[subscription, action] = int(headers[_RESOURCE])

    def left(self, subscription: str, action: str) -> int | None:
        """What the last answer said is left this hour of an action's own quota (`backupJobs`); None when none said."""
        return self._left.get((subscription, action))

    def _paused(self, subscription: str) -> float:
        return max(0.0, self._account(subscription).paused_until - self._clock.monotonic())

    def _owed(self, subscription: str, kind: Kind) -> float:
        """Seconds until the next token that nobody has reserved."""
        return max(0.0, (1 - self._bucket(subscription, kind).tokens) / CAPACITY[kind][1])

    def _account(self, subscription: str) -> _Account:
        return self._accounts.setdefault(subscription, _Account())

    def _bucket(self, subscription: str, kind: Kind) -> _Bucket:
        size, rate = CAPACITY[kind]
        now = self._clock.monotonic()
        bucket = self._account(subscription).buckets.setdefault(kind, _Bucket(size, now))
        bucket.tokens = min(size, bucket.tokens + (now - bucket.at) * rate)
        bucket.at = now
        return bucket
