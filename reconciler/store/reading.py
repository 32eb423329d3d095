"""Read a journal's SQLite file without a trace: also on a read-only disk, and with what its writer did last."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import structlog

from reconciler.store.failures import UnusableJournalError
from reconciler.store.sql import newest, queries
from reconciler.store.sqlite import MEMORY, SqliteDatabase, explained, is_damaged, migrate, refuse_newer, version

log = structlog.get_logger(__name__)


@contextmanager
def read_file(path: Path) -> Iterator[SqliteDatabase | None]:
    """The journal at `path`, None where there is no file or a damaged one.

    A write-ahead log beside the file is read with it; where SQLite cannot do so, as on a read-only disk, a copy of both
    is read elsewhere. Without such a log the file is read as it is, and nothing is made beside it.
    Raises NewerJournalError, LockedJournalError, UnusableJournalError.
    """
    with ExitStack() as stack:
        with explained(str(path)):
            connection = _opened(path, stack) if path.is_file() else None
        yield None if connection is None else SqliteDatabase(str(path), connection)


def _opened(path: Path, stack: ExitStack) -> sqlite3.Connection | None:
    ways: list[Callable[[], sqlite3.Connection]] = [lambda: _read(path, "immutable=1")]
    if _size(_log_of(path)):
        ways = [lambda: _read(path, "mode=ro"), lambda: _read(_copy(path, stack), "mode=rw"), *ways]
    for way in ways:
        try:
            return stack.enter_context(closing(way()))
        except sqlite3.DatabaseError as error:
            if is_damaged(error):
                log.warning("journal damaged", path=str(path), error=str(error), next="read as if it were empty")
                return None
            log.debug("journal not readable so", path=str(path), error=str(error))
        except OSError as error:
            log.debug("journal cannot be copied", path=str(path), error=str(error))
    raise UnusableJournalError(f"the journal {path} cannot be read: check the rights on it and on its folder")


def _read(path: Path, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(f"file:{quote(str(path.absolute()))}?{mode}", uri=True, isolation_level=None)
    try:
        connection.execute(queries("sqlite.sql")["foreign_text"])
        refuse_newer(connection, str(path))
        return connection if version(connection) == newest() else _renewed(connection, path)
    except BaseException:
        connection.close()
        raise


def _renewed(connection: sqlite3.Connection, path: Path) -> sqlite3.Connection:
    """An older journal as it will be once somebody writes to it, in memory; a file without tables is an empty one."""
    memory = sqlite3.connect(MEMORY, isolation_level=None)
    try:
        connection.backup(memory)
        migrate(memory, str(path))
    except BaseException:
        memory.close()
        raise
    connection.close()
    return memory


def _copy(path: Path, stack: ExitStack) -> Path:
    folder = Path(stack.enter_context(TemporaryDirectory(prefix="reconcile-")))
    for name in (path.name, _log_of(path).name):
        shutil.copyfile(path.with_name(name), folder / name)
    return folder / path.name


def _log_of(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
