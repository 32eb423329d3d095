"""The embedded vault's memory: one SQLite file, or `:memory:`; the only SQL of the package."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self, TypeVar
from urllib.parse import quote

import msgspec

from reconciler.vaultserver.arm import fold
from reconciler.vaultserver.records import Record, RequestRecord

R = TypeVar("R", bound=Record)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS document (
    kind TEXT NOT NULL, id TEXT NOT NULL, scope TEXT NOT NULL, link TEXT NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS document_scope ON document (kind, scope, id);
CREATE INDEX IF NOT EXISTS document_by_link ON document (kind, link, id);
CREATE TABLE IF NOT EXISTS event (
    number INTEGER PRIMARY KEY, due REAL NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, body BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS event_due ON event (due, number);
CREATE INDEX IF NOT EXISTS event_subject ON event (subject, kind);
CREATE TABLE IF NOT EXISTS request (
    number INTEGER PRIMARY KEY, time REAL NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL, query TEXT NOT NULL,
    status INTEGER NOT NULL, agent TEXT NOT NULL, code TEXT NOT NULL DEFAULT '');
"""
_COLUMN_OF_CODES = "ALTER TABLE request ADD COLUMN code TEXT NOT NULL DEFAULT ''"
_PUT = "INSERT OR REPLACE INTO document (kind, id, scope, link, body) VALUES (?, ?, ?, ?, ?)"
_REQUESTS = (
    "SELECT number, time, method, path, query, status, agent, code FROM request WHERE number > ? ORDER BY number"
)
_BUSY_SECONDS = 30
_MEMORY = ":memory:"
_STATEMENTS = 1000
_PRIVATE = 0o600


class NotAVaultError(Exception):
    """The file exists but does not hold an embedded vault."""


class VaultBusyError(NotAVaultError):
    """Another process holds the file, for longer than anybody waits."""


@contextmanager
def _explained(path: str | Path) -> Iterator[None]:
    """Tell a file that is taken from one that is no vault."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if "locked" in str(error) or "busy" in str(error):
            text = f"{path} has been in use by another process for {_BUSY_SECONDS} seconds; end that one, or try again"
            raise VaultBusyError(text) from error
        raise NotAVaultError(f"{path}: {error}") from error
    except sqlite3.DatabaseError as error:
        raise NotAVaultError(f"{path}: {error}") from error


def _make(path: Path) -> None:
    """The folder for us only, and the file: SQLite gives its companions the rights of the file."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(OSError):  # which SQLite will meet too, and then it is explained
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _PRIVATE))


