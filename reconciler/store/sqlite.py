"""The journal on SQLite: one file, private, durable, and set aside when it is damaged."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import structlog

from reconciler.store.database import Rows, Value
from reconciler.store.failures import LockedJournalError, NewerJournalError, UnusableJournalError
from reconciler.store.filesystem import network_type
from reconciler.store.sql import migrations, newest, queries, statements

MEMORY = ":memory:"
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_COMPANIONS = ("", "-wal", "-shm")
_WORDS = queries("sqlite.sql")
_RIGHTS = ": check the rights on it and on its folder"

log = structlog.get_logger(__name__)


class SqliteDatabase:
    """Implements Database on a connection. With a `path`, a file that was removed or replaced is opened anew."""

    def __init__(
        self, title: str, connection: sqlite3.Connection, path: Path | None = None, patience: float = 0
    ) -> None:
        self.title = title
        self._connection = connection
        self._path = path
        self._patience = patience
        self._file = _identity(path)

    @contextmanager
    def change(self) -> Iterator[SqliteSession]:
        with self._transaction(_WORDS["begin"]) as session:
            yield session

    @contextmanager
    def look(self) -> Iterator[SqliteSession]:
        with self._transaction(_WORDS["begin_looking"]) as session:
            yield session

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[SqliteSession]:
        with explained(self.title):
            self._follow_the_file()
            connection = self._connection
            connection.execute(begin)
            try:
                yield SqliteSession(connection)
                connection.execute(_WORDS["commit"])
            except BaseException:
                _give_up(connection)
                raise

    def _follow_the_file(self) -> None:
        """What is kept in a file that nobody can open again is lost at the next end of the process."""
        if self._path is None or _identity(self._path) == self._file:
            return
        log.warning("journal replaced", path=self.title, next="the file that is there now is used")
        self._connection.close()
        self._connection = connect(self._path, self._patience)
        self._file = _identity(self._path)


class SqliteSession:
    """Implements Session."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        connection.text_factory = _text

    def run(self, query: str, row: Mapping[str, Value] | None = None) -> Rows:
        return self._connection.execute(statements()[query], row or {}).fetchall()

    def run_each(self, query: str, rows: Iterable[Mapping[str, Value]]) -> None:
        self._connection.executemany(statements()[query], rows)


def in_memory() -> SqliteDatabase:
    """A journal that ends with the process."""
    return SqliteDatabase(MEMORY, _open(MEMORY, 0))


def in_file(path: Path, patience: float) -> SqliteDatabase:
    """The journal at `path`, made if missing; a damaged file is renamed `*.corrupt-<n>` first.

    `patience` is how many seconds another process may hold the file.
    Raises LockedJournalError, NewerJournalError, UnusableJournalError.
    """
    with explained(str(path)):
        return SqliteDatabase(str(path), connect(path, patience), path, patience)


def connect(path: Path, patience: float) -> sqlite3.Connection:
    """Raises sqlite3.Error and OSError beside what `in_file` raises."""
    found = network_type(path)
    if found:
        raise UnusableJournalError(
            f"the journal {path} lies on a network file system ({found}), where SQLite's locks do not hold: "
            "name a file on a disk of this machine, or a PostgreSQL database (--journal)"
        )
    _make(path)
    try:
        return _open(str(path), patience)
    except sqlite3.DatabaseError as error:
        if not is_damaged(error):
            raise
        _set_aside(path, error)
        _make(path)
        return _open(str(path), patience)


@contextmanager
def explained(title: str) -> Iterator[None]:
    """Turns SQLite's and the system's errors into ours, chained."""
    try:
        yield
    except sqlite3.Error as error:
        if _primary(error) in _LOCKED:
            raise LockedJournalError(
                f"the journal {title} is in use by another process: "
                "wait until it has ended, or give this one a journal of its own"
            ) from error
        raise UnusableJournalError(f"the journal {title} cannot be used: {error}{_advice(error)}") from error
    except UnicodeError as error:
        raise UnusableJournalError(f"the journal {title} is damaged: it holds a text that is none") from error
    except OSError as error:
        advice = _RIGHTS if isinstance(error, PermissionError) else ""
        raise UnusableJournalError(f"the journal {title} cannot be used: {error.strerror or error}{advice}") from error


def is_damaged(error: sqlite3.Error) -> bool:
    """Whether SQLite says that the file is not, or no longer, a database."""
    return _primary(error) in _DAMAGED


def version(connection: sqlite3.Connection) -> int:
    """The schema version of the file; 0 for a new one."""
    row: tuple[int] = connection.execute(_WORDS["version"]).fetchone()
    return row[0]


def refuse_newer(connection: sqlite3.Connection, title: str) -> None:
    """Raises NewerJournalError: what a newer program wrote, an older one must not touch."""
    found = version(connection)
    if found > newest():
        raise NewerJournalError(title, found, newest())


def _open(path: str, patience: float) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=patience, isolation_level=None)
    try:
        for name in ("foreign_text", "write_ahead", "durable"):
            connection.execute(_WORDS[name])
        _require_health(connection)
        migrate(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def migrate(connection: sqlite3.Connection, title: str) -> None:
    """Apply what is missing, one transaction a version. Safe beside another process that does the same."""
    refuse_newer(connection, title)
    for target, script in migrations():
        if version(connection) >= target:
            continue
        connection.execute(_WORDS["begin"])
        try:
            if version(connection) < target:
                for statement in _statements(script):
                    connection.execute(statement)
            connection.execute(_WORDS["commit"])
        except BaseException:
            _give_up(connection)
            raise


def _give_up(connection: sqlite3.Connection) -> None:
    """End a transaction that failed, unless SQLite did so by itself, as on a full disk; what failed first is told."""
    with suppress(sqlite3.Error):
        if connection.in_transaction:
            connection.execute(_WORDS["rollback"])


def _statements(script: str) -> Iterator[str]:
    """The statements of a script, one at a time: `executescript` would end the transaction."""
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""


def _require_health(connection: sqlite3.Connection) -> None:
    found: tuple[str] = connection.execute(_WORDS["health"]).fetchone()
    if found[0] != "ok":
        damage = sqlite3.DatabaseError(found[0])
        damage.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise damage


def _make(path: Path) -> None:
    """The folder for us only, the file for us only: SQLite gives its companions the rights of the file."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


def _set_aside(path: Path, error: sqlite3.Error) -> None:
    number = next(n for n in count(1) if not path.with_name(f"{path.name}.corrupt-{n}").exists())
    for companion in _COMPANIONS:
        old = path.with_name(path.name + companion)
        if old.exists():
            old.rename(path.with_name(f"{path.name}.corrupt-{number}{companion}"))
    aside = str(path.with_name(f"{path.name}.corrupt-{number}"))
    log.warning("journal damaged", path=str(path), error=str(error), kept_as=aside, next="a new one is begun")


def _identity(path: Path | None) -> tuple[int, int] | None:
    try:
        found = None if path is None else path.stat()
    except FileNotFoundError:
        return None
    return None if found is None else (found.st_dev, found.st_ino)


def _text(kept: bytes) -> str:
    """Also what damage has made of a text, so that the audit log can say which entry it is in."""
    return kept.decode(errors="surrogateescape")


def _primary(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _advice(error: sqlite3.Error) -> str:
    """What to do now, where it is known."""
    match _primary(error):
        case sqlite3.SQLITE_FULL | sqlite3.SQLITE_IOERR:
            return ": make room on its disk, and run again; nothing is sent that could not be noted first"
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN:
            return _RIGHTS
        case _:
            return ""
