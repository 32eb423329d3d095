"""A small world that the engine reconciles: it keeps the truth, counts the writes, and fails on demand."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from reconciler.engine.ports import Clock, Scope
from reconciler.model.call import Call
from reconciler.model.desired import Vault
from reconciler.model.ids import fold
from reconciler.model.observed import (
    Agent,
    Check,
    Gap,
    Job,
    Observed,
    ObservedPolicy,
    ObservedVault,
    Power,
    ProtectedItem,
    VirtualMachine,
    VmKey,
)
from reconciler.model.outcome import Answer, AzureError, Done, Operation, Pending, Refused, Unsure
from reconciler.model.state import ItemState

_ITEM = re.compile(r"(?P<vault>.*/vaults/[^/]+)/.*/protectedItems/vm;[^;]+;(?P<group>[^;]+);(?P<vm>[^/;]+)", re.I)
_POWER = re.compile(r"(?P<vm>.*/virtualMachines/[^/]+)/(?P<what>start|deallocate)", re.I)
_POLICY = re.compile(r"(?P<vault>.*/vaults/[^/]+)/backupPolicies/(?P<name>[^/]+)", re.I)
_REFRESH = re.compile(r"(?P<vault>.*/vaults/[^/]+)/backupFabrics/Azure/refreshContainers", re.I)
_TRANSITIONS = {"start": Power.STARTING, "deallocate": Power.DEALLOCATING}
LOCKED = AzureError("BMSUserErrorObjectLocked", "Another operation is in progress on the selected item.", 409)


@dataclass
class Faults:
    """What goes wrong, by VM name."""

    refuse: dict[str, AzureError] = field(default_factory=dict)
    fail: dict[str, AzureError] = field(default_factory=dict)
    """Accepted, and ended so."""
    lie: set[str] = field(default_factory=set)
    """Said to be done, and nothing changed."""
    deaf: set[str] = field(default_factory=set)
    """Done, but no answer comes; once."""
    lost: set[str] = field(default_factory=set)
    """Never arrives, and no answer comes; once."""
    slow: dict[str, float] = field(default_factory=dict)
    throttle: Counter[str] = field(default_factory=Counter)
    """How often the call is turned away with 429."""
    explode: set[str] = field(default_factory=set)
    invalid: dict[str, AzureError] = field(default_factory=dict)
    """What Azure's own check says."""
    gaps: tuple[Gap, ...] = ()
    agentless: set[str] = field(default_factory=set)
    """Started, they show no agent."""
    sleepy: dict[str, float] = field(default_factory=dict)
    """Seconds that the agent of a VM that was started needs to be ready."""


@dataclass
class _Running:
    name: str
    due: float
    effect: Callable[[], None]
    error: AzureError | None
    power: Power | None
    """What the VM shows meanwhile."""


