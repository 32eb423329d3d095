"""The journal on PostgreSQL: the only importer of psycopg."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
import structlog

from reconciler.store.address import hushed, is_sound, title
from reconciler.store.database import Rows, Value
from reconciler.store.failures import LockedJournalError, NewerJournalError, UnusableJournalError
from reconciler.store.sql import newest, postgres_migrations, postgres_statements, queries

_CONNECT_SECONDS = 10
_WORDS = queries("postgres.sql")
_NO_ADDRESS = (
    "the journal's address is none of a PostgreSQL database: write postgresql://USER:PASSWORD@HOST:PORT/DATABASE, "
    "and what is special in a password as %40 for @, %2F for /, %3A for :"
)

log = structlog.get_logger(__name__)


class PostgresDatabase:
    """Implements Database. It connects when it is needed first, and again when the connection was lost."""

    def __init__(self, where: str, patience: float, *, writable: bool) -> None:
        """`patience` is for how many seconds others may be at work on the journal."""
        self.title = title(where)
        self._where = where
        self._patience = patience
        self._writable = writable
        self._connection: psycopg.Connection[Any] | None = None

    def prepare(self) -> bool:
        """Bring the schema up to date if this may write; whether there is a journal. Raises NewerJournalError."""
        if not is_sound(self._where):
            raise UnusableJournalError(_NO_ADDRESS)
        with self._explained():
            return bool(_version(self._connected()))

    @contextmanager
    def change(self) -> Iterator[PostgresSession]:
        with self._transaction(_WORDS["begin"]) as connection:
            connection.execute(_WORDS["alone"])
            yield PostgresSession(connection)

    @contextmanager
    def look(self) -> Iterator[PostgresSession]:
        with self._transaction(_WORDS["begin_looking"]) as connection:
            yield PostgresSession(connection)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[psycopg.Connection[Any]]:
        with self._explained():
            connection = self._begun(begin)
            try:
                yield connection
                connection.execute(_WORDS["commit"])
            except BaseException:
                with suppress(psycopg.Error):
                    connection.execute(_WORDS["rollback"])
                raise

    def _begun(self, begin: str) -> psycopg.Connection[Any]:
        """A connection inside a transaction; one that was lost while nobody needed it costs nothing."""
        connection = self._connected()
        try:
            connection.execute(begin)
        except psycopg.OperationalError as error:
            connection.close()
            log.warning("journal connection lost", journal=self.title, error=_line(error), next="it is made anew")
            connection = self._connected()
            connection.execute(begin)
        return connection

    def _connected(self) -> psycopg.Connection[Any]:
        if self._connection is None or self._connection.closed:
            connection = psycopg.connect(
                self._where, autocommit=True, prepare_threshold=None, application_name="reconcile", **self._bound()
            )
            try:
                connection.execute(_WORDS["session"], {"patience": f"{round(self._patience * 1000)}ms"})
                if not self._writable:
                    connection.execute(_WORDS["only_looking"])
                self._migrate(connection)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _bound(self) -> dict[str, Any]:
        given = psycopg.conninfo.conninfo_to_dict(self._where)
        return {} if "connect_timeout" in given else {"connect_timeout": _CONNECT_SECONDS}

    def _migrate(self, connection: psycopg.Connection[Any]) -> None:
        """Apply what is missing, in one transaction; a second process waits and then finds nothing missing."""
        found = _version(connection)
        if found > newest():
            raise NewerJournalError(self.title, found, newest())
        if found == newest() or not self._writable:
            return
        with connection.transaction():
            connection.execute(_WORDS["alone"])
            found = _version(connection)
            if not found:
                connection.execute(_WORDS["first_version"])
            for target, script in postgres_migrations():
                if found < target:
                    connection.execute(script)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turns errors of psycopg into ours; what a server or a library says may hold the password."""
        try:
            yield
        except psycopg.errors.LockNotAvailable as error:
            raise LockedJournalError(
                f"the journal {self.title} is kept busy by another process: wait until it has ended its transaction"
            ) from error
        except psycopg.errors.ReadOnlySqlTransaction as error:
            raise UnusableJournalError(
                f"the journal {self.title} takes no writes, such as a replica or a server whose storage is full: "
                "name the primary server, or make room on it"
            ) from error
        except psycopg.ProgrammingError as error:
            if error.sqlstate is None:
                raise UnusableJournalError(_NO_ADDRESS) from None
            raise self._unusable(error) from error
        except psycopg.Error as error:
            raise self._unusable(error) from None

    def _unusable(self, error: psycopg.Error) -> UnusableJournalError:
        return UnusableJournalError(f"the journal {self.title} cannot be used: {hushed(_line(error), self._where)}")


class PostgresSession:
    """Implements Session."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def run(self, query: str, row: Mapping[str, Value] | None = None) -> Rows:
        cursor = self._connection.execute(postgres_statements()[query], row or {})
        return cursor.fetchall() if cursor.description is not None else []

    def run_each(self, query: str, rows: Iterable[Mapping[str, Value]]) -> None:
        with self._connection.cursor() as cursor:
            cursor.executemany(postgres_statements()[query], rows)


def _version(connection: psycopg.Connection[Any]) -> int:
    """Of the schema; 0 where there is none."""
    [(there,)] = connection.execute(_WORDS["is_there"]).fetchall()
    return int(connection.execute(_WORDS["version"]).fetchall()[0][0]) if there else 0


def _line(error: psycopg.Error) -> str:
    """What it says first; the rest repeats the statement."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
