"""The VMs of a snapshot, indexed so that no selection looks at more of them than it must."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache

from reconciler.model.desired import Selector, Vault, VmRef
from reconciler.model.ids import fold
from reconciler.model.observed import VirtualMachine, VmKey
from reconciler.planning.match import matches_any, meant

_SUGGESTED_FROM = 300
"""Names compared for a suggestion: enough to find a slip of the pen, few enough for an estate of any size."""

Scope = tuple[str, str]
"""Folded subscription and region."""


@lru_cache(maxsize=1024)
def region(location: str) -> str:
    """`West Europe` and `westeurope` are one region."""
    return fold("".join(location.split()))


def scope(vault: Vault) -> Scope:
    return fold(vault.subscription_id), region(vault.location)


class Estate:
    """Read-only; all lists are in the order of VM keys, whatever order the snapshot had."""

    def __init__(self, vms: Iterable[VirtualMachine]) -> None:
        self.vms = {vm.key: vm for vm in sorted(vms, key=lambda vm: vm.key)}

    def get(self, key: VmKey) -> VirtualMachine | None:
        return self.vms.get(key)

    def in_scope(self, vault: Vault) -> Sequence[VirtualMachine]:
        """The VMs of the vault's subscription and region: only these can it protect."""
        return self._by_scope.get(scope(vault), [])

    def chosen(self, vault: Vault, selector: Selector) -> list[VirtualMachine]:
        test = meant(selector)
        return [vm for vm in self._narrowed(vault, selector) if test(vm)]

    def named(self, vault: Vault, ref: VmRef) -> list[VirtualMachine]:
        """All VMs of the vault's subscription that a name can mean, in any region."""
        namesakes = self._by_name.get((fold(vault.subscription_id), fold(ref.name)), [])
        return [vm for vm in namesakes if _owned(vm, ref)]

    def close_to(self, vault: Vault, ref: VmRef) -> list[str]:
        """Up to three labels that look like the name."""
        wanted, subscription = fold(ref.name), fold(vault.subscription_id)
        near = self._by_start.get((subscription, wanted[:2]), [])
        hits = difflib.get_close_matches(wanted, near[:_SUGGESTED_FROM], n=3)
        return [vm.label for name in hits for vm in self._by_name[subscription, name]][:3]

    def _narrowed(self, vault: Vault, selector: Selector) -> Sequence[VirtualMachine]:
        here = scope(vault)
        if selector.tags:
            name, values = selector.tags[0]
            found = (vm for value in set(values) for vm in self._by_tag.get((here, fold(name), value), ()))
            return sorted(found, key=lambda vm: vm.key)
        if selector.resource_groups:
            groups = self._by_group.get(here, {})
            near = (vms for group, vms in groups.items() if matches_any(selector.resource_groups, group))
            return sorted((vm for vms in near for vm in vms), key=lambda vm: vm.key)
        return self.in_scope(vault)

    @cached_property
    def _by_scope(self) -> dict[Scope, list[VirtualMachine]]:
        index: dict[Scope, list[VirtualMachine]] = defaultdict(list)
        for vm in self.vms.values():
            index[_place(vm)].append(vm)
        return dict(index)

    @cached_property
    def _by_tag(self) -> dict[tuple[Scope, str, str], list[VirtualMachine]]:
        index: dict[tuple[Scope, str, str], list[VirtualMachine]] = defaultdict(list)
        for vm in self.vms.values():
            for name, value in vm.tags:
                index[_place(vm), fold(name), value].append(vm)
        return dict(index)

    @cached_property
    def _by_group(self) -> dict[Scope, dict[str, list[VirtualMachine]]]:
        index: dict[Scope, dict[str, list[VirtualMachine]]] = defaultdict(lambda: defaultdict(list))
        for vm in self.vms.values():
            index[_place(vm)][fold(vm.resource_group)].append(vm)
        return dict(index)

    @cached_property
    def _by_start(self) -> dict[tuple[str, str], list[str]]:
        """Folded names by their first two letters: slips of the pen are rare there."""
        index: dict[tuple[str, str], list[str]] = defaultdict(list)
        for subscription, name in sorted(self._by_name):
            index[subscription, name[:2]].append(name)
        return dict(index)

    @cached_property
    def _by_name(self) -> dict[tuple[str, str], list[VirtualMachine]]:
        index: dict[tuple[str, str], list[VirtualMachine]] = defaultdict(list)
        for vm in self.vms.values():
            index[fold(vm.subscription_id), fold(vm.name)].append(vm)
        return dict(index)


def _place(vm: VirtualMachine) -> Scope:
    return fold(vm.subscription_id), region(vm.location)


def _owned(vm: VirtualMachine, ref: VmRef) -> bool:
    if ref.cloud_service is not None and fold(ref.cloud_service) != fold(vm.cloud_service or ""):
        return False
    return ref.resource_group is None or fold(ref.resource_group) == fold(vm.resource_group)
