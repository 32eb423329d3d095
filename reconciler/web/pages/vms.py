"""All VMs: searched, filtered, sorted, and shown a page at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from reconciler.diagnostics.status_json import vm_document
from reconciler.model.call import Json
from reconciler.model.ids import fold
from reconciler.model.plan import Finding
from reconciler.web.index import SORTS, WORDS, Entry, Sort, Wanted, word_of
from reconciler.web.paging import Part, part
from reconciler.web.query import Query
from reconciler.web.sight import Sight


@dataclass(frozen=True, slots=True)
class Vms:
    """`words` are those that may be shown now, by entry; `counts` those of all VMs, whatever the filter."""

    part: Part[Entry]
    wanted: Wanted
    counts: Mapping[str, int]
    vaults: Sequence[str]
    policies: Sequence[str]
    stale: frozenset[str]
    cause: Finding | None
    sight: Sight

    def word(self, entry: Entry) -> str:
        return word_of(entry, self.stale)

    def document(self) -> dict[str, Json]:
        return {
            "total": self.part.total,
            "page": self.part.number,
            "pages": self.part.pages,
            "vms": [entry_document(entry, self.stale, self.sight) for entry in self.part.rows],
        }


def vms(sight: Sight, query: Query) -> Vms:
    cause = sight.finding(query.text("cause")) if query.text("cause") else None
    keys = frozenset(map(fold, cause.subjects)) if cause is not None else frozenset() if query.text("cause") else None
    wanted = Wanted(
        words=query.choices("state", WORDS),
        text=query.text("q"),
        vault=query.text("vault"),
        policy=query.text("policy"),
        keys=keys,
        sort=cast("Sort", query.choice("sort", SORTS, "state")),
        reverse=query.choice("order", ("up", "down")) == "down",
    )
    found = sight.index.select(wanted, sight.stale)
    index = sight.index
    rows = part(found, query.number("page", 1))
    return Vms(rows, wanted, sight.counts, index.vaults, index.policies, sight.stale, cause, sight)


def entry_document(entry: Entry, stale: frozenset[str], sight: Sight) -> dict[str, Json]:
    """As in docs/status-json.md, and `shown`: the word that may be shown now."""
    shown: dict[str, Json] = {"shown": word_of(entry, stale)}
    if entry.status is not None:
        return shown | vm_document(entry.status, sight.now)
    return shown | {"vault": entry.vault or None, "vm": entry.label, "id": entry.id}
