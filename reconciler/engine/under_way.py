"""On which VMs a vault shows something under way, whoever started it."""

from __future__ import annotations

from reconciler.model.ids import fold
from reconciler.model.observed import Observed, VirtualMachine, VmKey


def under_way(observed: Observed) -> frozenset[VmKey]:
    """The VMs with a running job that changes their protection; a backup alone hinders nobody."""
    jobs = [job for vault in observed.vaults.values() for job in vault.jobs]
    containers = {job.container for job in jobs if job.running and job.operation != "Backup"}
    if not containers:
        return frozenset()
    return frozenset(key for key, vm in observed.vms.items() if _container(vm) in containers)


def _container(machine: VirtualMachine) -> str:
    """As `Job.container` spells it."""
    kind, owner = "iaasvmcontainerv2", machine.resource_group
    if machine.classic:
        kind, owner = "iaasvmcontainer", machine.cloud_service or ""
    return fold(f"{kind};{owner};{machine.name}")
