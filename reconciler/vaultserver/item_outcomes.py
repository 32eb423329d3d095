"""What becomes of an item when a request for it has run its time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from reconciler.vaultserver import containers, eligibility, faults, jobs, operations, policies, retention
from reconciler.vaultserver.failures import Failure
from reconciler.vaultserver.records import (
    ContainerRecord,
    ItemRecord,
    JobRecord,
    PointRecord,
    PolicyRecord,
    VaultRecord,
)

if TYPE_CHECKING:
    from reconciler.vaultserver.world import World


def ends_event(world: World, subject: str, body: dict[str, Any]) -> None:
    """Timeline: carry out what was asked of an item, or tell why not."""
    item = world.database.get(ItemRecord, subject)
    vault = world.vault(item.vault) if item else None
    if item is None or vault is None:
        return
    failure = _failure(world, vault, item, body)
    item.busy = ""
    if failure is not None:
        if item.pending:
            world.database.delete(item)
        else:
            world.database.put(item)
        jobs.fail(world, body["job"], failure)
        operations.end(world, body["operation"], failure.operation_error())
        return
    _carry_out(world, vault, item, body)
    jobs.complete(world, body["job"])
    operations.end(world, body["operation"])


def _failure(world: World, vault: VaultRecord, item: ItemRecord, body: dict[str, Any]) -> Failure | None:
    job = world.database.get(JobRecord, body["job"])
    injected = faults.meet_job(world, job.operation, item.friendly_name) if job else None
    if injected is not None:
        return Failure(injected.code, injected.number, injected.message)
    return eligibility.protect_failure(world, vault, world.vm(item.vm)) if body["verb"] == "enable" else None


def _carry_out(world: World, vault: VaultRecord, item: ItemRecord, body: dict[str, Any]) -> None:
    verb = body["verb"]
    if verb in ("enable", "change", "resume"):
        policy = policies.find(world, body["policy"])
        if body.get("extended"):
            item.extended = body["extended"]
        if policy is not None:
            govern(world, vault, item, policy)
    elif verb == "stop":
        stop(world, item)
    elif verb == "suspend":
        item.state = "BackupsSuspended"
        world.database.put(item)
    elif verb == "undelete":
        undelete(world, vault, item)
    elif verb == "soft-delete":
        job = world.database.get(JobRecord, body["job"])
        soft_delete(world, vault, item, job.start if job else None)
    else:
        erase(world, item)


def govern(world: World, vault: VaultRecord, item: ItemRecord, policy: PolicyRecord) -> None:
    """Put an item under a policy."""
    item.pending = False
    item.policy, item.policy_type = policy.id, policy.policy_type
    item.state = "Protected" if item.last_point else "IRPending"
    world.database.put(item)
    vm = world.vm(item.vm)
    if vm is not None:
        containers.register(world, vault, vm)
    retention.realign(world, item, policy)


def stop(world: World, item: ItemRecord) -> None:
    """No more backups; every point is kept for ever."""
    item.state, item.policy = "ProtectionStopped", ""
    world.database.put(item)
    retention.realign(world, item, None)


def soft_delete(world: World, vault: VaultRecord, item: ItemRecord, asked: datetime | None = None) -> None:
    """Delete the data, to be purged when the vault's days, counted from the request, are over."""
    item.state, item.policy, item.deleted = "ProtectionStopped", "", asked or world.now
    world.database.put(item)
    world.database.cancel_events(item.id, "points-expire")
    _mark_container(world, item, deleted=True)
    world.later(item.deleted + timedelta(days=vault.soft_delete_days), "item-purge", item.id)


def undelete(world: World, vault: VaultRecord, item: ItemRecord) -> None:
    """Bring a soft-deleted item back, stopped and without a policy."""
    item.deleted, item.state, item.policy = None, "ProtectionStopped", ""
    world.database.put(item)
    world.database.cancel_events(item.id, "item-purge")
    retention.realign(world, item, None)
    world.later(world.now + timedelta(seconds=CONTAINER_LAG), "container-follows", item.id, vault=vault.id)


CONTAINER_LAG = 30
"""Seconds for which a container still reads SoftDeleted after an undelete (seen for 14 s in a recording)."""


def container_event(world: World, subject: str, _body: dict[str, Any]) -> None:
    """Timeline: a container notices that its item is back."""
    item = world.database.get(ItemRecord, subject)
    if item is not None and item.deleted is None:
        _mark_container(world, item, deleted=False)


def _mark_container(world: World, item: ItemRecord, *, deleted: bool) -> None:
    box = world.database.get(ContainerRecord, item.container)
    if box is not None:
        box.registration = "SoftDeleted" if deleted else "Registered"
        world.database.put(box)


def erase(world: World, item: ItemRecord) -> None:
    """Take away an item with its points and its container."""
    for point in world.database.linked(PointRecord, item.id):
        world.database.delete(point)
    for kind in ("points-expire", "item-purge", "container-follows"):
        world.database.cancel_events(item.id, kind)
    box = world.database.get(ContainerRecord, item.container)
    if box is not None:
        world.database.delete(box)
    world.database.delete(item)


def purge_event(world: World, subject: str, _body: dict[str, Any]) -> None:
    """Timeline: the days of a soft-deleted item are over."""
    item = world.database.get(ItemRecord, subject)
    if item is not None and item.deleted is not None:
        erase(world, item)
