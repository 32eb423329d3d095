"""Bring a journal to the newest schema, one transaction a version."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from reconciler.store.failures import NewerJournalError
from reconciler.store.sql import migrations, queries


def newest() -> int:
    """The schema version this program writes."""
    return migrations()[-1][0]


def version(connection: sqlite3.Connection) -> int:
    """The schema version of the file; 0 for a new one."""
    row: tuple[int] = connection.execute(queries("sqlite.sql")["version"]).fetchone()
    return row[0]


def refuse_newer(connection: sqlite3.Connection, name: str) -> None:
    """Raises NewerJournalError: what a newer program wrote, an older one must not touch."""
    found = version(connection)
    if found > newest():
        raise NewerJournalError(
            f"the journal {name} has schema version {found}, and this program knows {newest()} at most: "
            "run the version of reconcile that wrote it, or name another file"
        )


def migrate(connection: sqlite3.Connection, name: str) -> None:
    """Apply what is missing. Safe beside another process that does the same. Raises NewerJournalError."""
    refuse_newer(connection, name)
    words = queries("sqlite.sql")
    for target, script in migrations():
        if version(connection) >= target:
            continue
        connection.execute(words["begin"])
        try:
            if version(connection) < target:
                for statement in statements(script):
                    connection.execute(statement)
            connection.execute(words["commit"])
        except BaseException:
            connection.execute(words["rollback"])
            raise


def statements(script: str) -> Iterator[str]:
    """The statements of a script, one at a time: `executescript` would end the transaction."""
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""
