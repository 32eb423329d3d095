"""Which VMs are meant, and what is wished for each: one wish a VM and vault, or a finding."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC

from reconciler.model.desired import Exemption, Expect, Pause, Protection, Retirement, Selector, Vault, VmRef
from reconciler.model.ids import fold
from reconciler.model.observed import ProtectedItem, VirtualMachine, VmKey
from reconciler.model.plan import Basis, Finding, Severity
from reconciler.model.span import Span
from reconciler.model.state import State
from reconciler.planning.estate import region
from reconciler.planning.expiry import endings
from reconciler.planning.situation import Situation, quoted

Document = Protection | Exemption | Retirement | Pause


@dataclass(frozen=True, slots=True)
class Meant:
    """A VM that a document means, and the place that says so. `vm` is None when only its item is left."""

    key: VmKey
    label: str
    id: str
    source: Span
    named: bool
    vm: VirtualMachine | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """`goal` is what one VM is to be in one vault; `hands_off`, when not empty, says why nothing is to be done."""

    vault: Vault
    meant: Meant
    goal: State
    protection: Protection | None = None
    hands_off: str = ""

    @property
    def policy(self) -> str:
        """The name of the policy that is wished for; empty where none is."""
        return self.protection.policy if self.protection else ""


@dataclass
class Selection:
    """`out_of_bounds` are the Protections that mean fewer or more VMs than they expect.

    `overruling` are the documents that decide instead of any Protection, by vault and VM.
    """

    wishes: tuple[Wish, ...] = ()
    findings: list[Finding] = field(default_factory=list)
    out_of_bounds: dict[str, str] = field(default_factory=dict)
    overruling: dict[tuple[str, VmKey], Document] = field(default_factory=dict)


def select(situation: Situation) -> Selection:
    """The wishes in the order of vault and VM."""
    chosen = Selection()
    desired, now = situation.desired, situation.observed.taken_at
    today = now.astimezone(UTC).date()
    live = [doc for doc in desired.exemptions if today <= doc.expires]
    pauses = [doc for doc in desired.pauses if now < doc.until]
    chosen.findings += endings(situation)
    retired = _all(situation, chosen, desired.retirements)
    exempt = _all(situation, chosen, live)
    paused = _all(situation, chosen, [doc for doc in pauses if doc.virtual_machines])
    protected = _winners(situation, chosen)
    wishes = dict(protected)
    for place, (document, meant) in {**exempt, **retired}.items():
        goal = State.STOPPED if isinstance(document, Retirement) else State.PROTECTED
        hands_off = "" if isinstance(document, Retirement) else "exempt"
        rival = wishes.get(place)
        if rival is not None and rival.meant.named and meant.named:
            chosen.findings.append(_contradiction(rival, document, meant))
            hands_off = "contradiction"
        wishes[place] = Wish(situation.vaults[place[0]], meant, goal, None, hands_off)
        chosen.overruling[place] = document
    for place, (_, meant) in paused.items():
        wish = wishes.get(place) or Wish(situation.vaults[place[0]], meant, State.PROTECTED)
        wishes[place] = replace(wish, hands_off="paused")
    chosen.wishes = tuple(wishes[place] for place in sorted(wishes))
    return chosen


def paused_vaults(situation: Situation) -> frozenset[str]:
    """The vaults that are to be left alone altogether."""
    now = situation.observed.taken_at
    return frozenset(
        doc.vault for doc in situation.desired.pauses if not doc.virtual_machines and now < doc.until.astimezone(UTC)
    )


def _all(
    situation: Situation, chosen: Selection, documents: Sequence[Exemption | Retirement | Pause]
) -> dict[tuple[str, VmKey], tuple[Exemption | Retirement | Pause, Meant]]:
    found: dict[tuple[str, VmKey], tuple[Exemption | Retirement | Pause, Meant]] = {}
    for document in sorted(documents, key=lambda doc: (doc.vault, doc.name)):
        for meant in meant_by(situation, chosen, document):
            found.setdefault((document.vault, meant.key), (document, meant))
    return found


def _winners(situation: Situation, chosen: Selection) -> dict[tuple[str, VmKey], Wish]:
    """For each VM the Protection of the highest priority; equals that want different things are an error."""
    rivals: dict[VmKey, list[tuple[Protection, Meant]]] = defaultdict(list)
    for protection in sorted(situation.desired.protections, key=lambda doc: doc.name):
        found = list(meant_by(situation, chosen, protection))
        _check_size(situation, chosen, protection, found)
        for meant in found:
            rivals[meant.key].append((protection, meant))
    winners: dict[tuple[str, VmKey], Wish] = {}
    for key, claims in rivals.items():
        top = max(protection.priority for protection, _ in claims)
        best = [claim for claim in claims if claim[0].priority == top]
        tie = len({_outcome(protection) for protection, _ in best}) > 1
        protection, meant = best[0]
        if tie:
            chosen.findings.append(_tie(best))
        wish = Wish(
            situation.vaults[protection.vault], meant, State.PROTECTED, protection, "contradiction" if tie else ""
        )
        winners[protection.vault, key] = wish
    return winners


def _outcome(protection: Protection) -> tuple[str, ...]:
    return (protection.vault, fold(protection.policy), protection.drift, protection.if_stopped)


def meant_by(situation: Situation, chosen: Selection, document: Document) -> Iterator[Meant]:
    """The VMs of one document, each once, those named first; names that mean nothing become findings."""
    vault = situation.vaults.get(document.vault)
    if vault is None:
        return
    seen: set[VmKey] = set()
    for ref in document.virtual_machines:
        for meant in named_by(situation, chosen, vault, ref, document):
            if meant.key not in seen:
                seen.add(meant.key)
                yield meant
    selector: Selector | None = getattr(document, "select", None)
    if selector is None:
        return
    source = document.places.at("spec", "select")
    for vm in situation.estate.chosen(vault, selector):
        if vm.key not in seen:
            yield Meant(vm.key, vm.label, vm.id, source, named=False, vm=vm)


def named_by(situation: Situation, chosen: Selection, vault: Vault, ref: VmRef, document: Document) -> Iterator[Meant]:
    """What one name of a document means; a name that means nothing, or several things, is a finding in `chosen`."""
    source = ref.span if ref.span.line else document.places.at()
    vms = situation.estate.named(vault, ref)
    if len(vms) > 1 and ref.cloud_service is None:
        # A group does not tell a classic VM from its namesake there; a cloud service does, so a group means the other.
        vms = [vm for vm in vms if not vm.classic] if ref.resource_group and any(not vm.classic for vm in vms) else vms
    if len(vms) > 1:
        here = [vm for vm in vms if region(vm.location) == region(vault.location)]
        vms = here if len(here) == 1 else vms
    if len(vms) > 1:
        chosen.findings.append(_ambiguous(ref, vms, source, vault))
    elif vms:
        yield Meant(vms[0].key, vms[0].label, vms[0].id, source, named=True, vm=vms[0])
    else:
        gone = [] if isinstance(document, Protection | Exemption) else _items_named(situation, vault, ref)
        for item in gone:
            yield Meant(item.key, str(ref), item.vm_arm_id, source, named=True)
        if not gone and situation.sees_vms_of(vault.subscription_id):
            chosen.findings.append(_not_found(situation, vault, ref, source))


def _items_named(situation: Situation, vault: Vault, ref: VmRef) -> list[ProtectedItem]:
    """Items of VMs that are gone can still be retired, or left alone."""
    owner = fold(ref.resource_group or ref.cloud_service or "")
    return [
        item
        for name, item in situation.remembered(vault)
        if fold(name.name) == fold(ref.name) and owner in {"", fold(name.resource_group)}
    ]


def _check_size(situation: Situation, chosen: Selection, protection: Protection, found: Sequence[Meant]) -> None:
    """`expect` counts what the selector means; without a selector, what is named."""
    expect = protection.expect or Expect()
    low, high = expect.minimum, expect.maximum
    number = sum(1 for meant in found if not meant.named) if protection.select else len(found)
    vault = situation.vaults.get(protection.vault)
    if (low is not None and number < low) or (high is not None and number > high):
        bounds = f"at least {low}" if high is None else f"at most {high}" if low is None else f"{low} to {high}"
        text = f"The Protection {protection.name!r} expects {bounds} virtual machines and means {number}."
        chosen.out_of_bounds[protection.name] = text
        chosen.findings.append(_of_selection("selection-out-of-bounds", protection, text))
    elif protection.select is None or found or low == 0 or vault is None:
        return
    elif situation.sees_vms_of(vault.subscription_id):
        place = f"in the subscription and region of the vault {vault.name!r}"
        text = f"The Protection {protection.name!r} chooses no virtual machine {place}."
        chosen.findings.append(_of_selection("selection-empty", protection, text))


def _of_selection(code: str, protection: Protection, text: str) -> Finding:
    source = protection.places.at("spec", "select")
    return Finding(code, Severity.ERROR, (protection.name,), text, source, Basis.OBSERVED, protection.vault)


def _ambiguous(ref: VmRef, vms: Iterable[VirtualMachine], source: Span, vault: Vault) -> Finding:
    ways = [
        f"{{name: {vm.name}, cloudService: {vm.cloud_service}}}"
        if vm.classic and vm.cloud_service
        else f"{{name: {vm.name}, resourceGroup: {vm.resource_group}}}"
        for vm in vms
    ]
    text = f"{ref} means {len(ways)} virtual machines: write one of {quoted(ways)}."
    subjects = tuple(vm.id for vm in vms)
    return Finding("vm-name-ambiguous", Severity.ERROR, subjects, text, source, Basis.OBSERVED, vault.name)


def _not_found(situation: Situation, vault: Vault, ref: VmRef, source: Span) -> Finding:
    near = situation.estate.close_to(vault, ref)
    text = f"The subscription {vault.subscription_id} has no virtual machine {ref}"
    text += f"; did you mean {quoted(near)}?" if near else "."
    return Finding("vm-not-found", Severity.ERROR, (str(ref),), text, source, Basis.OBSERVED, vault.name)


def _tie(claims: Sequence[tuple[Protection, Meant]]) -> Finding:
    said = [f"{protection.name} ({protection.policy} in {protection.vault})" for protection, _ in claims]
    protection, meant = claims[0]
    text = f"{meant.label} is wanted by {quoted(said)}, all of priority {protection.priority}."
    return Finding("protection-tie", Severity.ERROR, (meant.id,), text, meant.source, Basis.RULE, protection.vault)


def _contradiction(wish: Wish, document: Document, meant: Meant) -> Finding:
    kind = type(document).__name__
    rival = f"the Protection {wish.protection.name!r}" if wish.protection else "an Exemption"
    text = f"{meant.label} is named by {rival} and by the {kind} {document.name!r}."
    return Finding("protection-tie", Severity.ERROR, (meant.id,), text, meant.source, Basis.RULE, wish.vault.name)
