"""Which observed facts a step rests on, under the names that the retry rules of the table use."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256

from reconciler.model.attempts import Circumstances, Facts
from reconciler.model.ids import fold
from reconciler.model.limits import Limits
from reconciler.model.observed import Observed, ObservedVault, Power, VirtualMachine
from reconciler.model.plan import Step, SubjectKind
from reconciler.planning import in_order

_AS_IT_SHOULD = {
    "the-vault": {"exists"},
    "held-by": {""},
    "soft-deleted": {""},
    "resource-guard": {""},
    "immutability": {"", "Disabled"},
}
"""Values that stand in nobody's way. Power and provisioning state are not here: the service means the guest."""
_UP = frozenset({Power.RUNNING, Power.STARTING})


def circumstances(step: Step, observed: Observed, *, started: bool = False) -> Circumstances:
    """What the step rests on: the request itself, whether its VM is `started` for it, and the facts that were seen."""
    call, back = step.call, step.put_back
    parts = [call.method, call.path, call.api, call.body, call.query, back and [back.method, back.path]]
    text = json.dumps([*parts, started], ensure_ascii=True, separators=(",", ":"))
    return Circumstances(f"sha256:{sha256(text.encode()).hexdigest()}", facts_of(step, observed))


def facts_of(step: Step, observed: Observed) -> Facts:
    """Facts that change only when somebody changes something: what a run itself moves along is left out."""
    found: dict[str, str] = {}
    vault = observed.vaults.get(step.vault)
    if vault is not None and step.action != "create-vault":
        found.update(_of_vault(vault))
    if step.subject.kind is SubjectKind.VM:
        key = fold(step.subject.id)
        vm = observed.vms.get(key)
        found["vm-exists"] = vm.vm_id if vm is not None else ""
        check = observed.checks.get((step.vault, key))
        item = vault.items.get(key) if vault is not None else None
        found["soft-deleted"] = "yes" if item is not None and item.soft_deleted else ""
        found["held-by"] = fold(check.held_by) if check is not None else ""
        if vm is not None:
            found.update(_of_vm(vm))
    return found


def against(step: Step, observed: Observed, limits: Limits | None) -> frozenset[str]:
    """The names of the facts for which the service refuses the VM for good, whatever it says (table A, 5 and 11)."""
    if step.subject.kind is not SubjectKind.VM:
        return frozenset()
    vm = observed.vms.get(fold(step.subject.id))
    if vm is None:
        return frozenset() if observed.gaps else frozenset({"vm-gone"})
    return frozenset(_unsupported(vm, limits)) if limits is not None else frozenset()


def _unsupported(vm: VirtualMachine, limits: Limits) -> Iterator[str]:
    if not limits.premium_storage and any(fold(sku).startswith("premium") for sku in vm.storage):
        yield "storage"
    if not limits.several_nics and vm.nics > 1:
        yield "nics"
    if not limits.load_balancer and vm.load_balanced:
        yield "load-balancer"
    if vm.data_disks > (limits.data_disks_classic if vm.classic else limits.data_disks).value:
        yield "data-disks"


def in_nobodys_way(step: Step, observed: Observed, limits: Limits | None) -> frozenset[str]:
    """The names of the facts of the step's VM that were seen, and are as they should be."""
    vm = observed.vms.get(fold(step.subject.id))
    if vm is None or limits is None:
        return frozenset()
    return in_order.now(vm, limits, observed.checks.get((step.vault, vm.key)))


def decides(fact: str | None, facts: Facts) -> bool:
    """Whether the fact that a rule waits for is seen, and can change for the better.

    What is seen as it should be cannot: a refusal that speaks of it contradicts what was seen, and may pass by itself.
    """
    if fact is None:
        return True
    name = fact_name(fact)
    return name in facts and not (facts[name] in _AS_IT_SHOULD.get(name, ()) or (name == "vm-exists" and facts[name]))


def fact_name(text: str) -> str:
    """A fact as a rule of the table writes it, spelled as here."""
    return fold("-".join(text.split()))


def _of_vault(vault: ObservedVault) -> Iterator[tuple[str, str]]:
    yield "the-vault", "exists" if vault.exists else ""
    yield "immutability", vault.immutability
    yield "resource-guard", "attached" if vault.guarded else ""
    yield "soft-delete", f"{vault.soft_delete or ''} {vault.soft_delete_retention or ''}".strip()


def _of_vm(vm: VirtualMachine) -> Iterator[tuple[str, str]]:
    """A VM on its way up or down counts as there already, so that one change is one change."""
    up = vm.power in _UP
    yield "power", "unknown" if vm.power is Power.UNKNOWN else "running" if up else "off"
    yield "agent", "" if vm.agent is None else f"{vm.agent.version} {'ready' if vm.agent.ready else 'not ready'}"
    yield "os", f"{vm.os or ''} {vm.os_name} {vm.os_version}".strip() if up else ""
    yield "data-disks", str(vm.data_disks)
    yield "storage", " ".join(vm.storage)
    yield "nics", str(vm.nics)
    yield "load-balancer", str(bool(vm.load_balanced))
    yield "provisioning-state", "Failed" if vm.provisioning_state == "Failed" else "Succeeded"
    yield "security-type", vm.security_type
    yield "location", fold(vm.location)
