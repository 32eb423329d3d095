"""What is remembered of earlier looks and writes. It can only hold back: what is lost is seen again, or waited for."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from reconciler.model.call import canonical
from reconciler.model.ids import fold
from reconciler.model.observed import Sizes, VmKey
from reconciler.model.plan import Step


@dataclass(frozen=True, slots=True)
class Absence:
    """The first and the latest of an unbroken row of looks that did not show something. Aware UTC."""

    since: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class Past:
    """`sizes` are those of the last complete look, `latest` is when it was.

    `absences` are by the name of a thing (`vault_thing`, `vm_thing`, `item_thing`). `items` are those that the last
    complete look at a vault showed, by its folded id: the `short` key of the VM, and the vmId of the machine that its
    recovery points are of, empty where nobody knows. `mended` are the times at which a correction was seen done, by
    the `request` that made it. `consents` are the requests that consents have permitted, by the consent's mark.
    """

    sizes: Sizes | None = None
    latest: datetime | None = None
    absences: Mapping[str, Absence] = field(default_factory=dict)
    items: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    mended: Mapping[str, tuple[datetime, ...]] = field(default_factory=dict)
    consents: Mapping[str, str] = field(default_factory=dict)

    def machine(self, vault_id: str, key: VmKey) -> str | None:
        """The vmId behind an item; None when the last look at the vault did not show the item."""
        known = self.items.get(fold(vault_id))
        return known.get(short(key)) if known else None


def vault_thing(vault_id: str) -> str:
    return fold(vault_id)


def vm_thing(key: VmKey) -> str:
    return key


def item_thing(vault_id: str, key: VmKey) -> str:
    return f"{fold(vault_id)}#{short(key)}"


def short(key: VmKey) -> str:
    """A key in few characters: thousands of them are kept as one text."""
    return hashlib.sha256(key.encode("utf-8", "backslashreplace")).hexdigest()[:16]


def request(step: Step) -> str:
    """What a step sends, in few characters: another body is another request."""
    call = step.call
    text = canonical([step.id, call.method, call.path, call.api, call.body])
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:32]
