"""What an error of Azure's can mean when nobody says which operation it answered: the rows under each of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reconciler.diagnostics.catalog import UNCLASSIFIED, Catalog, Row
from reconciler.diagnostics.catalog_reading import Reader
from reconciler.model.ids import fold
from reconciler.model.outcome import AzureError

OPERATIONS = ("register", "protect", "backup", "policy", "vault", "discover")
"""What Azure can have answered; the rows of `any` are among those of each."""
_CODE = re.compile(r"[a-z][A-Z]|[A-Za-z][0-9_]")
"""What tells a code from a long word."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """A row that fits, and the operations under which it does."""

    row: Row
    operations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Heard:
    """What a message holds: what may be codes, and the terms by which the table reads it."""

    codes: tuple[str, ...]
    terms: tuple[str, ...]


def meanings(table: Catalog, error: AzureError, operations: Sequence[str] = OPERATIONS) -> tuple[Meaning, ...]:
    """Every row that explains the error under one of the operations; what fits under most of them comes first.

    A row under an operation that is not its own counts only where none fits under its own.
    """
    found: list[tuple[str, Row]] = []
    for operation in operations:
        judged = table.judged(operation, error)
        tied = judged.row.id == UNCLASSIFIED
        found += [(operation, row) for row in (map(table.row, judged.or_else) if tied else (judged.row,))]
    return _gathered([one for one in found if one[1].concerns(one[0])] or found)


def with_code(table: Catalog, code: str, operations: Sequence[str] = OPERATIONS) -> tuple[Meaning, ...]:
    """The rows that list a code for one of the operations."""
    wanted = fold(code.strip())
    return _gathered(
        (operation, row)
        for operation in operations
        for row in table.rows.values()
        if row.concerns(operation) and wanted in map(fold, row.codes_under(operation))
    )


def _gathered(found: Iterable[tuple[str, Row]]) -> tuple[Meaning, ...]:
    rows: dict[str, Row] = {}
    under: dict[str, list[str]] = {}
    for operation, row in found:
        rows.setdefault(row.id, row)
        under.setdefault(row.id, []).append(operation)
    made = (Meaning(rows[name], tuple(names)) for name, names in under.items())
    return tuple(sorted(made, key=lambda one: -len(one.operations)))


def is_vague(table: Catalog, code: str) -> bool:
    """Whether Azure's code names no cause by itself."""
    return fold(code.strip()) in map(fold, table.words.vague)


def heard(table: Catalog, message: str) -> Heard:
    reading = Reader(table.words).read(message)
    terms = {term for said in (*reading.facts, *reading.advice, *reading.around) for term in said}
    return Heard(tuple(filter(_CODE.search, reading.codes)), tuple(sorted(terms)))
