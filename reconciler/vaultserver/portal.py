"""What somebody else may do: in the portal or in the guest, at once; or a longer operation, which is begun."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.vaultserver import (
    activity,
    backups,
    containers,
    discovery,
    item_outcomes,
    item_requests,
    policies,
    recovery_points,
    retention,
)
from reconciler.vaultserver.arm import fold, vm_id
from reconciler.vaultserver.records import (
    ContainerRecord,
    ItemRecord,
    JobRecord,
    PolicyRecord,
    VaultRecord,
    VmRecord,
)
from reconciler.vaultserver.wire_times import american

if TYPE_CHECKING:
    from reconciler.vaultserver.world import World


class NoSuchThingError(LookupError):
    """What was to be changed is not there; the text names it."""


def find_vm(world: World, name_or_id: str) -> VmRecord:
    """The machine with this id, or the only one with this name."""
    found = world.vm(name_or_id)
    if found is not None:
        return found
    named = [vm for vm in world.vms() if fold(vm.name) == fold(name_or_id)]
    if len(named) != 1:
        problem = "there is no virtual machine" if not named else f"{len(named)} virtual machines are called"
        raise NoSuchThingError(f"{problem} {name_or_id!r}" + (", give its id" if named else ""))
    return named[0]


def find_vault(world: World, name_or_id: str) -> VaultRecord:
    """The vault with this id, or the only one with this name."""
    found = world.vault(name_or_id)
    named = [found] if found else [vault for vault in world.vaults() if fold(vault.name) == fold(name_or_id)]
    if len(named) != 1:
        problem = "there is no vault" if not named else f"{len(named)} vaults are called"
        raise NoSuchThingError(f"{problem} {name_or_id!r}" + (", give its id" if named else ""))
    return named[0]


def find_item(world: World, name_or_id: str) -> ItemRecord:
    """The protected item of a machine, given by name or id; a machine that is gone counts too."""
    wanted = fold(name_or_id)
    for item in world.items():
        if wanted in (item.link, fold(item.friendly_name), fold(item.id)):
            return item
    raise NoSuchThingError(f"no vault protects {name_or_id!r}")


def delete_vm(world: World, name_or_id: str) -> None:
    """Delete a machine; its protected item stays and starts to fail."""
    with world.database.transaction():
        vm = find_vm(world, name_or_id)
        vm.deleted = True
        world.put_vm(vm)


def recreate_vm(world: World, arm_id: str) -> VmRecord:
    """Make another machine under the id of a deleted one: it has a vmId of its own."""
    with world.database.transaction():
        vm = world.database.get(VmRecord, arm_id)
        if vm is None:
            raise NoSuchThingError(f"there never was a virtual machine {arm_id!r}")
        vm.vm_id, vm.deleted, vm.created = world.guid(), False, world.now
        world.put_vm(vm)
        return vm


def move_vm(world: World, name_or_id: str, resource_group: str) -> VmRecord:
    """Move a machine to another group; its id changes, its vmId does not."""
    with world.database.transaction():
        vm = find_vm(world, name_or_id)
        world.database.delete(vm)
        vm.resource_group = resource_group
        vm.id = vm_id(vm.subscription_id, resource_group, vm.name, classic=vm.classic)
        world.put_vm(vm)
        return vm


def rename_group(world: World, subscription: str, before: str, after: str) -> int:
    """Change how a group is written, in every machine of it; only its case may change. How many there were."""
    if fold(before) != fold(after):
        raise NoSuchThingError(f"a group cannot be renamed from {before!r} to {after!r}, only its case can change")
    machines = [vm for vm in world.vms(subscription) if fold(vm.resource_group) == fold(before)]
    for vm in machines:
        vm.resource_group = after
        vm.id = vm_id(vm.subscription_id, after, vm.name, classic=vm.classic)
    world.database.put_all(machines)
    return len(machines)


def _vault_of(world: World, item: ItemRecord) -> VaultRecord:
    vault = world.vault(item.vault)
    if vault is None:
        raise NoSuchThingError(f"there is no vault {item.vault!r}")
    return vault


def _policy(world: World, vault: VaultRecord, name: str) -> PolicyRecord:
    policy = policies.find(world, f"{vault.id}/backupPolicies/{name}")
    if policy is None:
        raise NoSuchThingError(f"vault {vault.name!r} has no policy {name!r}")
    return policy


def protect(world: World, name_or_id: str, vault_id: str, policy: str = "DefaultPolicy") -> ItemRecord:
    """Protect a machine, whatever its state; the vault is given by its name or id."""
    with world.database.transaction():
        vm, vault = find_vm(world, name_or_id), find_vault(world, vault_id)
        item = item_requests.new_item(world, vault, vm)
        item_outcomes.govern(world, vault, item, _policy(world, vault, policy))
        activity.note(world, item.id)
        return item


def change_policy(world: World, name_or_id: str, policy: str) -> None:
    """Put an item under another policy; this also resumes a stopped one."""
    with world.database.transaction():
        item = find_item(world, name_or_id)
        vault = _vault_of(world, item)
        item_outcomes.govern(world, vault, item, _policy(world, vault, policy))
        activity.note(world, item.id)


def stop(world: World, name_or_id: str) -> None:
    with world.database.transaction():
        item = find_item(world, name_or_id)
        item_outcomes.stop(world, item)
        activity.note(world, item.id)


def delete_data(world: World, name_or_id: str) -> None:
    """Delete the backup data: softly where the vault does so."""
    with world.database.transaction():
        item = find_item(world, name_or_id)
        vault = _vault_of(world, item)
        if vault.soft_delete == "Disabled" or vault.preview or item.deleted is not None:
            item_outcomes.erase(world, item)
        else:
            item_outcomes.soft_delete(world, vault, item)
        activity.note(world, item.id, "delete")


def undelete(world: World, name_or_id: str) -> None:
    with world.database.transaction():
        item = find_item(world, name_or_id)
        item_outcomes.undelete(world, _vault_of(world, item), item)
        activity.note(world, item.id)


def edit_policy(world: World, policy_id: str, **changes: Any) -> PolicyRecord:
    """Change members of a policy's properties, as the service would check them; its items follow at once."""
    with world.database.transaction():
        policy = policies.find(world, policy_id)
        vault = world.vault(policy.vault) if policy else None
        if policy is None or vault is None:
            raise NoSuchThingError(f"there is no policy {policy_id!r}")
        changed = policies.make(world, vault, policy.name, policy.properties | changes)
        for item in policies.using(world, changed):
            retention.realign(world, item, changed)
        activity.note(world, changed.id)
        return changed


