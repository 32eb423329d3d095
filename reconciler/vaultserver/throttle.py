"""Request quotas: ARM's token buckets, off unless the estate switches them on."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from reconciler.vaultserver.errors import ArmError

if TYPE_CHECKING:
    from reconciler.vaultserver.routes import WireCall
    from reconciler.vaultserver.world import World

BUCKETS = {"reads": (250, 25.0), "writes": (200, 10.0), "deletes": (200, 10.0)}
"""Size and tokens a second of each bucket, a subscription (Microsoft docs: request-limits-and-throttling)."""

_GLOBAL = 15


class Bucket(msgspec.Struct):
    tokens: float
    filled: datetime


def bucket_of(method: str) -> str:
    return {"GET": "reads", "HEAD": "reads", "DELETE": "deletes"}.get(method, "writes")


def admit(world: World, call: WireCall) -> None:
    """Take a token, or answer 429 with the seconds until there is one."""
    if not world.settings.throttle:
        return
    name = bucket_of(call.method)
    size, rate = BUCKETS[name]
    bucket = _level(world, call, name)
    if bucket.tokens < 1:
        wait = max(1, round((1 - bucket.tokens) / rate))
        raise ArmError(
            429,
            "TooManyRequests",
            f"The request is being throttled as the limit of {size} {name} has been reached. "
            f"Retry after {wait} seconds.",
            headers={"Retry-After": str(wait), "x-ms-failure-cause": "gateway"},
        )
    bucket.tokens -= 1
    world.database.set_setting(_key(call, name), msgspec.json.encode(bucket).decode())


def headers(world: World, call: WireCall) -> dict[str, str]:
    """What is left, as ARM tells it."""
    name = bucket_of(call.method)
    left = int(_level(world, call, name).tokens) if world.settings.throttle else BUCKETS[name][0] - 1
    return {
        f"x-ms-ratelimit-remaining-subscription-{name}": str(left),
        f"x-ms-ratelimit-remaining-subscription-global-{name}": str(BUCKETS[name][0] * _GLOBAL - 1),
    }


def _key(call: WireCall, name: str) -> str:
    return f"bucket:{call.params.get('subscription', 'tenant').lower()}:{name}"


def _level(world: World, call: WireCall, name: str) -> Bucket:
    size, rate = BUCKETS[name]
    stored = world.database.setting(_key(call, name))
    if stored is None:
        return Bucket(size, world.now)
    bucket = msgspec.json.decode(stored, type=Bucket)
    passed = max((world.now - bucket.filled).total_seconds(), 0.0)
    return Bucket(min(size, bucket.tokens + passed * rate), world.now)
