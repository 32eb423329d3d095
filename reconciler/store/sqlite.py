"""Open the journal's SQLite file: private, durable, and set aside when it is damaged."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from urllib.parse import quote

import structlog

from reconciler.store.failures import LockedJournalError, UnusableJournalError
from reconciler.store.migrate import migrate, refuse_newer
from reconciler.store.sql import queries

MEMORY = ":memory:"
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_COMPANIONS = ("", "-wal", "-shm")

log = structlog.get_logger(__name__)


def open_to_write(path: str, patience: float) -> sqlite3.Connection:
    """A connection to the journal at `path`, made if missing; a damaged file is renamed `*.corrupt-<n>` first.

    `patience` is how many seconds another process may hold the file.
    Raises LockedJournalError, NewerJournalError, UnusableJournalError.
    """
    with explained(path):
        if path != MEMORY:
            _make(Path(path))
        try:
            return _open(path, patience)
        except sqlite3.DatabaseError as error:
            if path == MEMORY or not is_damaged(error):
                raise
            _set_aside(Path(path), error)
            _make(Path(path))
            return _open(path, patience)


def open_to_read(path: str) -> sqlite3.Connection | None:
    """A connection that cannot write, None where there is no file. Leaves no trace on the disk where nobody writes.

    Raises LockedJournalError, NewerJournalError, UnusableJournalError.
    """
    if not Path(path).is_file():
        return None
    with explained(path):
        live = _size(Path(path + "-wal")) > 0
        for mode in ("mode=ro", "immutable=1") if live else ("immutable=1",):
            try:
                return _read(path, mode)
            except sqlite3.DatabaseError as error:
                if is_damaged(error):
                    log.warning("journal damaged", path=path, error=str(error), next="read as if it were empty")
                    return None
                if not isinstance(error, sqlite3.OperationalError):
                    raise
                log.debug("journal not readable so", mode=mode, error=str(error))
        raise UnusableJournalError(f"the journal {path} cannot be read: check the rights on it and on its folder")


@contextmanager
def explained(path: str) -> Iterator[None]:
    """Turns SQLite's and the system's errors into ours, chained."""
    try:
        yield
    except sqlite3.Error as error:
        if _primary(error) in _LOCKED:
            raise LockedJournalError(
                f"the journal {path} is in use by another process: "
                "wait until it has ended, or give this one a journal of its own"
            ) from error
        raise UnusableJournalError(f"the journal {path} cannot be used: {error}") from error
    except OSError as error:
        raise UnusableJournalError(f"the journal {path} cannot be used: {error.strerror or error}") from error


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing, and durable at its end."""
    words = queries("sqlite.sql")
    connection.execute(words["begin"])
    try:
        yield
        connection.execute(words["commit"])
    except BaseException:
        if connection.in_transaction:
            connection.execute(words["rollback"])
        raise


def is_damaged(error: sqlite3.Error) -> bool:
    """Whether SQLite says that the file is not, or no longer, a database."""
    return _primary(error) in _DAMAGED


def _open(path: str, patience: float) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=patience, isolation_level=None)
    try:
        words = queries("sqlite.sql")
        for name in ("foreign_text", "write_ahead", "durable"):
            connection.execute(words[name])
        _require_health(connection)
        migrate(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _read(path: str, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(f"file:{quote(str(Path(path).absolute()))}?{mode}", uri=True, isolation_level=None)
    try:
        connection.execute(queries("sqlite.sql")["foreign_text"])
        refuse_newer(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _require_health(connection: sqlite3.Connection) -> None:
    found: tuple[str] = connection.execute(queries("sqlite.sql")["health"]).fetchone()
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


def _primary(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