def back_up(world: World, name_or_id: str) -> JobRecord:
    """Begin a backup of the service's own, as a schedule would."""
    with world.database.transaction():
        item = find_item(world, name_or_id)
        return backups.start(world, _vault_of(world, item), item, None, None)


def restore(world: World, name_or_id: str) -> None:
    """Begin a restore of a machine's disks from its last point."""
    with world.database.transaction():
        item = find_item(world, name_or_id)
        points = world.recovery_points(item.id)
        if not points:
            raise NoSuchThingError(f"{name_or_id!r} has no recovery point yet")
        bag = {"Job Type": "Recover disks", "Recovery point time ": american(points[0].time)}
        recovery_points.begin(world, _vault_of(world, item), item, item.id, bag)


def discover(world: World, name_or_id: str) -> None:
    """Begin a discovery in a vault."""
    with world.database.transaction():
        discovery.begin(world, find_vault(world, name_or_id))


def register(world: World, name_or_id: str, vault: str) -> None:
    """Begin a registration in the preview; in today's service there is none."""
    with world.database.transaction():
        vm, into = find_vm(world, name_or_id), find_vault(world, vault)
        if not into.preview:
            raise NoSuchThingError(f"vault {into.name!r} is none of the preview: it registers by protecting")
        found = containers.names(into.id, vm.item_key)
        box = world.database.get(ContainerRecord, found.container) or containers.make(into, vm)
        containers.begin_registration(world, into, box, found)
