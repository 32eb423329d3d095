"""How long recovery points live: aligned with a policy, kept for ever when stopped, pruned in time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from reconciler.vaultserver import policy_schedule
from reconciler.vaultserver.records import ItemRecord, PointRecord, PolicyRecord

if TYPE_CHECKING:
    from reconciler.vaultserver.world import World


def place(point: PointRecord, policy: PolicyRecord | None) -> PointRecord:
    """Give a point its expiry; without a policy it is kept for ever."""
    if policy is None:
        point.expiry = point.instant_until = None
        return point
    days = policy.properties.get("instantRpRetentionRangeInDays", 2)
    point.instant_until = point.time + timedelta(days=days)
    if point.fixed is not None:
        point.expiry, point.rule = point.fixed, "On-Demand"
    else:
        point.expiry, point.rule = policy_schedule.kept(policy, point.time)
    return point


def realign(world: World, item: ItemRecord, policy: PolicyRecord | None) -> None:
    """Make every point of an item follow a policy, or none."""
    points = world.database.linked(PointRecord, item.id)
    world.database.put_all([place(point, policy) for point in points])
    watch(world, item)


def watch(world: World, item: ItemRecord) -> None:
    """See to the next moment at which a point of the item loses a tier or expires."""
    world.database.cancel_events(item.id, "points-expire")
    moments = [
        moment
        for point in world.database.linked(PointRecord, item.id)
        for moment in (point.expiry, point.instant_until if point.tiers.get("InstantRP") == "Valid" else None)
        if moment is not None
    ]
    if moments:
        world.later(max(min(moments), world.now), "points-expire", item.id)


def expire_event(world: World, subject: str, _body: dict[str, Any]) -> None:
    """Timeline: prune what is over and drop instant copies whose days are over."""
    item = world.database.get(ItemRecord, subject)
    if item is None or item.deleted is not None:
        return
    for point in world.database.linked(PointRecord, subject):
        if point.expiry is not None and point.expiry <= world.now:
            world.database.delete(point)
        elif point.instant_until is not None and point.instant_until <= world.now:
            if point.tiers.get("HardenedRP") == "Valid":
                point.tiers["InstantRP"] = "Deleted"
            point.instant_until = None
            world.database.put(point)
    watch(world, item)
