"""ARM ids: how they are built, folded for comparison and taken apart."""

from __future__ import annotations

import re
from typing import NamedTuple

PROVIDER = "Microsoft.RecoveryServices"

_VM = re.compile(
    r"/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<group>[^/]+)/providers/"
    r"(?P<provider>Microsoft\.(?:Classic)?Compute)/virtualMachines/(?P<name>[^/]+)/?",
    re.IGNORECASE,
)
_VAULT = re.compile(
    r"/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<group>[^/]+)/providers/"
    r"Microsoft\.RecoveryServices/vaults/(?P<name>[^/]+)(?P<rest>/.*)?",
    re.IGNORECASE,
)
_UPPER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


class Parts(NamedTuple):
    """What an id names; `provider` is empty for a vault."""

    subscription: str
    group: str
    name: str
    provider: str = ""


def fold(text: str) -> str:
    """Lower the ASCII letters only, as ARM compares ids."""
    return text.lower() if text.isascii() else text.translate(_UPPER)


def vault_id(subscription: str, group: str, name: str) -> str:
    return f"/subscriptions/{subscription}/resourceGroups/{group}/providers/{PROVIDER}/vaults/{name}"


def vm_id(subscription: str, group: str, name: str, *, classic: bool = False) -> str:
    provider = "Microsoft.ClassicCompute" if classic else "Microsoft.Compute"
    return f"/subscriptions/{subscription}/resourceGroups/{group}/providers/{provider}/virtualMachines/{name}"


def vm_parts(arm_id: str) -> Parts | None:
    match = _VM.fullmatch(arm_id)
    return Parts(match["subscription"], match["group"], match["name"], match["provider"]) if match else None


def vault_parts(arm_id: str) -> Parts | None:
    """The vault an id names or lies in."""
    match = _VAULT.fullmatch(arm_id)
    return Parts(match["subscription"], match["group"], match["name"]) if match else None


def vault_of(arm_id: str) -> str:
    """The id of the vault that an id lies in; the empty string when it lies in none."""
    parts = vault_parts(arm_id)
    return vault_id(parts.subscription, parts.group, parts.name) if parts else ""


def last(arm_id: str) -> str:
    return arm_id.rstrip("/").rpartition("/")[2]
