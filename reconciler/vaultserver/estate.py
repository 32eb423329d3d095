"""Filling a world: from an estate file's data, or with a generated one."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from reconciler.vaultserver import (
    arm,
    backups,
    containers,
    facts,
    failures,
    item_outcomes,
    item_requests,
    policies,
    policy_schedule,
    retention,
    vaults,
)
from reconciler.vaultserver.errors import ArmError
from reconciler.vaultserver.estate_model import (
    EstateError,
    EstatePart,
    MachinePart,
    ProtectedPart,
    VaultPart,
    path,
    read,
)
from reconciler.vaultserver.records import ItemRecord, PolicyRecord, VaultRecord, VmRecord
from reconciler.vaultserver.world import World, guid_of

__all__ = ["EstateError", "generate", "load"]

HOME = "00000000-0000-0000-0000-000000000001"
REGION = "westeurope"
GROUP = "rg-vms"

_NUMBER = re.compile(r"\{n(?::(0?\d+))?\}")


def load(world: World, data: object) -> None:
    """Fill an empty world with an estate; nothing is kept of one that has a mistake (EstateError)."""
    estate = read(data)
    with world.database.transaction():
        if estate.clock is not None:
            clock = estate.clock if estate.clock.tzinfo else estate.clock.replace(tzinfo=UTC)
            world.clock.start_at(clock)
        if estate.seed is not None:
            world.configure(seed=estate.seed)
        made = [_vault(world, number, part) for number, part in enumerate(estate.vaults)]
        machines = list(_machines(world, estate, made))
        _check_unique(machines)
        world.database.put_all(machines)
        for number, part in enumerate(estate.protected):
            _protect(world, made, machines, part, f"protected[{number}]")


def _vault(world: World, number: int, part: VaultPart) -> VaultRecord:
    vault = vaults.new_vault(world, part.subscription_id, part.resource_group, part.name, part.location)
    vault.tags = dict(part.tags)
    if part.generation == "Preview2015":
        vault.tags["reconcile-generation"] = part.generation
    vault.redundancy, vault.quota = part.redundancy, part.quota
    vault.soft_delete = "AlwaysON" if part.soft_delete.state == "AlwaysOn" else part.soft_delete.state
    vault.soft_delete_days = part.soft_delete.retention_days
    vault.immutability = part.immutability or ""
    vault.discovered = world.now if part.discovered else None
    world.database.put(vault)
    for place, policy in enumerate(part.policies):
        try:
            policies.make(world, vault, policy.name, policy.properties)
        except ArmError as refusal:
            where = path(("vaults", number, "policies", place))
            raise EstateError(f"{where}: the service refuses policy {policy.name!r}: {refusal}") from refusal
    return vault


def _machines(world: World, estate: EstatePart, made: list[VaultRecord]) -> Iterator[VmRecord]:
    home = estate.subscriptions[0].id if estate.subscriptions else HOME
    subscription = made[0].subscription_id if made else home
    location = made[0].location if made else REGION
    seed, now = world.settings.seed, world.now
    for number, part in enumerate(estate.virtual_machines):
        given = part.model_dump(by_alias=True, exclude_none=True, exclude={"count", "name", "resource_group"})
        given = {"subscriptionId": subscription, "location": location} | given
        for n in range(1, (part.count or 1) + 1):
            try:
                yield _machine(part, given, n, seed, now)
            except facts.FactError as error:
                raise EstateError(f"{path(('virtualMachines', number))}: {error}") from error


def _machine(part: MachinePart, given: dict[str, Any], n: int, seed: int, now: datetime) -> VmRecord:
    group = _numbered(part.resource_group or part.cloud_service or GROUP, part.count, n)
    name = _numbered(part.name, part.count, n)
    facts_given = {key: value for key, value in given.items() if key not in ("subscriptionId", "location")}
    if "cloudService" in facts_given:
        facts_given["cloudService"] = _numbered(facts_given["cloudService"], part.count, n)
    key = f"{given['subscriptionId']}/{group}/{name}"
    guid = guid_of(seed, f"vm/{arm.fold(key)}")
    return facts.new_vm(name, given["subscriptionId"], group, given["location"], guid, now, **facts_given)


def _numbered(text: str, count: int | None, n: int) -> str:
    if count is None:
        return text
    return _NUMBER.sub(lambda match: format(n, match[1] or ""), text)


def _check_unique(machines: list[VmRecord]) -> None:
    seen: set[str] = set()
    for vm in machines:
        if arm.fold(vm.id) in seen:
            raise EstateError(f"virtualMachines: {vm.id} is there twice")
        seen.add(arm.fold(vm.id))


def _protect(world: World, made: list[VaultRecord], machines: list[VmRecord], part: ProtectedPart, where: str) -> None:
    vault = next((vault for vault in made if part.vault in (vault.name, vault.id)), None)
    if vault is None:
        raise EstateError(f"{where}.vault: there is no vault {part.vault!r}")
    wanted = arm.fold(part.vm)
    found = [vm for vm in machines if wanted in (arm.fold(vm.name), arm.fold(vm.id))]
    if len(found) != 1:
        what = "there is no virtual machine" if not found else f"{len(found)} virtual machines are called"
        raise EstateError(f"{where}.vm: {what} {part.vm!r}" + (", give its id" if found else ""))
    policy = policies.find(world, f"{vault.id}/backupPolicies/{part.policy}")
    if policy is None:
        raise EstateError(f"{where}.policy: vault {vault.name!r} has no policy {part.policy!r}")
    _hold(world, vault, found[0], policy, part)


def _hold(world: World, vault: VaultRecord, vm: VmRecord, policy: PolicyRecord, part: ProtectedPart) -> None:
    """Make an item that has been protected for as many runs as it has points."""
    item = item_requests.new_item(world, vault, vm)
    containers.register(world, vault, vm)
    default = 0 if part.state == "IRPending" else 1
    count = default if part.recovery_points is None else part.recovery_points
    _past_points(world, item, vm, policy, count)
    item_outcomes.govern(world, vault, item, policy)
    if part.state == "ProtectionStopped":
        item_outcomes.stop(world, item)
    elif part.state == "SoftDeleted":
        item_outcomes.soft_delete(world, vault, item)
    elif part.state == "ProtectionError":
        failure = failures.VM_GONE if vm.deleted else failures.AGENT_UNAVAILABLE
        backups.ail(item, failure)
        item.last_backup, item.last_backup_status, item.state = world.now, "Failed", "ProtectionError"
        world.database.put(item)


def _past_points(world: World, item: ItemRecord, vm: VmRecord, policy: PolicyRecord, count: int) -> None:
    """Points at the policy's last runs; what its retention has already dropped is not among them."""
    run = policy_schedule.next_run(policy, world.now)
    moment = world.now if run is None else run
    step = timedelta(days=7 if policy_schedule.weekly(policy) else 1)
    for number in range(count, 0, -1):
        taken = moment - step * number
        if taken >= world.now:
            continue
        point = backups.make_point(world, item, vm, taken + backups.POINT_AFTER)
        point.tiers["HardenedRP"] = "Valid"
        world.database.put(retention.place(point, policy))
        item.last_backup, item.last_backup_status, item.last_point = taken, "Completed", point.time
        if taken < vm.created:
            vm.created = taken - timedelta(days=1)
            world.put_vm(vm)


