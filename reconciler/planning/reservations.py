"""What a step rests on that one look cannot prove: that something is gone, and that a name still means the same VM."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from reconciler.actions.paths import vault_id
from reconciler.model.desired import Vault
from reconciler.model.ids import fold
from reconciler.model.past import item_thing, vault_thing, vm_thing
from reconciler.model.plan import Step, SubjectKind
from reconciler.model.state import Risk
from reconciler.planning.absence import is_believed, is_named, item_is_missed, told, vm_seems_gone
from reconciler.planning.namesakes import is_recreated
from reconciler.planning.situation import Situation, label_of, policy_of


@dataclass(frozen=True, slots=True)
class _Gone:
    """Something that a step takes to be gone. `what` is a part of a sentence."""

    thing: str
    what: str
    label: str
    id: str


def unconfirmed(situation: Situation, step: Step, gone: Collection[str]) -> str:
    """What would settle that things are gone which a step takes to be; `gone` are the folded names that people said."""
    vault = situation.vaults[step.vault]
    for one in _taken_to_be_gone(situation, vault, step):
        if not is_believed(situation, one.thing) and not is_named(gone, one.label, one.id):
            return told(situation, one.thing, one.what, one.label)
    return _lists_disagree(situation, vault, step)


def _taken_to_be_gone(situation: Situation, vault: Vault, step: Step) -> Iterator[_Gone]:
    here, subject = vault_id(vault), step.subject
    if step.action == "create-vault":
        yield _Gone(vault_thing(here), f"the vault {vault.name!r}", vault.name, here)
    if subject.kind is not SubjectKind.VM:
        return
    key = fold(subject.id)
    if step.action in {"register", "protect"} and item_is_missed(situation, vault, key):
        what = f"the item of {subject.name} that was in the vault before"
        yield _Gone(item_thing(here, key), what, subject.name, subject.id)
    if step.risk > Risk.SAFE:
        yield from _machines(situation, vault, step)


def _machines(situation: Situation, vault: Vault, step: Step) -> Iterator[_Gone]:
    """The VM itself where no list shows it, and its namesakes: a bare name may have meant one of those."""
    name = fold(step.subject.name.rpartition("/")[2])
    for item in situation.seen(vault).items.values():
        label = label_of(item.vm_arm_id)
        if fold(label.rpartition("/")[2]) == name and vm_seems_gone(situation, item):
            yield _Gone(vm_thing(item.key), f"the virtual machine {label}", label, item.vm_arm_id)


def _lists_disagree(situation: Situation, vault: Vault, step: Step) -> str:
    """A policy that its list leaves out, and that items have, is there: to make it would be to change it unseen."""
    if step.action != "create-policy":
        return ""
    name = fold(step.subject.name.partition("/")[2])
    users = [item for item in situation.seen(vault).items.values() if fold(policy_of(item)) == name]
    if not users:
        return ""
    return (
        f"The list of policies leaves {step.subject.name} out, and {len(users)} of the vault's items have it. It is "
        "made once both lists agree."
    )


def foreign(situation: Situation, step: Step, aims: Collection[str]) -> str:
    """What to do where a step takes something away from a machine that only bears the name; `aims` are folded names."""
    vault, subject = situation.vaults[step.vault], step.subject
    if subject.kind is not SubjectKind.VM or step.risk is Risk.SAFE:
        return ""
    item = situation.seen(vault).items.get(fold(subject.id))
    if item is None or not is_recreated(situation, vault, item) or is_named(aims, subject.name, subject.id):
        return ""
    return (
        f"The recovery points in {vault.name} are of the machine that had the name {subject.name} before. If they are "
        f"meant, say so once: --target {subject.name}."
    )
