"""Request quotas, off unless switched on: ARM's token buckets, and the hourly quota of each action of the service."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from reconciler.vaultserver.errors import ArmError

if TYPE_CHECKING:
    from reconciler.vaultserver.routes import WireCall
    from reconciler.vaultserver.world import World

BUCKETS = {"reads": (250, 25.0), "writes": (200, 10.0), "deletes": (200, 10.0)}
"""Size and tokens a second of each bucket, a subscription (Microsoft docs: request-limits-and-throttling)."""

_GLOBAL = 15
_HOUR = timedelta(hours=1)
_PROVIDER = "microsoft.recoveryservices"
_VERBS = {"GET": "read", "HEAD": "read", "PUT": "write", "PATCH": "write", "DELETE": "delete"}


class Bucket(msgspec.Struct):
    tokens: float
    filled: datetime


class Window(msgspec.Struct):
    """The hour in which requests of one action are counted."""

    began: datetime
    used: int = 0


def bucket_of(method: str) -> str:
    return {"GET": "reads", "HEAD": "reads", "DELETE": "deletes"}.get(method, "writes")


def admit(world: World, call: WireCall) -> None:
    """Take a token, or answer 429 with the seconds until there is one."""
    if world.settings.throttle:
        _take_token(world, call)
    if world.settings.hourly_quota and action_of(call.method, call.request.url.path):
        _count(world, call)


def action_of(method: str, path: str) -> str:
    """The service's action, such as `Microsoft.RecoveryServices/vaults/backupJobs/read`; empty for other providers."""
    parts = path.strip("/").split("/")
    at = next((place for place, part in enumerate(parts) if part.lower() == _PROVIDER), None)
    if at is None:
        return ""
    below = parts[at + 1 :]
    if method == "POST":
        *below, last = below
        return "/".join(["Microsoft.RecoveryServices", *below[::2], last, "action"])
    return "/".join(["Microsoft.RecoveryServices", *below[::2], _VERBS[method]])


def _count(world: World, call: WireCall) -> None:
    """Recovery Services counts each action by itself, an hour long (WIRE 11); the wait stands in the text as well."""
    action, limit = action_of(call.method, call.request.url.path), world.settings.hourly_quota
    window = _window(world, call, action)
    if window.used >= limit:
        wait = max(1, round((window.began + _HOUR - world.now).total_seconds()))
        raise ArmError(
            429,
            "ResourceRequestsThrottled",
            f"Number of requests for action '{action}' exceeded the limit of '{limit}' for time interval '01:00:00'. "
            f"Please try again after '{wait}' seconds.",
            headers={"Retry-After": str(wait), "x-ms-failure-cause": "gateway", "Connection": "close"},
        )
    window.used += 1
    world.database.set_setting(_window_key(call, action), msgspec.json.encode(window).decode())


def _window_key(call: WireCall, action: str) -> str:
    return f"quota:{call.params.get('subscription', 'tenant').lower()}:{action.lower()}"


def _window(world: World, call: WireCall, action: str) -> Window:
    stored = world.database.setting(_window_key(call, action))
    window = msgspec.json.decode(stored, type=Window) if stored else Window(world.now)
    return window if world.now - window.began < _HOUR else Window(world.now)


def _take_token(world: World, call: WireCall) -> None:
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
    action = action_of(call.method, call.request.url.path) if world.settings.hourly_quota else ""
    rest = max(0, world.settings.hourly_quota - _window(world, call, action).used)
    return ({"x-ms-ratelimit-remaining-subscription-resource-requests": str(rest)} if action else {}) | {
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
