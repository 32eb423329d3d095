"""Vaults, machines and steps to try the engine on."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from reconciler.diagnostics.catalog import catalog
from reconciler.engine.ports import Journal
from reconciler.engine.run import Run
from reconciler.model import api
from reconciler.model.call import Call
from reconciler.model.desired import OsType
from reconciler.model.ids import VmName, container_name, fold, item_name, vault_path
from reconciler.model.observed import Agent, ObservedVault, Power, VirtualMachine
from reconciler.model.plan import Held, Plan, Step, Subject, SubjectKind
from reconciler.model.span import NOWHERE
from tests.unit.engine.virtual import Silence, VirtualClock, names
from tests.unit.engine.world import World

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
VAULT = "rsv"
VAULT_ID = vault_path(SUBSCRIPTION, "rg-backup", VAULT)
LOCATION = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.RecoveryServices/locations/westeurope"


def machine(name: str, *, power: Power = Power.RUNNING) -> VirtualMachine:
    """A healthy Linux VM in `rg`."""
    arm_id = VmName(SUBSCRIPTION, "rg", name, classic=False).arm_id
    return VirtualMachine(
        id=arm_id,
        key=fold(arm_id),
        vm_id=f"guid-{name}",
        name=name,
        resource_group="rg",
        subscription_id=SUBSCRIPTION,
        location="westeurope",
        power=power,
        os=OsType.LINUX,
        agent=Agent("2.9", ready=True) if power is Power.RUNNING else None,
        storage=("StandardSSD_LRS",),
    )


def vault(name: str = VAULT) -> ObservedVault:
    """An empty vault that exists."""
    return ObservedVault(name, vault_path(SUBSCRIPTION, "rg-backup", name), exists=True, location="westeurope")


def protect(name: str, *, after: Sequence[str] = (), state: str = "") -> Step:
    """`protect:NAME`: the request that protects the VM, or with `state` another change of its item."""
    vm = machine(name)
    container, item = (make("rg", name, classic=False) for make in (container_name, item_name))
    path = f"{VAULT_ID}/backupFabrics/Azure/protectionContainers/{container}/protectedItems/{item}"
    properties = {"policyId": f"{VAULT_ID}/backupPolicies/daily", "sourceResourceId": vm.id, "protectionState": state}
    call = Call("PUT", path, api.BACKUP, json.dumps({"properties": properties}))
    return _step("stop" if state else "protect", vm, call, after)


def register(name: str, *, after: Sequence[str] = (), predicted: Sequence[str] = ()) -> Step:
    """`register:NAME`: Azure's check, which changes nothing."""
    vm = machine(name)
    call = Call("POST", f"{LOCATION}/backupPreValidateProtection", api.BACKUP, json.dumps({"resourceId": vm.id}))
    return _step("register", vm, call, after, predicted=tuple(predicted))


def start(name: str) -> Step:
    """`start-vm:NAME`, owing a deallocation."""
    vm = machine(name)
    put_back = Call("POST", f"{vm.id}/deallocate", api.COMPUTE)
    return _step("start-vm", vm, Call("POST", f"{vm.id}/start", api.COMPUTE), (), put_back=put_back)


def _step(
    action: str,
    vm: VirtualMachine,
    call: Call,
    after: Sequence[str],
    *,
    predicted: tuple[str, ...] = (),
    put_back: Call | None = None,
) -> Step:
    return Step(
        id=f"{action}:{vm.name}",
        action=action,
        vault=VAULT,
        subject=Subject(SubjectKind.VM, vm.label, vm.id),
        reason="not-protected",
        source=NOWHERE,
        call=call,
        depends_on=tuple(after),
        predicted=predicted,
        put_back=put_back,
    )


def plan_of(*steps: Step, held: Sequence[Held] = ()) -> Plan:
    """A plan of just these steps."""
    taken = datetime(2026, 11, 23, 8, tzinfo=UTC)
    return Plan(taken, complete=True, config_digest="sha256:c", revision=None, files=1, steps=steps, held=tuple(held))


def zero() -> float:
    """No jitter."""
    return 0.0


def never() -> str | None:
    """No reason to stop."""
    return None


@dataclass(frozen=True)
class Bench:
    """A world, a clock and a run on them."""

    world: World
    clock: VirtualClock
    run: Run
    progress: Silence


def bench(journal: Callable[[VirtualClock], Journal], *vms: VirtualMachine, parallelism: int = 10) -> Bench:
    """An empty vault beside `vms`, and a run with an hour of patience for each operation."""
    clock, progress = VirtualClock(), Silence()
    world = World(clock, [vault()], vms)
    run = Run("run-1", world, journal(clock), clock, progress, catalog(), never, names(), parallelism, 3600.0, zero)
    return Bench(world, clock, run, progress)
