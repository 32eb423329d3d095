"""Why a VM is treated as it is: every document that could mean it, and what became of its claim."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC

from reconciler.model.desired import Desired, Exemption, Pause, Protection, Selector, Tags, Vault
from reconciler.model.ids import fold
from reconciler.model.observed import Observed, VirtualMachine, VmKey
from reconciler.model.trace import Condition, Considered, Decision, Trace, Verdict
from reconciler.planning.estate import region
from reconciler.planning.match import has_tags, matches_any, meant
from reconciler.planning.select import Document, Meant, Selection, Wish, named_by, select
from reconciler.planning.situation import Situation, label_of, situation_of

_RANK = {"Pause": 0, "Retirement": 1, "Exemption": 2, "Protection": 3}


def traces(desired: Desired, observed: Observed, name: str) -> tuple[Trace, ...]:
    """Of each VM that a name, `group/name` or ARM id means, in the order of labels."""
    situation, wanted = situation_of(desired, observed), fold(name)
    chosen = select(situation)
    keys = {vm.key for vm in observed.vms.values() if wanted in {fold(vm.name), fold(vm.label), vm.key}}
    for key, held in situation.holders.items():
        label = fold(label_of(held[0][1].vm_arm_id))
        keys |= {key} if wanted in {label, label.rpartition("/")[2], key} else set()
    found = (trace(situation, chosen, key) for key in sorted(keys))
    return tuple(sorted((one for one in found if one is not None), key=lambda one: (one.label, one.key)))


def trace(situation: Situation, chosen: Selection, key: VmKey) -> Trace | None:
    """`chosen` is the selection of the same situation. None for a VM that is neither seen nor an item of a vault."""
    vm, held = situation.observed.vms.get(key), situation.holders.get(key, ())
    if vm is None and not held:
        return None
    arm_id = vm.id if vm is not None else held[0][1].vm_arm_id
    wishes = {wish.vault.name: wish for wish in chosen.wishes if wish.meant.key == key}
    weighed = [_weigh(situation, chosen, wishes, document, key, vm) for document in documents(situation)]
    found = sorted((one for one in weighed if one is not None), key=_shown)
    return Trace(
        key=key,
        label=vm.label if vm is not None else label_of(arm_id),
        id=arm_id,
        vm=vm,
        considered=tuple(found),
        decisions=tuple(_decision(wishes[name]) for name in sorted(wishes)),
    )


def documents(situation: Situation) -> Iterator[Document]:
    """All that can say something about a VM."""
    desired = situation.desired
    yield from desired.pauses
    yield from desired.retirements
    yield from desired.exemptions
    yield from desired.protections


def _shown(one: Considered) -> tuple[int, int, int, str, str]:
    """What decides first, then what means the VM, each by kind, priority and name."""
    place = 0 if one.verdict is Verdict.DECIDES else 1 if one.means else 2
    return place, _RANK[one.kind], -(one.priority or 0), one.vault, one.name


def _decision(wish: Wish) -> Decision:
    return Decision(wish.vault.name, str(wish.goal), wish.policy, wish.hands_off, wish.meant.source)


def _weigh(
    situation: Situation,
    chosen: Selection,
    wishes: Mapping[str, Wish],
    document: Document,
    key: VmKey,
    vm: VirtualMachine | None,
) -> Considered | None:
    vault = situation.vaults.get(document.vault)
    if vault is None:
        return None
    if isinstance(document, Pause) and not document.virtual_machines:
        return _whole_vault(situation, document, key)
    named, note = _by_name(situation, vault, document, key, vm)
    select: Selector | None = getattr(document, "select", None)
    conditions = tuple(_conditions(document, vault, select, vm)) if select and vm and not named else ()
    chosen_by = select is not None and vm is not None and all(one.holds for one in conditions) and select != Selector()
    source = named.source if named is not None else document.places.at("spec", *(["select"] if select else []))
    if named is None and not chosen_by:
        verdict, rival = (Verdict.AMBIGUOUS if note else Verdict.NOT_MEANT), ""
    else:
        verdict, rival = _verdict(situation, chosen, wishes, document, key, named=named is not None)
    protection = document if isinstance(document, Protection) else None
    return Considered(
        kind=type(document).__name__,
        name=document.name,
        vault=document.vault,
        span=source,
        verdict=verdict,
        rival=rival,
        named=named is not None,
        policy=protection.policy if protection else "",
        priority=protection.priority if protection else None,
        note=chosen.out_of_bounds.get(document.name, note) if protection else note,
        conditions=conditions,
    )


def _whole_vault(situation: Situation, pause: Pause, key: VmKey) -> Considered | None:
    """A pause of a vault concerns what is in it, and what is to be."""
    ended = pause.until <= situation.observed.taken_at
    vm = situation.observed.vms.get(key)
    vault = situation.vaults[pause.vault]
    held = any(name == pause.vault for name, _ in situation.holders.get(key, ()))
    if not held and (vm is None or not _in_reach(vault, vm)):
        return None
    verdict = Verdict.EXPIRED if ended else Verdict.DECIDES
    return Considered("Pause", pause.name, pause.vault, pause.places.at("spec"), verdict)


def _by_name(
    situation: Situation, vault: Vault, document: Document, key: VmKey, vm: VirtualMachine | None
) -> tuple[Meant | None, str]:
    """The place that names the VM; or, for a name with several meanings of which this VM is one, what it could mean."""
    name = fold(vm.name if vm is not None else key.rpartition("/")[2])
    for ref in document.virtual_machines:
        if fold(ref.name) == name:
            aside = Selection()
            for found in named_by(situation, aside, vault, ref, document):
                if found.key == key:
                    return found, ""
            for finding in aside.findings:
                if key in map(fold, finding.subjects):
                    return None, finding.message
    return None, ""


def _verdict(
    situation: Situation, chosen: Selection, wishes: Mapping[str, Wish], document: Document, key: VmKey, *, named: bool
) -> tuple[Verdict, str]:
    """What became of a document that means the VM, and which other one decides or ties."""
    now = situation.observed.taken_at
    if isinstance(document, Pause):
        return (Verdict.EXPIRED if document.until <= now else Verdict.DECIDES), ""
    if isinstance(document, Exemption) and document.expires < now.astimezone(UTC).date():
        return Verdict.EXPIRED, ""
    over = chosen.overruling.get((document.vault, key))
    if isinstance(document, Protection):
        return _of_protection(chosen, wishes, document, over, named=named)
    if over is document and wishes[document.vault].hands_off == "contradiction":
        return Verdict.TIE, ""
    return (Verdict.DECIDES, "") if over is document else (Verdict.OUTRANKED, _title(over))


def _of_protection(
    chosen: Selection, wishes: Mapping[str, Wish], document: Protection, over: Document | None, *, named: bool
) -> tuple[Verdict, str]:
    """Of Protections only those of the highest priority tie; a lower one is outranked whatever comes of it."""
    if over is not None:
        tied = named and wishes[document.vault].hands_off == "contradiction"
        return (Verdict.TIE if tied else Verdict.OUTRANKED), _title(over)
    wish = next((wish for wish in wishes.values() if wish.protection is not None), None)
    winner = wish.protection if wish is not None else None
    if wish is None or winner is None:
        return Verdict.OUTRANKED, ""
    own, equal = document.name == winner.name, document.priority == winner.priority
    if wish.hands_off == "contradiction" and equal:
        return Verdict.TIE, "" if own else _title(winner)
    if not own:
        return Verdict.OUTRANKED, _title(winner)
    return (Verdict.HELD if document.name in chosen.out_of_bounds else Verdict.DECIDES), ""


def _title(document: Document | None) -> str:
    return f"{type(document).__name__} {document.name}" if document is not None else ""


def _conditions(document: Document, vault: Vault, select: Selector, vm: VirtualMachine) -> Iterator[Condition]:
    span = document.places.at
    for field, wanted, found in _reach(vault, vm):
        yield Condition(field, wanted, found, fold(wanted) == fold(found), span("spec", "vault"))
    path = ("spec", "select")
    for field, wanted, found, holds in _of_selector(select, vm):
        yield Condition(field, wanted, found, holds, span(*path, *field.split(".")))
    if select.exclude is not None:
        parts = list(_of_selector(select.exclude, vm))
        wanted = ", ".join(f"{field}: {wanted}" for field, wanted, _, _ in parts)
        found = ", ".join(dict.fromkeys(f"{field}: {found}" for field, _, found, _ in parts if found))
        yield Condition("not", wanted, found, not meant(select.exclude)(vm), span(*path, "not"))


def _of_selector(select: Selector, vm: VirtualMachine) -> Iterator[tuple[str, str, str, bool]]:
    """Field, what it asks for, what the VM has, and whether that will do."""
    own = {fold(name): value for name, value in vm.tags}
    if select.os is not None:
        yield "os", str(select.os), str(vm.os or ""), vm.os is select.os
    for name, values in select.tags:
        one: Tags = ((name, values),)
        yield f"tags.{name}", " | ".join(values), own.get(fold(name), ""), has_tags(vm, one)
    for field, globs, text in (
        ("resourceGroups", select.resource_groups, vm.resource_group),
        ("names", select.names, vm.name),
    ):
        if globs:
            yield field, " | ".join(globs), text, matches_any(globs, text)


def _reach(vault: Vault, vm: VirtualMachine) -> tuple[tuple[str, str, str], ...]:
    """What a vault can protect: field, its own and the VM's."""
    return (
        ("subscription", vault.subscription_id, vm.subscription_id),
        ("region", region(vault.location), region(vm.location)),
    )


def _in_reach(vault: Vault, vm: VirtualMachine) -> bool:
    return all(fold(wanted) == fold(found) for _, wanted, found in _reach(vault, vm))
