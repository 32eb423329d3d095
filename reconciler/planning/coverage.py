"""Whose VMs must be protected or exempted, and which of them are neither."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from reconciler.actions import ACTIONS
from reconciler.model.desired import Vault
from reconciler.model.observed import VirtualMachine, VmKey
from reconciler.model.plan import Basis, Coverage, Finding, Severity, Step
from reconciler.model.state import State
from reconciler.planning.match import has_tags, matches_any
from reconciler.planning.select import Wish
from reconciler.planning.situation import Situation


@dataclass(frozen=True, slots=True)
class Covered:
    coverage: Coverage
    findings: tuple[Finding, ...]


def cover(situation: Situation, wishes: Iterable[Wish], steps: Iterable[Step]) -> Covered:
    """Each VM in scope counted once. Protected is what was seen so; planned is what this plan sets out to protect."""
    wished = tuple(wishes)
    exempt = {wish.meant.key for wish in wished if wish.hands_off == "exempt"}
    spoken = {wish.meant.key for wish in wished}
    planned = _planned(steps)
    left: dict[VmKey, VirtualMachine] = {}
    counted: dict[VmKey, str] = {}
    findings: list[Finding] = []
    for vault in situation.vaults.values():
        here = list(in_scope(situation, vault))
        for vm in here:
            counted[vm.key] = _standing(situation, vm, planned, exempt)
        open_here = [vm for vm in here if counted[vm.key] == "uncovered"]
        left.update({vm.key: vm for vm in open_here})
        findings += _told(vault, [vm for vm in open_here if vm.key not in spoken])
    words = list(counted.values())
    required = any(vault.coverage is not None and vault.coverage.require for vault in situation.vaults.values())
    coverage = Coverage(
        len(words),
        words.count("protected"),
        words.count("planned"),
        words.count("exempt"),
        tuple(left[key].id for key in sorted(left)),
        required,
    )
    return Covered(coverage, tuple(findings))


def _planned(steps: Iterable[Step]) -> frozenset[str]:
    """ARM ids of VMs with a way to protection among the steps, whether or not a failure is foreseen on it."""
    return frozenset(step.subject.id for step in steps if ACTIONS[step.action].after is State.PROTECTED)


def in_scope(situation: Situation, vault: Vault) -> Iterator[VirtualMachine]:
    """The VMs that one vault's coverage is about."""
    scope = vault.coverage
    if scope is None:
        return
    for vm in situation.estate.in_scope(vault):
        group = not scope.resource_groups or matches_any(scope.resource_groups, vm.resource_group)
        if group and has_tags(vm, scope.tags):
            yield vm


def _standing(situation: Situation, vm: VirtualMachine, planned: Collection[str], exempt: Collection[VmKey]) -> str:
    if any(item.protected for _, item in situation.holders.get(vm.key, ())):
        return "protected"
    if vm.id in planned:
        return "planned"
    return "exempt" if vm.key in exempt else "uncovered"


def _told(vault: Vault, vms: list[VirtualMachine]) -> list[Finding]:
    """One finding a vault; VMs that a document names have findings of their own."""
    if not vms or vault.coverage is None:
        return []
    severity = Severity.ERROR if vault.coverage.require else Severity.INFO
    count = "1 virtual machine" if len(vms) == 1 else f"{len(vms)} virtual machines"
    text = f"No document means {count} in the coverage of the vault {vault.name!r}."
    source = vault.places.at("spec", "coverage")
    subjects = tuple(vm.id for vm in vms)
    return [Finding("vm-uncovered", severity, subjects, text, source, Basis.OBSERVED, vault.name)]
