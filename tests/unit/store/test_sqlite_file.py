"""The journal's file: private, durable, readable where nothing can be written, left alone where it is not ours."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from reconciler.model.journal import JournalError
from reconciler.model.observed import Sizes
from reconciler.model.outcome import Done
from reconciler.store import sqlite
from reconciler.store.failures import LockedJournalError, NewerJournalError, UnusableJournalError
from reconciler.store.journal import Journal, JournalReader
from reconciler.store.reading import read_file
from tests.unit.engine.estate import protect
from tests.unit.store.files import NOW, ROOT, WRITE_AND_STOP, as_nobody, child, filled, now


def test_file_and_folder_are_ours_alone(path: Path) -> None:
    with Journal(str(path), now) as journal:
        journal.remember_sizes("a", Sizes(1, 2))
        files = sorted(path.parent.iterdir())
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
        assert len(files) == 3
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("damage", [b"this is not a database, whatever its name says " * 50, b"half"])
def test_a_damaged_file_is_set_aside_and_kept(path: Path, damage: bytes) -> None:
    path.parent.mkdir()
    for _ in range(2):
        path.write_bytes(damage)
        with Journal(str(path), now) as journal:
            assert journal.open_operations() == []
    kept = sorted(file.name for file in path.parent.glob("*corrupt*"))
    assert kept == ["journal.db.corrupt-1", "journal.db.corrupt-2"]
    assert path.with_name(kept[0]).read_bytes() == damage


def test_a_newer_schema_is_refused_and_left_alone(path: Path) -> None:
    Journal(str(path), now).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = path.read_bytes()
    for opening in (lambda: Journal(str(path), now), lambda: JournalReader(str(path)).last_sizes("a")):
        with pytest.raises(NewerJournalError, match="schema version 99"):
            opening()
    assert path.read_bytes() == before


def test_a_locked_file_is_said_to_be_locked(path: Path) -> None:
    Journal(str(path), now).close()
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(LockedJournalError, match="another process"):
            Journal(str(path), now, patience=0.01)
    finally:
        holder.close()


def test_a_place_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UnusableJournalError, match="cannot be used"):
        Journal(str(tmp_path / "file" / "journal.db"), now)


def test_every_error_of_ours_is_a_journal_error() -> None:
    assert all(issubclass(kind, JournalError) for kind in (LockedJournalError, NewerJournalError, UnusableJournalError))


def test_a_reader_leaves_no_trace(path: Path) -> None:
    assert JournalReader(str(path)).last_sizes("a") is None
    assert not path.parent.exists()
    with Journal(str(path), now) as journal:
        journal.remember_sizes("a", Sizes(1, 2))
    before = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    assert JournalReader(str(path)).last_sizes("a") == Sizes(1, 2)
    assert {file.name: file.read_bytes() for file in path.parent.iterdir()} == before


def test_a_reader_sees_what_a_live_writer_committed(path: Path) -> None:
    with Journal(str(path), now) as journal:
        journal.remember_sizes("a", Sizes(1, 2))
        assert JournalReader(str(path)).last_sizes("a") == Sizes(1, 2)


def test_a_reader_works_where_nothing_can_be_written(path: Path) -> None:
    with Journal(str(path), now) as journal:
        journal.remember_sizes("a", Sizes(1, 2))
    path.chmod(0o400)
    path.parent.chmod(0o500)
    try:
        assert JournalReader(str(path)).last_sizes("a") == Sizes(1, 2)
    finally:
        path.parent.chmod(0o700)


@pytest.mark.parametrize("kept", [0.0, 0.01, 0.3, 0.7, 0.99])
def test_a_write_ahead_log_that_was_cut_off_costs_only_what_was_cut(path: Path, kept: float) -> None:
    """As a file system may leave it after a loss of power: what is there is whole, and it is a beginning of it all."""
    assert child(WRITE_AND_STOP, str(path)).returncode == 9
    wal = path.with_name(path.name + "-wal")
    os.truncate(wal, int(wal.stat().st_size * kept))
    assert JournalReader(str(path)).check(NOW).broken_at is None
    with Journal(str(path), now) as journal:
        known = [one.step_id for one in journal.open_operations()]
        assert sorted(known) == sorted(f"protect:vm-{number}" for number in range(len(known)))
        assert journal.head().entries == len(known)
        journal.intend("r2", protect("web-1"), "c")
    assert JournalReader(str(path)).check(NOW).broken_at is None


def test_a_network_file_system_is_refused_before_anything_is_made(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.store.sqlite.network_type", lambda _: "nfs4")
    with pytest.raises(UnusableJournalError, match=r"network file system \(nfs4\).*PostgreSQL"):
        Journal(str(path), now)
    assert not path.parent.exists()


@pytest.mark.skipif(os.getuid() != 0, reason="only root may become somebody who may not write")
@pytest.mark.parametrize("killed", [False, True], ids=["closed", "killed"])
def test_who_may_not_write_reads_all_of_it_and_is_told_why_no_more(path: Path, killed: bool) -> None:
    """A write-ahead log that was left behind is read too, where SQLite itself cannot even open the file."""
    if killed:
        assert child(WRITE_AND_STOP, str(path)).returncode == 9
        path.with_name(path.name + "-shm").unlink()
    else:
        filled(path)
    parents = [parent for parent in path.parents if len(parent.parts) > 2]
    rights = {parent: parent.stat().st_mode for parent in parents}
    for file in path.parent.iterdir():
        file.chmod(0o444)
    for parent in parents:
        parent.chmod(0o555)
    before = {file.name: file.read_bytes() for file in path.parent.iterdir()}

    def act() -> str:
        chain = JournalReader(str(path)).check(NOW)
        try:
            Journal(str(path), now)
        except JournalError as error:
            return f"{chain.head.entries} {chain.broken_at} {error}"
        return "written"

    try:
        said = as_nobody(act)
    finally:
        for parent, mode in rights.items():
            parent.chmod(mode)
    assert said.startswith(f"40 None the journal {path} cannot be used: ")
    assert said.endswith(": check the rights on it and on its folder")
    assert {file.name: file.read_bytes() for file in path.parent.iterdir()} == before


def test_a_reader_that_can_be_served_in_no_way_says_so(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(path, 1)
    path.with_name(path.name + "-wal").write_bytes(b"x" * 100)
    tried: list[str] = []

    def refuse(target: str, **_: object) -> sqlite3.Connection:
        tried.append(target.rpartition("?")[2])
        raise sqlite3.OperationalError("no")

    def no_room(*_: object) -> None:
        raise OSError("no room")

    monkeypatch.setattr("reconciler.store.reading.sqlite3.connect", refuse)
    with pytest.raises(UnusableJournalError, match="cannot be read: check the rights"):
        JournalReader(str(path)).head()
    assert tried == ["mode=ro", "mode=rw", "immutable=1"]
    monkeypatch.setattr("reconciler.store.reading.shutil.copyfile", no_room)
    with pytest.raises(UnusableJournalError, match="cannot be read: check the rights"):
        JournalReader(str(path)).head()


def test_an_error_that_is_no_trouble_with_the_file_is_told_by_its_name(path: Path) -> None:
    filled(path, 1)
    with Journal(str(path), now) as journal, closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("DROP TABLE front")
        with pytest.raises(UnusableJournalError, match="no such table: front"):
            journal.intend("r1", protect("web-1"), "c")


def test_an_older_journal_is_brought_up_to_date_and_keeps_what_it_knows(path: Path) -> None:
    """The first version of the schema, with an intent in it."""
    script = (ROOT / "reconciler/store/migrations/0001_journal.sql").read_text()
    path.parent.mkdir()
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        old.executescript(script)
        old.execute(
            "INSERT INTO step (run, id, action, vault, subject_kind, subject_name, subject_id, reason, intended_at) "
            "VALUES ('r0', 'protect:web-1', 'protect', 'rsv', 'vm', 'rg/web-1', '/x', 'r', '2026-01-01T00:00Z')"
        )
    with Journal(str(path), now) as journal:
        assert [known.run for known in journal.open_operations()] == ["r0"]
        journal.record("r0", "protect:web-1", Done())
        assert (journal.open_operations(), journal.head().entries) == ([], 0)


def test_a_migration_that_breaks_off_leaves_the_older_journal(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(path, 1)
    before = path.read_bytes()
    monkeypatch.setattr("reconciler.store.sqlite.migrations", lambda: ((99, "CREATE TABLE x (y);\nNONSENSE;\n"),))
    monkeypatch.setattr("reconciler.store.sqlite.newest", lambda: 99)
    with pytest.raises(UnusableJournalError, match="syntax error"):
        Journal(str(path), now)
    monkeypatch.undo()
    with Journal(str(path), now) as journal:
        assert journal.head().entries == 1
    assert len(path.read_bytes()) == len(before)


def test_an_older_journal_that_cannot_be_brought_up_to_date_cannot_be_read(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as strange:
        strange.execute("PRAGMA user_version = 2")
        strange.execute("CREATE TABLE turn (other TEXT)")
    with pytest.raises(UnusableJournalError, match="cannot be read"):
        JournalReader(str(path)).head()


def test_another_process_that_was_quicker_to_bring_it_up_to_date_is_no_harm(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(path, 1)
    real, late = sqlite.version, [0, 0]
    monkeypatch.setattr(sqlite, "version", lambda connection: late.pop() if late else real(connection))
    with Journal(str(path), now) as journal:
        assert journal.head().entries == 1


def test_a_reader_cannot_write_even_by_mistake(path: Path) -> None:
    filled(path, 1)
    with read_file(path) as database:
        assert database is not None
        with pytest.raises(UnusableJournalError, match="readonly database: check the rights"), database.change() as one:
            one.run("next_turn")
