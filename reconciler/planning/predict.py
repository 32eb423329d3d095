"""What would go wrong, told before it does: rows of the troubleshooting table that observed facts foresee."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from reconciler.diagnostics.catalog import catalog
from reconciler.model.backup_rules import Tier
from reconciler.model.desired import OsType
from reconciler.model.ids import fold
from reconciler.model.limits import Limits
from reconciler.model.observed import Power, VirtualMachine
from reconciler.model.outcome import AzureError
from reconciler.model.plan import Basis, Finding, Severity
from reconciler.planning import in_order
from reconciler.planning.select import Wish
from reconciler.planning.situation import Situation, container_key
from reconciler.planning.unsupported_os import unsupported

_UP = frozenset({Power.RUNNING, Power.UNKNOWN})
_ENHANCED_ONLY = frozenset({"UltraSSD_LRS", "PremiumV2_LRS"})
_NUMBERS = {2: "two", 3: "three", 4: "four"}
_NOT_RUNNING = "register-vm-not-running"
_NEEDS_POWER = frozenset({_NOT_RUNNING, "register-agent-certificate-missing", "backup-extension-install-failed"})
"""Rows that a start of the VM may clear."""


@dataclass(frozen=True, slots=True)
class Foresight:
    """`codes` are those that would make the next step fail, in the order in which they were found."""

    findings: tuple[Finding, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        failing = (finding.code for finding in self.findings if finding.severity is Severity.ERROR)
        return tuple(dict.fromkeys(failing))

    def started(self) -> Foresight:
        """What is left to foresee once the VM has been started."""
        return Foresight(tuple(finding for finding in self.findings if finding.code not in _NEEDS_POWER))


def foresee_change(situation: Situation, wish: Wish) -> Foresight:
    """Of any request about a VM: one operation at a time."""
    vm = wish.meant.vm
    job = situation.busy.get((wish.vault.name, container_key(vm))) if vm is not None else None
    if job is None:
        return Foresight(())
    text = f"A {job.operation} job of {wish.meant.label} has not ended."
    return Foresight((_finding("register-item-busy", wish, text),))


def foresee_protection(situation: Situation, wish: Wish) -> Foresight:
    """Of registering and protecting a VM for the first time; each code once, observed facts before Azure's word."""
    vm = wish.meant.vm
    found = [
        *foresee_change(situation, wish).findings,
        *(_of_vm(situation, wish, vm) if vm is not None else ()),
    ]
    first: dict[str, Finding] = {}
    for finding in (*found, *_azures_word(situation, wish, {one.code for one in found})):
        first.setdefault(finding.code, finding)
    return Foresight(tuple(first.values()))


def _of_vm(situation: Situation, wish: Wish, vm: VirtualMachine) -> Iterator[Finding]:
    yield from (_finding(code, wish, text) for code, text in _facts(vm, situation.limits(wish.vault)))
    yield from _policy_fit(situation, wish, vm)


def _facts(vm: VirtualMachine, limits: Limits) -> Iterator[tuple[str, str]]:
    if vm.provisioning_state == "Failed":
        yield "provisioning-failed", f"Azure shows provisioningState Failed for {vm.label}."
    if limits.must_run_to_register and vm.power not in _UP:
        yield _NOT_RUNNING, f"{vm.label} is {vm.power}."
    most = (limits.data_disks_classic if vm.classic else limits.data_disks).value
    if vm.data_disks > most:
        text = f"{vm.label} has {vm.data_disks} data disks, {limits.generation} backs up VMs with at most {most}."
        yield "register-too-many-data-disks", text
    unfit = list(_unsupported_facts(vm, limits))
    if unfit:
        text = f"{vm.label} has {_listed(unfit)}, which {limits.generation} does not support."
        yield "register-internal-error", text
    system = unsupported(vm)
    if system:
        text = f"{vm.label} runs {system}, on which the backup extension cannot be installed."
        yield "register-agent-install-timeout", text
    if vm.power is Power.RUNNING:
        yield from _agent(vm, limits)


def _unsupported_facts(vm: VirtualMachine, limits: Limits) -> Iterator[str]:
    if not limits.premium_storage and any(fold(sku).startswith("premium") for sku in vm.storage):
        yield "premium storage"
    if not limits.several_nics and vm.nics > 1:
        yield f"{_NUMBERS.get(vm.nics, str(vm.nics))} network interfaces"
    if not limits.load_balancer and vm.load_balanced:
        yield "a load balancer"


def _listed(facts: list[str]) -> str:
    *most, last = facts
    return f"{', '.join(most)} and {last}" if most else last


def _agent(vm: VirtualMachine, limits: Limits) -> Iterator[tuple[str, str]]:
    """The minimum version is one of the Windows agent; the Linux agent counts differently."""
    if vm.agent is None:
        yield "register-agent-certificate-missing", f"{vm.label} runs and shows no VM agent."
    elif vm.os is OsType.WINDOWS and _parts(vm.agent.version) < _parts(limits.windows_agent_min):
        text = f"{vm.label} has VM agent {vm.agent.version}, {limits.generation} needs {limits.windows_agent_min}."
        yield "register-agent-certificate-missing", text
    elif not vm.agent.ready:
        yield "backup-extension-install-failed", f"The VM agent {vm.agent.version} of {vm.label} is not ready."


def _parts(version: str) -> tuple[int, ...]:
    """2.6.1198.718 is older than 2.7.41491.1010: parts are numbers. A part that is none counts as 0."""
    return tuple(int(part) if part.isascii() and part.isdigit() else 0 for part in version.split("."))


def _policy_fit(situation: Situation, wish: Wish, vm: VirtualMachine) -> Iterator[Finding]:
    tier = policy_tier(situation, wish)
    disks = sorted(_ENHANCED_ONLY & set(vm.storage))
    if tier is Tier.STANDARD and disks:
        text = f"{vm.label} has {disks[0]} disks, which need an Enhanced policy, not {wish.policy!r}."
        yield _finding("policy-does-not-fit", wish, text, Basis.RULE)
    if tier is Tier.ENHANCED and vm.classic:
        text = f"{vm.label} is a classic VM, which needs a Standard policy; {wish.policy!r} is Enhanced."
        yield _finding("policy-does-not-fit", wish, text, Basis.RULE)


def policy_tier(situation: Situation, wish: Wish) -> Tier | None:
    """The tier of the wished policy: as declared, else as the vault has it."""
    name = fold(wish.policy)
    declared = situation.policies.get((wish.vault.name, name))
    if declared is not None:
        return declared.rules.tier
    present = situation.seen(wish.vault).policies.get(name)
    return present.rules.tier if present is not None and present.rules is not None else None


def _azures_word(situation: Situation, wish: Wish, foreseen: Collection[str]) -> Iterator[Finding]:
    check = situation.observed.checks.get((wish.vault.name, wish.meant.key))
    if check is None or not check.code:
        return
    vm, limits = wish.meant.vm, situation.limits(wish.vault)
    fine = in_order.now(vm, limits, check) if vm is not None else frozenset[str]()
    judged = catalog().judged("register", AzureError(check.code, check.message), fine=fine).given(foreseen)
    text = f"Azure's check of {wish.meant.label} says {check.code}" + (f": {check.message}" if check.message else ".")
    yield replace(_finding(judged.row.id, wish, text, Basis.AZURE), or_else=judged.or_else)


def _finding(code: str, wish: Wish, text: str, basis: Basis = Basis.OBSERVED) -> Finding:
    return Finding(code, Severity.ERROR, (wish.meant.id,), text, wish.meant.source, basis, wish.vault.name)
