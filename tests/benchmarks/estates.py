"""Estates of any size, made up: vaults of a thousand machines, wished for by tag and in every state of protection."""

from __future__ import annotations

from dataclasses import replace

from reconciler.model.desired import BackupPolicy, Desired, Protection, Selector, Vault
from reconciler.model.ids import fold
from reconciler.model.observed import Observed, ObservedVault, Power, VirtualMachine
from tests.unit.planning.making import NOW, SUB, VAULT, VAULT_ID, item, machine, rules, seen_policy

IN_A_VAULT = 1000


def estate(machines: int, *, protected: bool) -> tuple[Desired, Observed]:
    """`protected` has nine of ten machines protected already; otherwise none is, and each needs two steps."""
    vaults = [f"rsv-{number:03}" for number in range(-(-machines // IN_A_VAULT))]
    vms = {name: _machines(name, IN_A_VAULT) for name in vaults}
    desired = Desired(
        vaults=tuple(Vault(name, SUB, "rg-backup", "westeurope") for name in vaults),
        policies=(BackupPolicy("daily", tuple(vaults), rules()),),
        protections=tuple(
            Protection(name, name, "daily", select=Selector(tags=(("vault", (name,)),))) for name in vaults
        ),
    )
    seen = {name: _vault(name, vms[name], protected=protected) for name in vaults}
    return desired, Observed(NOW, seen, {vm.key: vm for found in vms.values() for vm in found})


def _machines(vault: str, count: int) -> list[VirtualMachine]:
    made = [machine(f"{vault}-vm-{number:04}", f"rg-{vault}") for number in range(count)]
    power = {9: Power.DEALLOCATED}
    return [
        replace(vm, tags=(("vault", vault),), power=power.get(number % 10, Power.RUNNING))
        for number, vm in enumerate(made)
    ]


def _vault(name: str, vms: list[VirtualMachine], *, protected: bool) -> ObservedVault:
    kept = [vm for number, vm in enumerate(vms) if protected and number % 10]
    return ObservedVault(
        name,
        VAULT_ID.removesuffix(VAULT.name) + name,
        exists=True,
        location="westeurope",
        policies={"daily": seen_policy()},
        items={fold(vm.key): item(vm) for vm in kept},
        discovered=frozenset(vm.key for vm in vms),
    )
