"""The troubleshooting table, read once from `catalog.toml`, and the way from an Azure error to its row."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import resources
from types import MappingProxyType

import msgspec

from reconciler.diagnostics.catalog_match import Matcher, number
from reconciler.diagnostics.catalog_reading import Vocabulary
from reconciler.diagnostics.catalog_rows import Operation, RetryRule, Row, Topic, Variant, Who, Words
from reconciler.model.ids import fold
from reconciler.model.outcome import AzureError

__all__ = [
    "UNCLASSIFIED",
    "Catalog",
    "Found",
    "Judged",
    "Operation",
    "RetryRule",
    "Row",
    "Topic",
    "Variant",
    "Who",
    "Words",
    "catalog",
    "catalog_order",
    "parse",
]

UNCLASSIFIED = "unclassified"
_SUGGESTIONS = 5


@dataclass(frozen=True)
class Found:
    """What `explain CODE` found: a row or a topic, or neither; and names that are close or share the code."""

    row: Row | None
    suggestions: tuple[str, ...] = ()
    topic: Topic | None = None


@dataclass(frozen=True)
class Judged:
    """The row that explains an error, and the ids of those that it can mean instead, the likeliest first."""

    row: Row
    or_else: tuple[str, ...] = ()

    def given(self, foreseen: Collection[str]) -> Judged:
        """What is left where observed facts foresee some of these rows by themselves."""
        if self.row.id in foreseen:
            return Judged(self.row)
        return Judged(self.row, tuple(one for one in self.or_else if one in foreseen) or self.or_else)


@dataclass(frozen=True)
class Catalog:
    """The rows and the topics by id, and the words by which messages are read."""

    rows: Mapping[str, Row]
    topics: Mapping[str, Topic] = field(default_factory=dict)
    words: Vocabulary = field(default_factory=Vocabulary)

    def row(self, code: str) -> Row:
        """The row of one of our own codes; an unknown one is a bug of ours, and a KeyError."""
        return self.rows[code]

    def match(self, operation: str, error: AzureError, facts: Collection[str] = ()) -> Row:
        """The row that explains `error` when it answered `operation`; `unclassified` when none does, or several do.

        Tried in this order: symbolic code, numeric code, a code within the message, the text, HTTP status. A symbolic
        code is sought among the rows of the operation, then among all, if only one has it; one that names no cause
        (`vague`) comes after the text. `facts` are names of observed facts that stand against the operation (`vm-gone`,
        or an unsupported one as `storage`): they turn a disguised row into its variant, with the same id and a retry
        rule of its own.
        """
        return self.judged(operation, error, facts).row

    def judged(
        self, operation: str, error: AzureError, facts: Collection[str] = (), fine: Collection[str] = ()
    ) -> Judged:
        """As `match`, with the other rows that the same answer can mean; of a tie, these are the tied ones.

        `fine` are names of facts that were observed and stand in nobody's way: a row that nothing but these would
        foresee is no possibility.
        """
        found = self._matcher.rows(operation, error, facts)
        row, seen = found[0] if len(found) == 1 else self.rows[UNCLASSIFIED], set(fine)
        others = (one for one in self._possible(found) if one.id != row.id)
        left = (one.id for one in others if not one.predicted_by or not seen.issuperset(one.predicted_by))
        return Judged(row, tuple(left))

    def candidates(self, operation: str, error: AzureError, facts: Collection[str] = ()) -> tuple[Row, ...]:
        """Every row that `error` can mean, the likeliest first; each one's `tell_apart` says what would decide.

        Rows that it means equally well are in the order of their ids.
        """
        return self._possible(self._matcher.rows(operation, error, facts)) or (self.rows[UNCLASSIFIED],)

    def _possible(self, found: Iterable[Row]) -> tuple[Row, ...]:
        told = sorted(found, key=lambda row: row.id)
        others = (self.rows[name] for row in told for name in row.or_else)
        return tuple({row.id: row for row in (*told, *others)}.values())

    def find(self, text: str) -> Found:
        """A row or a topic by our id, by Azure's code or by a numeric code, spelled in any case."""
        wanted = fold(text.strip())
        if wanted in self.rows:
            return Found(self.rows[wanted])
        if wanted in self.topics:
            return Found(None, topic=self.topics[wanted])
        hits = sorted(
            (row for row in self.rows.values() if _named(row, wanted)), key=lambda row: _only_there(row, wanted)
        )
        if hits:
            return Found(_in_its_words(hits[0], wanted), tuple(row.id for row in hits[1:]))
        return Found(None, self._near(wanted))

    def _near(self, wanted: str) -> tuple[str, ...]:
        names = {fold(code): code for row in self.rows.values() for code in row.codes}
        names |= {name: name for name in (*self.rows, *self.topics)}
        close = difflib.get_close_matches(wanted, sorted(names), n=_SUGGESTIONS)
        parts = [name for name in names if len(wanted) >= 4 and wanted in name and name not in close]
        return tuple(names[name] for name in [*close, *sorted(parts)][:_SUGGESTIONS])

    @cached_property
    def _matcher(self) -> Matcher:
        return Matcher(self.rows.values(), self.words)


def _named(row: Row, wanted: str) -> bool:
    return wanted in {fold(code) for code in row.codes} or number(wanted) in row.numbers


def _only_there(row: Row, wanted: str) -> bool:
    """Whether the row has the code for one of its operations only: the others come first."""
    return wanted not in map(fold, row.azure) and number(wanted) not in row.numbers


def _in_its_words(row: Row, code: str) -> Row:
    """The row as the code itself narrows it, so that `explain` says what that code means."""
    for variant in row.variants:
        if code in {fold(own) for own in variant.azure} or number(code) in variant.numbers:
            return row.as_variant(variant)
    return row


@cache
def catalog() -> Catalog:
    """The table that ships with the package, read once."""
    text = resources.files(__package__).joinpath("catalog.toml").read_text(encoding="utf-8")
    return parse(text)


def parse(text: str) -> Catalog:
    """A table from TOML; a row that is not complete and strict is a bug: msgspec.ValidationError."""
    tables = tomllib.loads(text)
    notes, words = tables.pop("topics", {}), msgspec.convert(tables.pop("words", {}), Vocabulary)
    rows = msgspec.convert([{"id": name, **table} for name, table in tables.items()], tuple[Row, ...])
    topics = msgspec.convert([{"id": name, **table} for name, table in notes.items()], tuple[Topic, ...])
    by_id = MappingProxyType({row.id: row for row in rows})
    return Catalog(by_id, MappingProxyType({one.id: one for one in topics}), words)


def catalog_order(ids: Iterable[str]) -> list[str]:
    """Ids as the file has them: sorted, and `unclassified` last."""
    return sorted(ids, key=lambda name: (name == UNCLASSIFIED, name))