class World:
    """Implements Reader and Writer. Operations take `seconds` of the clock, whether or not somebody looks."""

    def __init__(self, clock: Clock, vaults: Sequence[ObservedVault], vms: Sequence[VirtualMachine]) -> None:
        self._clock = clock
        self.vaults = {vault.name: vault for vault in vaults}
        self.vms = {vm.key: vm for vm in vms}
        self.faults = Faults()
        self.seconds = 60.0
        self.writes: list[tuple[str, str]] = []
        self.reads = 0
        self.overlaps: list[str] = []
        self.boundary: Callable[[str], None] = lambda name: None
        self.policies: dict[str, ObservedPolicy] = {}
        """What a policy is once it has been written, by folded name: this world reads no rules off the wire."""
        self._operations: dict[str, _Running] = {}
        self._ready_at: dict[VmKey, float] = {}

    async def observe(self, scope: Scope) -> Observed:
        self.boundary("before observe")
        self.reads += 1
        self._settle()
        vms = {vm.key: self._with_power(vm) for vm in self.vms.values()}
        vaults = {vault.name: self._with_jobs(self.vaults[vault.name]) for vault in scope.vaults}
        return Observed(self._clock.now(), vaults, vms, {}, self.faults.gaps)

    async def check(self, vault: Vault, vms: Sequence[VirtualMachine]) -> Mapping[VmKey, Check]:
        self.reads += 1
        return {vm.key: self._check(vm.name) for vm in vms}

    async def submit(self, call: Call, correlation_id: str) -> Answer:
        self.boundary("before send")
        self._settle()
        if call.reads_only:
            return self._validate(call)
        name, effect = self._effect(call)
        if self.faults.throttle[name] > 0:
            self.faults.throttle[name] -= 1
            return Refused(AzureError("TooManyRequests", "slow down", 429, retry_after=7))
        if name in self.faults.explode:
            raise RuntimeError(f"no wire to {name}")
        if name in self.faults.lost:
            self.faults.lost.discard(name)
            return Unsure("connection reset")
        self.writes.append((call.method, call.path))
        answer = self._start(name, effect, _TRANSITIONS.get(call.path.rsplit("/", 1)[-1]))
        self.boundary("after effect")
        if name in self.faults.deaf:
            self.faults.deaf.discard(name)
            return Unsure("no answer in time")
        return answer

    async def poll(self, operation: Operation) -> Answer:
        self.boundary("before poll")
        self.reads += 1
        self._settle()
        running = self._operations.get(operation.url)
        if running is None:
            return Refused(AzureError("OperationNotFound", "no such operation", 404))
        if running.due > self._clock.monotonic():
            return Pending(operation)
        return Refused(running.error) if running.error else Done()

    def writes_on(self, name: str) -> list[str]:
        """The methods of the writes on the VM called `name`."""
        return [method for method, path in self.writes if fold(name) in re.split(r"[;/]", fold(path))]

    def state(self) -> Mapping[str, Mapping[str, object]]:
        """All that counts, in a form that two worlds can be compared by."""
        self._settle()
        items = {v.name: {k: (i.state, i.policy_name) for k, i in v.items.items()} for v in self.vaults.values()}
        return {**items, "power": {key: vm.power for key, vm in self.vms.items()}}

    def _start(self, name: str, effect: Callable[[], None], power: Power | None) -> Answer:
        if any(running.name == name and not self._over(running) for running in self._operations.values()):
            self.overlaps += [vm.name for vm in self.vms.values() if vm.name == name]
            return Refused(LOCKED)
        if name in self.faults.refuse:
            return Refused(self.faults.refuse[name])
        if name in self.faults.lie:
            return Done()
        due = self._clock.monotonic() + self.faults.slow.get(name, self.seconds)
        url = f"https://azure/operations/{len(self._operations) + 1}"
        self._operations[url] = _Running(name, due, effect, self.faults.fail.get(name), power)
        return Pending(Operation(url, "azure-asyncoperation", retry_after=10))

    def _over(self, running: _Running) -> bool:
        return running.due <= self._clock.monotonic()

    def _settle(self) -> None:
        for running in self._operations.values():
            if self._over(running):
                if running.error is None:
                    running.effect()
                running.effect = lambda: None

    def _check(self, name: str) -> Check:
        error = self.faults.invalid.get(name)
        return Check() if error is None else Check(code=error.code, message=error.message)

    def _validate(self, call: Call) -> Answer:
        self.reads += 1
        name = str(json.loads(call.body or "{}").get("resourceId", call.path)).rsplit("/", 1)[-1]
        error = self.faults.invalid.get(name)
        return Done() if error is None else Refused(error)

    def _effect(self, call: Call) -> tuple[str, Callable[[], None]]:
        if match := _POWER.fullmatch(call.path):
            power = Power.RUNNING if match["what"] == "start" else Power.DEALLOCATED
            return match["vm"].rsplit("/", 1)[-1], lambda: self._power(match["vm"], power)
        if match := _ITEM.fullmatch(call.path):
            properties = json.loads(call.body or "{}")["properties"]
            return match["vm"], lambda: self._put(match, properties)
        if match := _POLICY.fullmatch(call.path):
            return match["name"], lambda: self._policy(match["vault"], match["name"])
        if match := _REFRESH.fullmatch(call.path):
            return match["vault"].rsplit("/", 1)[-1], lambda: self._refresh(match["vault"])
        raise AssertionError(f"this world does not know {call.method} {call.path}")

    def _power(self, arm_id: str, power: Power) -> None:
        """The agent of a VM that is started is ready after a while of its own; of one that is off Azure shows none."""
        vm = self.vms[fold(arm_id)]
        up = power is Power.RUNNING and vm.name not in self.faults.agentless
        ready_at = self._clock.monotonic() + self.faults.sleepy.get(vm.name, 0.0)
        self._ready_at[vm.key] = ready_at
        self.vms[vm.key] = replace(vm, power=power, agent=Agent("2.9", ready=True) if up else None)

    def _put(self, item: re.Match[str], properties: Mapping[str, str]) -> None:
        vault, group, name = self._vault(item["vault"]), item["group"], item["vm"]
        vm = next(vm for vm in self.vms.values() if fold(f"{vm.resource_group}/{vm.name}") == fold(f"{group}/{name}"))
        stopped = properties.get("protectionState") == "ProtectionStopped"
        state = ItemState.PROTECTION_STOPPED if stopped else ItemState.IR_PENDING
        old = vault.items.get(vm.key)
        policy = properties.get("policyId") or (old.policy_id if old else "")
        made = ProtectedItem(item[0], vm.key, vm.id, name, state, state, policy, policy.rsplit("/", 1)[-1])
        self.vaults[vault.name] = replace(
            vault, items={**vault.items, vm.key: made}, registered=vault.registered | {vm.key}
        )

    def _policy(self, vault_id: str, name: str) -> None:
        vault = self._vault(vault_id)
        written = self.policies[fold(name)]
        self.vaults[vault.name] = replace(vault, policies={**vault.policies, fold(name): written})

    def _refresh(self, vault_id: str) -> None:
        vault = self._vault(vault_id)
        self.vaults[vault.name] = replace(vault, discovered=vault.discovered | set(self.vms))

    def _vault(self, arm_id: str) -> ObservedVault:
        return next(vault for vault in self.vaults.values() if fold(vault.id) == fold(arm_id))

    def _with_power(self, vm: VirtualMachine) -> VirtualMachine:
        mine = [running for running in self._operations.values() if running.name == vm.name and not self._over(running)]
        powers = [running.power for running in mine if running.power is not None]
        vm = replace(vm, power=powers[0], agent=None) if powers else vm
        waking = self._ready_at.get(vm.key, 0.0) > self._clock.monotonic()
        return replace(vm, agent=Agent(vm.agent.version, ready=False)) if vm.agent and waking else vm

    def _with_jobs(self, vault: ObservedVault) -> ObservedVault:
        active = [running.name for running in self._operations.values() if not self._over(running)]
        busy = [vm for vm in self.vms.values() if vm.name in active]
        jobs = tuple(
            Job(
                f"job-{vm.name}",
                "ConfigureBackup",
                "InProgress",
                fold(f"iaasvmcontainerv2;{vm.label.replace('/', ';')}"),
                vm.name,
            )
            for vm in busy
        )
        return replace(vault, jobs=jobs)
