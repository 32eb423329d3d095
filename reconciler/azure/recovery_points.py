"""Recovery points of single items: one request each, for no list of items says how consistent they are."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from reconciler.azure.client import ReadClient
from reconciler.azure.decode.points import WirePoint, latest
from reconciler.azure.decode.points import points as decoded
from reconciler.azure.decode.times import filter_time
from reconciler.azure.listing import read_list
from reconciler.model import api, ids
from reconciler.model.call import Call
from reconciler.model.observed import Gap, ProtectedItem, RecoveryPoint

_AT_ONCE = 8
"""Items asked about at once: a status is looked at by a person, nothing waits for it."""

_AROUND = timedelta(minutes=1)
"""The list is asked for from shortly before the latest point on: an item may have thousands of older ones."""

Place = tuple[str, str]
"""The vault's name and the VM's key."""


async def read_points(
    client: ReadClient, items: Sequence[tuple[str, ProtectedItem]]
) -> tuple[Mapping[Place, RecoveryPoint], list[Gap]]:
    """Of items, each with the name of its vault; what could not be read is a gap."""
    correlation_id, places = client.correlation_id(), asyncio.Semaphore(_AT_ONCE)
    points: dict[Place, RecoveryPoint] = {}
    gaps: list[Gap] = []

    async def one(vault: str, item: ProtectedItem) -> None:
        async with places:
            since = (item.last_recovery_point or client.clock.now()) - _AROUND
            listing = await read_list(client, _call(client, item, since), WirePoint, correlation_id)
        gaps.extend(Gap(ids.fold(f"{item.id}/recoveryPoints"), reason, vault) for reason in listing.trouble)
        found = latest(listing.entries)
        if found is not None:
            points[vault, item.key] = found

    await asyncio.gather(*(one(vault, item) for vault, item in items if item.last_recovery_point is not None))
    return points, sorted(gaps, key=lambda gap: (gap.vault or "", gap.scope, gap.reason))


async def read_history(
    client: ReadClient, vault: str, item: ProtectedItem, since: datetime
) -> tuple[list[RecoveryPoint], list[Gap]]:
    """All recovery points of one item that were taken since a moment, the oldest first."""
    listing = await read_list(client, _call(client, item, since), WirePoint, client.correlation_id())
    gaps = [Gap(ids.fold(f"{item.id}/recoveryPoints"), reason, vault) for reason in listing.trouble]
    return decoded(listing.entries), gaps


def _call(client: ReadClient, item: ProtectedItem, since: datetime) -> Call:
    start, end = filter_time(since), filter_time(client.clock.now())
    query = (("$filter", f"startDate eq '{start}' and endDate eq '{end}'"),)
    return Call("GET", f"{item.id}/recoveryPoints", api.BACKUP, query=query)