class Database:
    """Documents, events, settings and the request log. Safe between threads, and its file between processes."""

    def __init__(self, path: str | Path = _MEMORY) -> None:
        self.path = str(path)
        self._lock = threading.RLock()
        self._depth = 0
        self._writes = 0
        self._settings: dict[str, str | None] = {}
        if self.path != _MEMORY:
            _make(Path(self.path))
        self._connection = sqlite3.connect(
            self.path,
            timeout=_BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=_STATEMENTS,
        )
        try:
            with _explained(self.path):
                self._connection.execute("PRAGMA journal_mode=WAL").close()
                self._connection.execute("PRAGMA synchronous=NORMAL").close()
                _prepare(self._connection)
        except NotAVaultError:
            self._connection.close()
            raise

    @classmethod
    def copy_of(cls, path: str | Path) -> Self:
        """A copy in memory of a vault's file, which is only read: no byte of it changes, no file comes beside it."""
        file = Path(path)
        log = file.with_name(f"{file.name}-wal")
        live = log.exists() and log.stat().st_size > 0
        copy = cls()
        try:
            mode = "mode=ro" if live else "immutable=1"
            source = sqlite3.connect(f"file:{quote(str(file.absolute()))}?{mode}", timeout=_BUSY_SECONDS, uri=True)
            with closing(source):
                source.backup(copy._connection)
            _prepare(copy._connection)
        except sqlite3.DatabaseError as error:
            copy.close()
            raise NotAVaultError(f"{path}: {error}") from error
        return copy

    def save_as(self, path: str | Path) -> None:
        """Write everything to a new file, whole or not at all; raises FileExistsError where there is one."""
        file = Path(path)
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with TemporaryDirectory(dir=file.parent, prefix=f".{file.name}.") as folder:
            draft = Path(folder) / file.name
            self._rows("VACUUM INTO ?", str(draft))
            draft.chmod(_PRIVATE)
            if file.exists():
                raise FileExistsError(f"{file} exists already")
            draft.rename(file)

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; one inside another is undone alone."""
        with self._lock:
            depth, self._depth = self._depth, self._depth + 1
            begin, commit, undo = _brackets(depth)
            try:
                with _explained(self.path):
                    self._connection.execute(begin)
                try:
                    yield
                except BaseException:
                    self._settings.clear()
                    for statement in undo:
                        self._connection.execute(statement)
                    raise
                self._connection.execute(commit)
            finally:
                self._depth = depth

    def _rows(self, sql: str, *values: object) -> list[Any]:
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    # documents

    @property
    def version(self) -> tuple[int, int]:
        """Differs from what it was once a document may have changed, here or in another process."""
        return self._writes, int(self._rows("PRAGMA data_version")[0][0])

    def put(self, record: Record) -> None:
        self._writes += 1
        self._rows(_PUT, *_row(record))

    def put_all(self, records: Iterable[Record]) -> None:
        """Many at once; a generator is consumed as it goes, inside one transaction."""
        self._writes += 1
        with self.transaction():
            self._connection.executemany(_PUT, (_row(record) for record in records))

    def get(self, cls: type[R], arm_id: str) -> R | None:
        rows = self._rows("SELECT body FROM document WHERE kind = ? AND id = ?", cls.kind, fold(arm_id))
        return msgspec.json.decode(rows[0][0], type=cls) if rows else None

    def delete(self, record: Record) -> None:
        self._writes += 1
        self._rows("DELETE FROM document WHERE kind = ? AND id = ?", record.kind, fold(record.id))

    def all(self, cls: type[R], scope: str | None = None) -> list[R]:
        """Every document of a kind (in a scope), by folded id."""
        if scope is None:
            rows = self._rows("SELECT body FROM document WHERE kind = ? ORDER BY id", cls.kind)
        else:
            sql = "SELECT body FROM document INDEXED BY document_scope WHERE kind = ? AND scope = ? ORDER BY id"
            rows = self._rows(sql, cls.kind, fold(scope))
        decoder = msgspec.json.Decoder(cls)
        return [decoder.decode(body) for (body,) in rows]

    def page(self, cls: type[R], scope: str | None, after: str, limit: int) -> list[R]:
        """At most `limit` documents whose folded id comes after `after`."""
        sql = (
            "SELECT body FROM document INDEXED BY document_scope "
            "WHERE kind = ? AND scope = ? AND id > ? ORDER BY id LIMIT ?"
        )
        if scope is None:
            sql = "SELECT body FROM document WHERE kind = ? AND ? = '' AND id > ? ORDER BY id LIMIT ?"
        rows = self._rows(sql, cls.kind, fold(scope or ""), after, limit)
        decoder = msgspec.json.Decoder(cls)
        return [decoder.decode(body) for (body,) in rows]

    def linked(self, cls: type[R], link: str) -> list[R]:
        sql = "SELECT body FROM document INDEXED BY document_by_link WHERE kind = ? AND link = ? ORDER BY id"
        decoder = msgspec.json.Decoder(cls)
        return [decoder.decode(body) for (body,) in self._rows(sql, cls.kind, fold(link))]

    def count(self, cls: type[Record], scope: str) -> int:
        sql = "SELECT count(*) FROM document WHERE kind = ? AND scope = ?"
        return int(self._rows(sql, cls.kind, fold(scope))[0][0])

    def clear_scope(self, scope: str) -> None:
        """Forget everything listed under a scope, and what was due for it."""
        self._writes += 1
        self._rows("DELETE FROM document WHERE scope = ? AND kind NOT IN ('vm', 'vault')", fold(scope))
        self._rows("DELETE FROM event WHERE subject = ? OR subject LIKE ?", fold(scope), fold(scope) + "/%")

    # settings

    def setting(self, name: str) -> str | None:
        """Asked for many times a request, so remembered where no other process can change it."""
        if name in self._settings:
            return self._settings[name]
        rows = self._rows("SELECT value FROM setting WHERE name = ?", name)
        value = str(rows[0][0]) if rows else None
        if self.path == _MEMORY:
            self._settings[name] = value
        return value

    def set_setting(self, name: str, value: str) -> None:
        self._settings.pop(name, None)
        self._rows("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", name, value)

    def next_number(self, name: str) -> int:
        """A counter that never gives a number twice, in any process."""
        sql = (
            "INSERT INTO setting (name, value) VALUES (?, '1') "
            "ON CONFLICT (name) DO UPDATE SET value = CAST(value AS INTEGER) + 1 RETURNING value"
        )
        return int(self._rows(sql, f"counter:{name}")[0][0])

    # events

    def add_event(self, due: datetime, kind: str, subject: str, body: dict[str, Any]) -> None:
        sql = "INSERT INTO event (due, kind, subject, body) VALUES (?, ?, ?, ?)"
        self._rows(sql, due.timestamp(), kind, fold(subject), msgspec.json.encode(body))

    def take_event(self, now: datetime) -> tuple[datetime, str, str, dict[str, Any]] | None:
        """The earliest event due by now, removed; None when none is."""
        sql = "SELECT number, due, kind, subject, body FROM event WHERE due <= ? ORDER BY due, number LIMIT 1"
        for number, due, kind, subject, body in self._rows(sql, now.timestamp()):
            self._rows("DELETE FROM event WHERE number = ?", number)
            return datetime.fromtimestamp(due, UTC), kind, subject, msgspec.json.decode(body)
        return None

    def any_due(self, now: datetime) -> bool:
        return bool(self._rows("SELECT 1 FROM event WHERE due <= ? LIMIT 1", now.timestamp()))

    def next_due(self) -> datetime | None:
        due = self._rows("SELECT min(due) FROM event")[0][0]
        return None if due is None else datetime.fromtimestamp(due, UTC)

    def cancel_events(self, subject: str, kind: str) -> None:
        self._rows("DELETE FROM event WHERE subject = ? AND kind = ?", fold(subject), kind)

    # the request log

    def log_request(
        self, time: datetime, method: str, path: str, query: str, status: int, agent: str, code: str = ""
    ) -> None:
        sql = "INSERT INTO request (time, method, path, query, status, agent, code) VALUES (?, ?, ?, ?, ?, ?, ?)"
        self._rows(sql, time.timestamp(), method, path, query, status, agent, code)

    def requests(self, after: int = 0) -> list[RequestRecord]:
        return [
            RequestRecord(
                number=number,
                time=datetime.fromtimestamp(time, UTC),
                method=method,
                path=path,
                query=query,
                status=status,
                agent=agent,
                code=code,
            )
            for number, time, method, path, query, status, agent, code in self._rows(_REQUESTS, after)
        ]


def _prepare(connection: sqlite3.Connection) -> None:
    """Make what is not there yet; a file of an earlier version gets what has been added since."""
    connection.executescript(_SCHEMA).close()
    with closing(connection.execute("PRAGMA table_info(request)")) as cursor:
        columns = {name for _, name, *_ in cursor}
    if "code" not in columns:
        try:
            connection.execute(_COLUMN_OF_CODES).close()
        except sqlite3.OperationalError as error:
            # Another process was quicker.
            if "duplicate column" not in str(error):
                raise


def _row(record: Record) -> tuple[str, str, str, str, bytes]:
    return record.kind, fold(record.id), record.scope, record.link, msgspec.json.encode(record)


def _brackets(depth: int) -> tuple[str, str, tuple[str, ...]]:
    if depth == 0:
        return "BEGIN IMMEDIATE", "COMMIT", ("ROLLBACK",)
    name = f"inner{depth}"
    return f"SAVEPOINT {name}", f"RELEASE {name}", (f"ROLLBACK TO {name}", f"RELEASE {name}")
