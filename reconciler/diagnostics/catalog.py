"""The troubleshooting table, read once from `catalog.toml`, and the way from an Azure error to its row."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from types import MappingProxyType
from typing import Literal

import msgspec

from reconciler.model.ids import fold
from reconciler.model.outcome import AzureError

Operation = Literal["discover", "register", "protect", "backup", "policy", "vault", "manifest", "any"]
Who = Literal["vm-owner", "backup-operator", "subscription-owner", "author", "azure", "nobody"]

UNCLASSIFIED = "unclassified"
_LONGEST_MESSAGE = 8192
"""Characters of a message that patterns are tried on: Azure's own messages are far shorter."""


class RetryRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`never`; `wait` for the running operation; `after` `minutes`, at most `times`; when `fact` has `changed`."""

    rule: Literal["never", "wait", "after", "changed"]
    minutes: int | None = None
    times: int | None = None
    fact: str | None = None

    def __post_init__(self) -> None:
        needed = {"never": (0, 0, 0), "wait": (0, 0, 0), "after": (1, 1, 0), "changed": (0, 0, 1)}[self.rule]
        given = tuple(int(value is not None) for value in (self.minutes, self.times, self.fact))
        if given != needed:
            raise ValueError(f"retry rule {self.rule!r}: `after` takes minutes and times, `changed` takes a fact")

    def __str__(self) -> str:
        """The rule in plain words, as the middle of a sentence."""
        match self.rule:
            case "wait":
                return "after the running operation has ended"
            case "after":
                times = "once" if self.times == 1 else f"at most {self.times} times"
                return f"after {_duration(self.minutes or 0)}, {times}"
            case "changed":
                return f"when this fact changes: {self.fact}"
            case _:
                return "never by itself"


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One row of the table. Azure's words are exact: `azure` its codes, `numbers` its numeric ones.

    A code written `protect:Code` counts under that operation only; `codes` has it bare. `text` holds
    regular expressions for messages, tried case-insensitively. Among rows that match alike, the lower `order` wins: a
    specific cause stands before a general one. `verified` is the ISO date of the last check of the source.
    """

    id: str
    operations: tuple[Operation, ...]
    title: str
    cause: str
    remedy: str
    who: Who
    retry: RetryRule
    source: str
    verified: str
    azure: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()
    statuses: tuple[int, ...] = ()
    """HTTP statuses that mean this row when nothing else matched."""
    text: tuple[str, ...] = ()
    predicted_by: tuple[str, ...] = ()
    order: int = 50

    def concerns(self, operation: str) -> bool:
        return operation in self.operations or "any" in self.operations

    @property
    def codes(self) -> tuple[str, ...]:
        """Azure's codes without the operation, each once."""
        return tuple(dict.fromkeys(code.rpartition(":")[2] for code in self.azure))

    def has_code(self, operation: str, code: str) -> bool:
        return code in self.azure or f"{operation}:{code}" in self.azure


@dataclass(frozen=True)
class Found:
    """What `explain CODE` found: the row, or None; and names that are close or share the code."""

    row: Row | None
    suggestions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Catalog:
    """The rows by id."""

    rows: Mapping[str, Row]

    def row(self, code: str) -> Row:
        """The row of one of our own codes; an unknown one is a bug of ours, and a KeyError."""
        return self.rows[code]

    def match(self, operation: str, error: AzureError) -> Row:
        """The row that explains `error` when it answered `operation`; `unclassified` when none does.

        Tried in this order: symbolic code, numeric code, English text, localised text, HTTP status, all among the rows
        of the operation; then the symbolic code whatever the operation, if only one row has it.
        """
        near = [row for row in self._ordered(operation) if row.concerns(operation)]
        message = error.message[:_LONGEST_MESSAGE]
        tests = (
            lambda row: row.has_code(operation, error.code),
            lambda row: bool({error.number, _number(error.code)} & set(row.numbers)),
            lambda row: self._speaks(row, message, ascii_only=True),
            lambda row: self._speaks(row, message, ascii_only=False),
            lambda row: error.status in row.statuses,
        )
        for test in tests:
            for row in near:
                if test(row):
                    return row
        anywhere = [row for row in self.rows.values() if error.code and error.code in row.codes]
        return anywhere[0] if len(anywhere) == 1 else self.rows[UNCLASSIFIED]

    def find(self, text: str) -> Found:
        """A row by our id, by Azure's code or by a numeric code, spelled in any case."""
        wanted = fold(text.strip())
        if wanted in self.rows:
            return Found(self.rows[wanted])
        hits = [row for row in self._ordered("") if wanted in {fold(code) for code in row.codes}]
        hits += [row for row in self._ordered("") if _number(wanted) in row.numbers and row not in hits]
        if hits:
            return Found(hits[0], tuple(row.id for row in hits[1:]))
        names = {fold(code): code for row in self.rows.values() for code in row.codes} | {
            name: name for name in self.rows
        }
        return Found(None, tuple(names[name] for name in difflib.get_close_matches(wanted, sorted(names), n=3)))

    def _ordered(self, operation: str) -> list[Row]:
        """Rows of the operation itself before those of any; the specific before the general."""
        return sorted(self.rows.values(), key=lambda row: (operation not in row.operations, row.order, row.id))

    def _speaks(self, row: Row, message: str, *, ascii_only: bool) -> bool:
        patterns = self._patterns[row.id]
        return any(pattern.search(message) for pattern in patterns if pattern.pattern.isascii() is ascii_only)

    @cached_property
    def _patterns(self) -> Mapping[str, tuple[re.Pattern[str], ...]]:
        flags = re.IGNORECASE | re.DOTALL
        return {row.id: tuple(re.compile(text, flags) for text in row.text) for row in self.rows.values()}


@cache
def catalog() -> Catalog:
    """The table that ships with the package, read once."""
    text = resources.files(__package__).joinpath("catalog.toml").read_text(encoding="utf-8")
    return parse(text)


def parse(text: str) -> Catalog:
    """A table from TOML; a row that is not complete and strict is a bug: msgspec.ValidationError."""
    tables = tomllib.loads(text)
    rows = msgspec.convert([{"id": name, **table} for name, table in tables.items()], tuple[Row, ...])
    return Catalog(MappingProxyType({row.id: row for row in rows}))


def catalog_order(ids: Iterable[str]) -> list[str]:
    """Ids as the file has them: sorted, and `unclassified` last."""
    return sorted(ids, key=lambda name: (name == UNCLASSIFIED, name))


def _number(code: str) -> int:
    return int(code) if code.isascii() and code.isdigit() and len(code) <= 12 else -1


def _duration(minutes: int) -> str:
    if minutes >= 60 and minutes % 60 == 0:
        hours = minutes // 60
        return "1 hour" if hours == 1 else f"{hours} hours"
    return "1 minute" if minutes == 1 else f"{minutes} minutes"
