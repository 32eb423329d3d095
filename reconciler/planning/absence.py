"""What seems to be gone: one answer that does not show a thing proves nothing (facts I-15).

It is believed after two complete looks at least ten minutes apart, or when a person names it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from reconciler.actions.paths import vault_id
from reconciler.model.desired import Desired, Vault
from reconciler.model.ids import fold
from reconciler.model.observed import Observed, ProtectedItem, VmKey
from reconciler.model.past import Absence, Past, item_thing, short, vault_thing, vm_thing
from reconciler.planning.situation import Situation, situation_of, vm_name

APART = timedelta(minutes=10)
"""Between the two looks."""
LASTS = timedelta(hours=24)
"""Until a look that showed something to be gone counts no more: it may have come and gone again."""
MENDED = timedelta(days=7)
"""How long it is remembered that a change was seen done: a canary may have to prove itself for days."""


def vm_seems_gone(situation: Situation, item: ProtectedItem) -> bool:
    """Whether a whole list of its subscription leaves out the VM of an item, and its group could be read."""
    name = vm_name(item.vm_arm_id)
    if name is None or item.key in situation.observed.vms or name.classic:
        return False
    ours = {fold(vault.subscription_id) for vault in situation.vaults.values()}
    group = fold(f"/subscriptions/{name.subscription_id}/resourceGroups/{name.resource_group}")
    if group in situation.observed.hidden:
        return False
    return fold(name.subscription_id) in ours and situation.sees_vms_of(name.subscription_id)


def vm_is_gone(situation: Situation, item: ProtectedItem) -> bool:
    """Whether the VM of an item is believed to be gone."""
    return vm_seems_gone(situation, item) and is_believed(situation, vm_thing(item.key))


def item_is_missed(situation: Situation, vault: Vault, key: VmKey) -> bool:
    """Whether the last look at a vault showed an item that this one does not."""
    seen = situation.seen(vault)
    return seen.exists and key not in seen.items and situation.past.machine(vault_id(vault), key) is not None


def is_believed(situation: Situation, thing: str) -> bool:
    """Whether the latest look and one at least ten minutes before it left a thing out, and none between showed it."""
    return _is_believed(situation.past, thing, situation.observed.taken_at)


def _is_believed(past: Past, thing: str, now: datetime) -> bool:
    known = past.absences.get(thing)
    return known is not None and known.last - known.since >= APART and timedelta() <= now - known.last <= LASTS


def settled_at(situation: Situation, thing: str) -> datetime:
    """When a look that leaves a thing out once more will be believed."""
    known = situation.past.absences.get(thing)
    return (known.since if known is not None else situation.observed.taken_at) + APART


def is_named(names: Collection[str], label: str, arm_id: str) -> bool:
    """Whether somebody who has looked says that a vault or a VM is gone: by name, `group/name` or ARM id."""
    folded = fold(label)
    return bool({folded, folded.rpartition("/")[2], fold(arm_id)} & set(names))


def remembered(desired: Desired, observed: Observed, past: Past) -> Past:
    """What is remembered once a look is taken in, which need not be a complete one: what it cannot tell stays.

    A plan is made with what this gives, so that the look it rests on counts.
    """
    situation, now = situation_of(desired, observed, past), observed.taken_at
    absences = _absences(situation)
    recent = {mark: tuple(at for at in times if abs(now - at) <= MENDED) for mark, times in past.mended.items()}
    return replace(
        past,
        latest=max(past.latest or now, now) if observed.complete and not situation.blind_vaults else past.latest,
        absences=absences,
        items=dict(past.items) | dict(_items(situation, replace(past, absences=absences))),
        mended={mark: times for mark, times in recent.items() if times},
    )


def _absences(situation: Situation) -> Mapping[str, Absence]:
    now, known = situation.observed.taken_at, situation.past.absences
    found = {thing: one for thing, one in known.items() if timedelta() <= now - one.last <= LASTS}
    for thing, there in _things(situation):
        if there:
            found.pop(thing, None)
        else:
            found[thing] = Absence(found[thing].since if thing in found else now, now)
    return dict(sorted(found.items()))


def _things(situation: Situation) -> Iterator[tuple[str, bool]]:
    """All of which this look can tell whether it is there: each declared vault, its items, and their VMs."""
    for vault in situation.vaults.values():
        if vault.name in situation.blind_vaults:
            continue
        here, seen = vault_id(vault), situation.seen(vault)
        yield vault_thing(here), seen.exists
        if not seen.exists:
            continue
        for item in seen.items.values():
            yield item_thing(here, item.key), True
            if item.key in situation.observed.vms:
                yield vm_thing(item.key), True
            elif vm_seems_gone(situation, item):
                yield vm_thing(item.key), False
        present = {short(key) for key in seen.items}
        for key in situation.past.items.get(fold(here), {}).keys() - present:
            yield f"{fold(here)}#{key}", False


def _items(situation: Situation, past: Past) -> Iterator[tuple[str, Mapping[str, str]]]:
    """The items of each vault that was seen whole; one that is missed stays until it is believed to be gone."""
    for vault in situation.vaults.values():
        seen, here = situation.seen(vault), fold(vault_id(vault))
        if vault.name in situation.blind_vaults or not seen.exists:
            continue
        before, taken_at = past.items.get(here, {}), situation.observed.taken_at
        kept = {key: one for key, one in before.items() if not _is_believed(past, f"{here}#{key}", taken_at)}
        now = {short(item.key): _machine(situation, vault, item) for item in seen.items.values()}
        yield here, dict(sorted((kept | now).items()))


def _machine(situation: Situation, vault: Vault, item: ProtectedItem) -> str:
    """The vmId that the recovery points of an item belong to, as far as anybody can tell."""
    vm = situation.observed.vms.get(item.key)
    known = situation.past.machine(vault_id(vault), item.key) or ""
    if vm is None or vm.classic:
        return known
    point = item.last_recovery_point
    of_another = vm.created is not None and point is not None and point < vm.created
    backed_up_since = vm.created is not None and point is not None and point >= vm.created
    return known if of_another or (known and not backed_up_since) else vm.vm_id


def told(situation: Situation, thing: str, what: str, name: str) -> str:
    """What to do about something that is not believed to be gone yet; whole minutes, so that it is late enough."""
    again = settled_at(situation, thing).astimezone(UTC) + timedelta(seconds=59)
    return (
        f"This look does not show {what}, and one look proves nothing. Run again after {again:%Y-%m-%d %H:%M} UTC, "
        f"with the same journal: a second look then settles it. Who has looked says --confirm-gone {name}."
    )