def generate(count: int, seed: int = 1, subscription: str = HOME, location: str = REGION) -> dict[str, Any]:
    """The data of an estate: `count` machines with mixed facts and tags, and one vault; the same for the same seed."""
    vault = {"name": "rsv-seed", "subscriptionId": subscription, "location": location, "discovered": True}
    machines = [_generated(number, seed) for number in range(1, count + 1)]
    return {
        "estate": "v1",
        "seed": seed,
        "vaults": [vault | {"resourceGroup": "rg-backup", "quota": max(1000, count)}],
        "virtualMachines": machines,
    }


_TIERS = ("web", "app", "db", "job", "cache")
_ENVIRONMENTS = ("prod", "prod", "prod", "staging", "dev")


def _generated(number: int, seed: int) -> dict[str, Any]:
    def share(what: str) -> float:
        return zlib.crc32(f"{seed}/{number}/{what}".encode()) / 2**32

    def one_of(what: str, values: Sequence[Any]) -> Any:
        return values[int(share(what) * len(values))]

    tier, env = one_of("tier", _TIERS), one_of("env", _ENVIRONMENTS)
    windows = share("os") < 0.4
    machine: dict[str, Any] = {
        "name": f"{tier}-{number:06}",
        "resourceGroup": f"rg-{tier}-{env}",
        "os": "Windows" if windows else "Linux",
        "tags": {"env": env, "tier": tier, "backup": "off" if share("backup") < 0.05 else "on"},
        "dataDisks": one_of("disks", (0, 0, 1, 2, 4, 8)),
    }
    if share("off") < 0.06:
        machine["power"] = one_of("power", ("stopped", "deallocated"))
    if share("agent") < 0.03:
        machine["agent"] = {"status": "notReady"}
    if windows and share("vss") < 0.05:
        machine["vss"] = "failing"
    return machine
