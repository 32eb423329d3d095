"""Everything one planning looks at, looked up once: declarations by name, the estate, and what could not be seen."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from reconciler.model.desired import BackupPolicy, Desired, Vault
from reconciler.model.ids import BadSegmentError, VmName, fold
from reconciler.model.limits import LIMITS, Limits
from reconciler.model.observed import Job, Observed, ObservedVault, ProtectedItem, VirtualMachine, VmKey
from reconciler.model.past import Past
from reconciler.planning.estate import Estate

_SUBSCRIPTION = re.compile(r"/subscriptions/([^/]+)", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class Situation:
    """`desired` × `observed`, and what is remembered; equal inputs in another order make an equal situation."""

    desired: Desired
    observed: Observed
    past: Past = field(default_factory=Past)

    @cached_property
    def estate(self) -> Estate:
        return Estate(self.observed.vms.values())

    @cached_property
    def vaults(self) -> Mapping[str, Vault]:
        return {vault.name: vault for vault in sorted(self.desired.vaults, key=lambda vault: vault.name)}

    @cached_property
    def policies(self) -> Mapping[tuple[str, str], BackupPolicy]:
        """By vault and folded name."""
        return {(vault, fold(policy.name)): policy for policy in self.desired.policies for vault in policy.vaults}

    @cached_property
    def blind_vaults(self) -> frozenset[str]:
        """Vaults of which some part could not be seen."""
        gaps = {gap.vault for gap in self.observed.gaps if gap.vault is not None}
        return frozenset(gaps | {name for name in self.vaults if name not in self.observed.vaults})

    def sees_vms_of(self, subscription_id: str) -> bool:
        """Whether the list of VMs of a subscription is whole."""
        return self._all_seen and fold(subscription_id) not in self._blind_subscriptions

    @cached_property
    def _blind_subscriptions(self) -> frozenset[str]:
        found = (_SUBSCRIPTION.match(gap.scope) for gap in self.observed.gaps if gap.vault is None)
        return frozenset(fold(match[1]) for match in found if match)

    @cached_property
    def _all_seen(self) -> bool:
        return all(gap.vault is not None or _SUBSCRIPTION.match(gap.scope) for gap in self.observed.gaps)

    @cached_property
    def busy(self) -> Mapping[tuple[str, str], Job]:
        """Running jobs by vault and folded container."""
        jobs = ((name, job) for name, vault in self.observed.vaults.items() for job in vault.jobs if job.running)
        return {(name, fold(job.container)): job for name, job in sorted(jobs, key=lambda pair: pair[1].id)}

    @cached_property
    def holders(self) -> Mapping[VmKey, tuple[tuple[str, ProtectedItem], ...]]:
        """The vaults that have an item of a VM, in the order of their names."""
        held: dict[VmKey, list[tuple[str, ProtectedItem]]] = defaultdict(list)
        for name in sorted(self.observed.vaults):
            for key, item in self.observed.vaults[name].items.items():
                held[key].append((name, item))
        return {key: tuple(items) for key, items in held.items()}

    @cached_property
    def items_by_policy(self) -> Mapping[str, Counter[str]]:
        """How many items each folded policy of a vault has, counted from the items: the service's own figure lags."""
        return {
            name: Counter(fold(policy_of(item)) for item in vault.items.values())
            for name, vault in self.observed.vaults.items()
        }

    @cached_property
    def names(self) -> Counter[str]:
        return Counter(fold(vm.name) for vm in self.observed.vms.values())

    def limits(self, vault: Vault) -> Limits:
        return LIMITS[vault.generation]

    def label(self, arm_id: str) -> str:
        """The name of a VM for people; empty for what is no VM's id."""
        vm = self.observed.vms.get(fold(arm_id))
        return vm.label if vm is not None else label_of(arm_id) if vm_name(arm_id) else ""

    def seen(self, vault: Vault) -> ObservedVault:
        """What was seen of a vault; one that was not looked at reads as absent, so check `blind_vaults` first."""
        return self.observed.vaults.get(vault.name) or ObservedVault(vault.name, "", exists=False)

    def remembered(self, vault: Vault) -> Iterator[tuple[VmName, ProtectedItem]]:
        """The items of a vault whose VM is not among the observed ones."""
        items = self.seen(vault).items
        for key in sorted(items):
            if key not in self.observed.vms:
                name = vm_name(items[key].vm_arm_id)
                if name is not None:
                    yield name, items[key]


def situation_of(desired: Desired, observed: Observed, past: Past | None = None) -> Situation:
    """Documents may spell a vault in any case, as Azure's names may be: here all use the Vault document's spelling."""
    names = {fold(vault.name): vault.name for vault in desired.vaults}

    def spelled(vault: str) -> str:
        return names.get(fold(vault), vault)

    policies = (replace(one, vaults=tuple(spelled(vault) for vault in one.vaults)) for one in desired.policies)
    same = replace(
        desired,
        policies=tuple(policies),
        protections=tuple(replace(one, vault=spelled(one.vault)) for one in desired.protections),
        exemptions=tuple(replace(one, vault=spelled(one.vault)) for one in desired.exemptions),
        retirements=tuple(replace(one, vault=spelled(one.vault)) for one in desired.retirements),
        pauses=tuple(replace(one, vault=spelled(one.vault)) for one in desired.pauses),
    )
    return Situation(same, observed, past or Past())


def policy_of(item: ProtectedItem) -> str:
    return item.policy_name or item.policy_id.rstrip("/").rpartition("/")[2]


def vm_name(arm_id: str) -> VmName | None:
    try:
        return VmName.parse(arm_id)
    except BadSegmentError:
        return None


def container_key(vm: VirtualMachine) -> str:
    """How jobs name the VM they run for."""
    kind = "iaasvmcontainer" if vm.classic else "iaasvmcontainerv2"
    owner = (vm.cloud_service or vm.resource_group) if vm.classic else vm.resource_group
    return fold(f"{kind};{owner};{vm.name}")


def label_of(arm_id: str) -> str:
    """`group/vm` of an ARM id; an id that is none stays as it is."""
    name = vm_name(arm_id)
    return f"{name.resource_group}/{name.name}" if name else arm_id


def quoted(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
