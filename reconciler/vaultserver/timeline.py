"""What happens by itself: events with a due time, carried out in order before every request is answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from reconciler.vaultserver import (
    backups,
    containers,
    discovery,
    item_outcomes,
    operations,
    policies,
    recovery_points,
    retention,
    vaults,
)

if TYPE_CHECKING:
    from reconciler.vaultserver.world import World

HANDLERS: dict[str, Callable[[World, str, dict[str, Any]], None]] = {
    "container-follows": item_outcomes.container_event,
    "discovery-ends": discovery.discovered_event,
    "item-purge": item_outcomes.purge_event,
    "item-request-ends": item_outcomes.ends_event,
    "job-ends": containers.unregistered_event,
    "operation-ends": operations.end_event,
    "points-expire": retention.expire_event,
    "policy-applied": policies.applied_event,
    "policy-reappears": policies.reappears_event,
    "policy-runs": backups.runs_event,
    "registration-ends": containers.registered_event,
    "restore-ends": recovery_points.restored_event,
    "snapshot-ends": backups.snapshot_event,
    "transfer-ends": backups.transfer_event,
    "vault-gone": vaults.gone_event,
    "vault-purge": vaults.purge_event,
    "vault-ready": vaults.ready_event,
}


def settle(world: World) -> None:
    """Carry out everything due by now, each at the time it was due; one transaction an event."""
    now = world.now
    while world.database.any_due(now):
        with world.database.transaction():
            event = world.database.take_event(now)
            if event is None:
                return
            due, kind, subject, body = event
            with world.at(due):
                HANDLERS[kind](world, subject, body)
