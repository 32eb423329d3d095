"""A database as the journal needs one, whichever it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

Value = str | float | None
Row = dict[str, Value]
Rows = list[tuple[Any, ...]]


class Session(Protocol):
    """Inside one transaction. `query` names a statement of the .sql files."""

    def run(self, query: str, row: Mapping[str, Value] | None = None) -> Rows:
        """The rows it gives; none for a statement that gives none."""
        ...

    def run_each(self, query: str, rows: Iterable[Mapping[str, Value]]) -> None: ...


class Database(Protocol):
    """Methods raise JournalError. `title` names it for people, without a password."""

    title: str

    def change(self) -> AbstractContextManager[Session]:
        """A transaction, alone among those that change something: all or nothing, and durable at its end."""
        ...

    def look(self) -> AbstractContextManager[Session]:
        """To read: of one moment, however many statements. Waits for nobody."""
        ...

    def close(self) -> None:
        """Safe to repeat."""
        ...
