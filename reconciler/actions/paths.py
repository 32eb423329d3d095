"""Where a request goes: ARM paths of a vault's content, made from declared names or from the id Azure gave."""

from __future__ import annotations

from reconciler.actions.action import Target
from reconciler.model.desired import BackupPolicy, Vault
from reconciler.model.ids import container_name, item_name, segment, subscription_path, vault_path
from reconciler.model.observed import ProtectedItem, VirtualMachine

COMPUTE_TYPE = "Microsoft.Compute/virtualMachines"
CLASSIC_TYPE = "Microsoft.ClassicCompute/virtualMachines"


class NothingToActOnError(ValueError):
    """A target without the VM, the item or the policy that the action is about: a bug of the planner."""


def vault_id(vault: Vault) -> str:
    """The ARM id of a declared vault; raises BadSegmentError."""
    return vault_path(vault.subscription_id, vault.resource_group, vault.name)


def fabric(vault: Vault) -> str:
    return f"{vault_id(vault)}/backupFabrics/Azure"


def policy_id(vault: Vault, policy: str) -> str:
    return f"{vault_id(vault)}/backupPolicies/{segment(policy)}"


def location_path(vault: Vault, check: str) -> str:
    """One of Azure's checks without effect; they live under the subscription and the region."""
    region = "".join(vault.location.split()).lower()
    base = f"{subscription_path(vault.subscription_id)}/providers/Microsoft.RecoveryServices"
    return f"{base}/locations/{segment(region)}/{check}"


def container_path(target: Target) -> str:
    vm = needed_vm(target)
    return f"{fabric(target.vault)}/protectionContainers/{container_name(_owner(vm), vm.name, classic=vm.classic)}"


def item_path(target: Target) -> str:
    """The item's own id where it exists; else the name the service will give it (WIRE 4)."""
    if target.item is not None:
        return target.item.id
    vm = needed_vm(target)
    return f"{container_path(target)}/protectedItems/{item_name(_owner(vm), vm.name, classic=vm.classic)}"


def source_id(target: Target) -> str:
    """The VM's ARM id as Azure wrote it; of a VM that is gone, the one its item remembers."""
    return target.vm.id if target.vm is not None else needed_item(target).vm_arm_id


def item_type(target: Target) -> str:
    classic = target.vm.classic if target.vm is not None else "classiccompute" in source_id(target).lower()
    return CLASSIC_TYPE if classic else COMPUTE_TYPE


def needed_vm(target: Target) -> VirtualMachine:
    if target.vm is None:
        raise NothingToActOnError("the action needs a VM")
    return target.vm


def needed_item(target: Target) -> ProtectedItem:
    if target.item is None:
        raise NothingToActOnError("the action needs a protected item")
    return target.item


def needed_policy(target: Target) -> BackupPolicy:
    if target.policy is None:
        raise NothingToActOnError("the action needs a policy")
    return target.policy


def _owner(vm: VirtualMachine) -> str:
    return (vm.cloud_service or vm.resource_group) if vm.classic else vm.resource_group
