"""Whether a virtual machine can be protected or registered, and the service's reason when it cannot."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reconciler.vaultserver import failures
from reconciler.vaultserver.arm import fold
from reconciler.vaultserver.failures import Failure
from reconciler.vaultserver.records import ContainerRecord, ItemRecord, VaultRecord, VmRecord

if TYPE_CHECKING:
    from reconciler.vaultserver.world import World

DATA_DISKS = 32
DATA_DISKS_CLASSIC = 16
DISK_GB = 32767
PREVIEW_DATA_DISKS = 5
PREVIEW_DATA_GB = 5 * 1023
"""What the preview copies of one machine: five disks of the size that was the largest then."""

LEAST_AGENT = "2.6.1198.718"

_UNSUPPORTED = re.compile(
    r"windows (xp|vista|2000|nt)|server 200[03]|centos (linux )?[1-5]\b|coreos|flatcar|freebsd|32-bit|i[36]86",
    re.IGNORECASE,
)


def supported(vm: VmRecord) -> bool:
    """Whether the service knows the operating system."""
    return not _UNSUPPORTED.search(f"{vm.os_name} {vm.os_version}")


def version(text: str) -> tuple[int, ...]:
    """A dotted version for comparing part by part."""
    return tuple(int(part) for part in re.findall(r"\d+", text))


def held_elsewhere(world: World, vault: VaultRecord, vm_id: str) -> ItemRecord | None:
    """The item by which another vault that still exists holds the machine."""
    for item in world.database.linked(ItemRecord, vm_id):
        if item.scope != fold(vault.id) and world.vault(item.vault) is not None:
            return item
    return None


def protect_failure(world: World, vault: VaultRecord, vm: VmRecord | None) -> Failure | None:
    """Why a machine that is new to the vault cannot be protected now."""
    if vm is None:
        return failures.VM_UNKNOWN
    if fold(vm.location) != fold(vault.location):
        return failures.WRONG_REGION
    if held_elsewhere(world, vault, vm.id):
        return failures.ELSEWHERE
    own = sum(item.scope == fold(vault.id) for item in world.database.linked(ItemRecord, vm.id))
    if world.database.count(ItemRecord, vault.id) - own >= vault.quota:
        return failures.VAULT_FULL
    return None if vault.preview else _configuration(vm) or _condition(world, vm)


def _configuration(vm: VmRecord) -> Failure | None:
    if vm.provisioning_state == "Failed":
        return failures.BAD_STATE
    if too_many_disks(vm):
        return failures.TOO_MANY_DISKS
    if any(disk.size_gb > DISK_GB for disk in vm.data_disks):
        return failures.DISK_TOO_LARGE
    return None if supported(vm) else failures.OLD_OS


def too_many_disks(vm: VmRecord) -> bool:
    return len(vm.data_disks) > (DATA_DISKS_CLASSIC if vm.classic else DATA_DISKS)


def _condition(world: World, vm: VmRecord) -> Failure | None:
    if vm.power != "running":
        return None if world.settings.protect_stopped else failures.VM_OFFLINE
    if not vm.agent.present:
        return failures.AGENT_ABSENT
    if old_agent(vm):
        return failures.AGENT_OLD
    return None if vm.agent.status == "ready" else failures.AGENT_UNAVAILABLE


def old_agent(vm: VmRecord) -> bool:
    """Whether its agent is older than the least one; only that of Windows has such a version."""
    return vm.os == "Windows" and version(vm.agent.version) < version(LEAST_AGENT)


def register_failure(world: World, vault: VaultRecord, vm: VmRecord | None) -> Failure | None:
    """Why the preview service of 2015 cannot register a machine."""
    if vm is None:
        return failures.VM_UNKNOWN
    if fold(vm.location) != fold(vault.location):
        return failures.WRONG_REGION
    if held_elsewhere(world, vault, vm.id) or _registered_elsewhere(world, vault, vm):
        return failures.ELSEWHERE
    if vm.power != "running":
        return failures.PREVIEW_NOT_RUNNING
    if len(vm.data_disks) > PREVIEW_DATA_DISKS:
        return failures.PREVIEW_TOO_MANY_DISKS
    if unsupported_in_preview(vm):
        return failures.PREVIEW_INTERNAL
    if not supported(vm):
        return failures.PREVIEW_AGENT_TIMEOUT
    if not vm.agent.present or old_agent(vm):
        return failures.PREVIEW_NO_AGENT
    return None if vm.agent.status == "ready" else failures.PREVIEW_NO_EXTENSION


def unsupported_in_preview(vm: VmRecord) -> bool:
    """Premium storage, several network interfaces or a load balancer: the preview reports these as internal errors."""
    storages = [vm.os_disk_storage, *(disk.storage for disk in vm.data_disks)]
    return vm.nics > 1 or vm.load_balancer or any(fold(name).startswith("premium") for name in storages)


def _registered_elsewhere(world: World, vault: VaultRecord, vm: VmRecord) -> bool:
    return any(
        box.registration == "Registered" and box.scope != fold(vault.id) and world.vault(box.vault) is not None
        for box in world.database.linked(ContainerRecord, vm.id)
    )
