"""Declarations and snapshots in few words, and random ones for properties."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime

from hypothesis import settings
from hypothesis import strategies as st

from reconciler.model.backup_rules import BackupRules, Every, Retention, Schedule, Tier
from reconciler.model.desired import (
    BackupPolicy,
    Consent,
    CoverageScope,
    Desired,
    Drift,
    Exemption,
    OsType,
    Pause,
    Protection,
    Retirement,
    Selector,
    Vault,
    VmRef,
)
from reconciler.model.ids import fold
from reconciler.model.observed import (
    Agent,
    Gap,
    Observed,
    ObservedPolicy,
    ObservedVault,
    Power,
    ProtectedItem,
    VirtualMachine,
)
from reconciler.model.state import ItemState

SUB = "00000000-0000-0000-0000-000000000001"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATER = date(2027, 1, 1)
VAULT = Vault("rsv", SUB, "rg-backup", "westeurope")
VAULT_ID = f"/subscriptions/{SUB}/resourceGroups/rg-backup/providers/Microsoft.RecoveryServices/vaults/rsv"


def rules(daily: int = 30, at: str = "22:00", tier: Tier = Tier.STANDARD) -> BackupRules:
    return BackupRules(tier, Schedule(Every.DAY, at, "UTC"), Retention(daily))


def policy(name: str = "daily", daily: int = 30) -> BackupPolicy:
    return BackupPolicy(name, ("rsv",), rules(daily))


def seen_policy(name: str = "daily", daily: int = 30) -> ObservedPolicy:
    return ObservedPolicy(f"{VAULT_ID}/backupPolicies/{name}", name, rules(daily), '{"keep":"me"}')


def machine(name: str, group: str = "rg-web") -> VirtualMachine:
    arm_id = f"/subscriptions/{SUB}/resourceGroups/{group}/providers/Microsoft.Compute/virtualMachines/{name}"
    plain = VirtualMachine(arm_id, fold(arm_id), f"guid-{group}-{name}", name, group, SUB, "westeurope")
    return replace(plain, power=Power.RUNNING, os=OsType.LINUX, agent=Agent("2.9.1.1", ready=True))


def item(
    vm: VirtualMachine, state: ItemState = ItemState.PROTECTED, on: str = "daily", *, deleted: bool = False
) -> ProtectedItem:
    fabric = f"{VAULT_ID}/backupFabrics/Azure"
    names = f"iaasvmcontainerv2;{vm.resource_group};{vm.name}"
    path = f"{fabric}/protectionContainers/IaasVMContainer;{names}/protectedItems/VM;{names}"
    stopped = state is ItemState.PROTECTION_STOPPED
    where = "" if stopped else f"{VAULT_ID}/backupPolicies/{on}"
    name = "" if stopped else on
    return ProtectedItem(path, vm.key, vm.id, vm.name, state, str(state), where, name, soft_deleted=deleted)


def vault(
    items: Iterable[ProtectedItem] = (),
    discovered: Iterable[VirtualMachine] = (),
    policies: Iterable[ObservedPolicy] | None = None,
) -> ObservedVault:
    found = [seen_policy()] if policies is None else list(policies)
    return ObservedVault(
        "rsv",
        VAULT_ID,
        exists=True,
        location="westeurope",
        policies={fold(one.name): one for one in found},
        items={one.key: one for one in items},
        discovered=frozenset(vm.key for vm in discovered),
    )


def snapshot(vms: Iterable[VirtualMachine], content: ObservedVault, gaps: tuple[Gap, ...] = ()) -> Observed:
    return Observed(NOW, {"rsv": content}, {vm.key: vm for vm in vms}, gaps=gaps)


def protection(*names: str, on: str = "daily", drift: Drift = Drift.CORRECT) -> Protection:
    refs = tuple(VmRef(name, "rg-web") for name in names)
    return Protection("web", "rsv", on, virtual_machines=refs, drift=drift)


def consent(subject: str) -> Consent:
    return Consent("agreed", "shorten-retention", subject, "agreed", "owner", LATER)


CALM = settings(derandomize=True, deadline=None, database=None, max_examples=150)
"""The same worlds in every run, however busy the machine is."""

NAMES = tuple(f"vm-{number}" for number in range(8))
HAVE = ("unknown", "discovered", "stopped", "deleted", *(str(state) for state in ItemState))


@st.composite
def snapshots(draw: st.DrawFn) -> Observed:
    """Up to eight VMs, each anywhere in the lifecycle, by one of two policies; some of them gone."""
    have = {name: draw(st.sampled_from(HAVE)) for name in NAMES}
    on = {name: draw(st.sampled_from(("daily", "long"))) for name in NAMES}
    vms = {name: machine(name) for name in NAMES}
    items = [made for name in NAMES if (made := _item(vms[name], have[name], on[name])) is not None]
    found = [vms[name] for name in NAMES if have[name] == "discovered"]
    gone = draw(st.sets(st.sampled_from(NAMES), max_size=2))
    policies = [seen_policy("daily", draw(st.sampled_from((30, 60)))), seen_policy("long", 90)]
    content = vault(items, found, policies)
    if draw(st.booleans()):
        content = replace(content, guarded=True)
    return snapshot([vm for name, vm in vms.items() if name not in gone], content)


def _item(vm: VirtualMachine, have: str, on: str) -> ProtectedItem | None:
    if have in {"unknown", "discovered"}:
        return None
    if have == "deleted":
        return item(vm, ItemState.PROTECTION_STOPPED, deleted=True)
    return item(vm, ItemState.PROTECTION_STOPPED if have == "stopped" else ItemState(have), on)


@st.composite
def wanted(draw: st.DrawFn, *, retire: bool = True) -> Desired:
    """Protections by name and by selector, exemptions, a pause and, where asked for, retirements."""
    named = draw(st.sets(st.sampled_from(NAMES)))
    protections = [protection(*sorted(named), on=draw(st.sampled_from(("daily", "long"))))]
    if draw(st.booleans()):
        some = Selector(names=(draw(st.sampled_from(("vm-*", "vm-[0-3]", "none-*"))),))
        priority = draw(st.integers(0, 2))
        protections.append(Protection("all", "rsv", "daily", select=some, priority=priority))
    some_names = st.sets(st.sampled_from(NAMES), max_size=2).map(lambda names: _refs(*sorted(names)))
    exempt, paused, old = draw(some_names), draw(some_names), draw(some_names)
    return Desired(
        vaults=(replace(VAULT, coverage=CoverageScope(require=True)),),
        policies=(policy("daily"), policy("long", 90)),
        protections=tuple(protections),
        exemptions=(Exemption("lab", "rsv", "lab", "me", LATER, exempt),) if exempt else (),
        pauses=(Pause("hold", "rsv", "move", "me", datetime(2027, 1, 1, tzinfo=UTC), paused),) if paused else (),
        retirements=(Retirement("old", "rsv", old, "old", "me"),) if old and retire else (),
        digest="sha256:same",
    )


def _refs(*names: str) -> tuple[VmRef, ...]:
    return tuple(VmRef(name, "rg-web") for name in names)
