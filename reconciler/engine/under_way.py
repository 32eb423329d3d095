"""On which VMs a vault shows something under way, whoever started it."""

from __future__ import annotations

from datetime import datetime

from reconciler.model.ids import fold
from reconciler.model.observed import Job, Observed, VirtualMachine, VmKey


def under_way(observed: Observed) -> frozenset[VmKey]:
    """The VMs with a running job that changes their protection; a backup alone hinders nobody."""
    jobs = [job for vault in observed.vaults.values() for job in vault.jobs]
    containers = {job.container for job in jobs if job.running and job.operation != "Backup"}
    if not containers:
        return frozenset()
    return frozenset(key for key, vm in observed.vms.items() if _container(vm) in containers)


def job_since(observed: Observed, vault: str, key: VmKey, operation: str, since: datetime) -> Job | None:
    """The newest job of this kind that the vault shows for the VM and that was begun since then."""
    machine, seen = observed.vms.get(key), observed.vaults.get(vault)
    if machine is None or seen is None:
        return None
    label = _container(machine)
    begun = [
        (job.start, job.id, job)
        for job in seen.jobs
        if job.container == label and job.operation == operation and job.start is not None and job.start >= since
    ]
    return max(begun)[-1] if begun else None


def _container(machine: VirtualMachine) -> str:
    """As `Job.container` spells it."""
    kind, owner = "iaasvmcontainerv2", machine.resource_group
    if machine.classic:
        kind, owner = "iaasvmcontainer", machine.cloud_service or ""
    return fold(f"{kind};{owner};{machine.name}")
