"""Where each VM stands in its vault, told from what was seen and from nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass

from reconciler.actions.paths import vault_id
from reconciler.model.desired import Vault
from reconciler.model.ids import fold
from reconciler.model.observed import ProtectedItem
from reconciler.model.plan import Basis, Finding, Severity
from reconciler.model.state import ItemState, State
from reconciler.planning.select import Wish
from reconciler.planning.situation import Situation, policy_of

_VAULT_ID = re.compile(
    r"/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<group>[^/]+)"
    r"/providers/Microsoft\.RecoveryServices/vaults/(?P<name>[^/]+)",
    re.ASCII | re.IGNORECASE,
)

QUIET = {
    ItemState.PROTECTED: "protected",
    ItemState.IR_PENDING: "protected-initial-backup-pending",
    ItemState.PROTECTION_PAUSED: "protection-paused",
    ItemState.PROTECTION_ERROR: "protection-error",
}
"""Why nothing is to be done for an item that has the right policy."""


@dataclass(frozen=True, slots=True)
class Standing:
    """`because` says why nothing is to be done should the state be the goal."""

    state: State
    item: ProtectedItem | None = None
    because: str = ""
    finding: Finding | None = None


def standing(situation: Situation, wish: Wish) -> Standing:
    item = situation.seen(wish.vault).items.get(wish.meant.key)
    return _without_item(situation, wish) if item is None else _of_item(wish, item)


def _of_item(wish: Wish, item: ProtectedItem) -> Standing:
    if item.soft_deleted:
        return Standing(State.SOFT_DELETED, item, "soft-deleted")
    if item.stopped:
        return Standing(State.STOPPED, item, "stopped")
    if item.state not in QUIET:
        text = f"Azure reports {wish.meant.label} as {item.raw_state or item.state!s}."
        return Standing(State.UNKNOWN, item, "unknown", _finding("item-state-unknown", wish, text))
    finding = None
    if item.state is ItemState.PROTECTION_ERROR:
        text = f"{wish.meant.label} is in the state ProtectionError{_last_backup(item)}."
        finding = _finding("item-in-error", wish, text, Severity.WARNING)
    policy = wish.protection.policy if wish.protection else policy_of(item)
    drifted = fold(policy) != fold(policy_of(item))
    return Standing(State.DRIFTED if drifted else State.PROTECTED, item, QUIET[item.state], finding)


def _without_item(situation: Situation, wish: Wish) -> Standing:
    vault, key = situation.seen(wish.vault), wish.meant.key
    if wish.goal is State.PROTECTED:
        holder = _holder(situation, wish)
        if holder is not None:
            return Standing(State.ELSEWHERE, None, "held-by-another-vault", holder)
        if _listed_late(situation, wish):
            text = f"Azure says that the vault {wish.vault.name!r} holds {wish.meant.label}; its list does not show it."
            unlisted = _finding("item-not-listed", wish, text, Severity.WARNING, Basis.AZURE)
            return Standing(State.UNKNOWN, None, "item-not-listed", unlisted)
    if key in vault.registered:
        return Standing(State.REGISTERED, None, "not-protected")
    if key in vault.discovered:
        return Standing(State.DISCOVERED, None, "not-protected")
    return Standing(State.UNDISCOVERED, None, "not-protected")


def _holder(situation: Situation, wish: Wish) -> Finding | None:
    """A finding when another vault has the VM: seen among the declared vaults, or told by Azure's own check."""
    for name, item in situation.holders.get(wish.meant.key, ()):
        if name != wish.vault.name and item.protected:
            group = situation.vaults[name].resource_group
            text = f"{wish.meant.label} is an item of the vault {name!r} in the resource group {group!r}."
            return _finding("vm-held-by-another-vault", wish, text)
    held_by = _held_by(situation, wish)
    if not held_by or fold(held_by.rstrip("/")) == fold(vault_id(wish.vault)):
        return None
    text = f"Azure says that {wish.meant.label} is held by the vault {_place_of(held_by, wish.vault)}."
    return _finding("vm-held-by-another-vault", wish, text, basis=Basis.AZURE)


def _listed_late(situation: Situation, wish: Wish) -> bool:
    """Whether Azure says that this vault has the VM already; while it is only being enabled, its job tells that."""
    check = situation.observed.checks.get((wish.vault.name, wish.meant.key))
    return check is not None and check.protection_status == "Protected" and bool(check.held_by)


def _held_by(situation: Situation, wish: Wish) -> str:
    """The vault that holds the VM by Azure's own word, or empty."""
    check = situation.observed.checks.get((wish.vault.name, wish.meant.key))
    return check.held_by if check else ""


def _last_backup(item: ProtectedItem) -> str:
    return f", its last backup ended as {item.last_backup_status}" if item.last_backup_status else ""


def _place_of(vault_id: str, ours: Vault) -> str:
    """An undeclared vault in few words: its name and group, and its subscription where that is not our vault's."""
    match = _VAULT_ID.fullmatch(vault_id.rstrip("/"))
    if match is None:
        return vault_id
    elsewhere = fold(match["subscription"]) != fold(ours.subscription_id)
    where = f" of the subscription {match['subscription']}" if elsewhere else ""
    return f"{match['name']!r} in the resource group {match['group']!r}{where}"


def _finding(
    code: str, wish: Wish, text: str, severity: Severity = Severity.ERROR, basis: Basis = Basis.OBSERVED
) -> Finding:
    return Finding(code, severity, (wish.meant.id,), text, wish.meant.source, basis, wish.vault.name)
