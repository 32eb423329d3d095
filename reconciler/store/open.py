"""Open the journal where the settings say it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.store import sqlite
from reconciler.store.address import is_postgres, title
from reconciler.store.database import Database
from reconciler.store.failures import UnusableJournalError
from reconciler.store.reading import read_file

if TYPE_CHECKING:
    from reconciler.store.postgres import PostgresDatabase

_READERS_PATIENCE = 5.0


def open_to_write(where: str, patience: float) -> Database:
    """A file, made if missing, `:memory:`, or a PostgreSQL database. `patience` is in seconds. Raises JournalError."""
    if is_postgres(where):
        database = _postgres(where, patience, writable=True)
        database.prepare()
        return database
    return sqlite.in_memory() if where == sqlite.MEMORY else sqlite.in_file(Path(where), patience)


@contextmanager
def open_to_read(where: str) -> Iterator[Database | None]:
    """The same, without a way to write; None where there is no journal yet. Raises JournalError."""
    if not is_postgres(where):
        with read_file(Path(where)) as file:
            yield file
        return
    with closing(_postgres(where, _READERS_PATIENCE, writable=False)) as database:
        yield database if database.prepare() else None


def _postgres(where: str, patience: float, *, writable: bool) -> PostgresDatabase:
    try:
        from reconciler.store.postgres import PostgresDatabase
    except ImportError as error:
        raise UnusableJournalError(
            f"the journal {title(where)} needs psycopg and libpq, and they cannot be loaded ({error}): "
            "pip install 'reconcile-backup[postgres]'"
        ) from error
    return PostgresDatabase(where, patience, writable=writable)
