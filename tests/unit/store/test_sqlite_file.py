"""The journal's file: private, durable, set aside when it is damaged, left alone where it is not ours."""

from __future__ import annotations

import sqlite3
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reconciler.model.journal import JournalError
from reconciler.model.observed import Sizes
from reconciler.store.failures import LockedJournalError, NewerJournalError, UnusableJournalError
from reconciler.store.journal import Journal, JournalReader

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


def now() -> datetime:
    return NOW


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal.db"


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


def test_damage_in_the_middle_is_found_at_the_start(path: Path) -> None:
    with Journal(str(path), now) as journal:
        for number in range(200):
            journal.remember_sizes(f"scope {number}", Sizes(1, 2))
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    with Journal(str(path), now) as journal:
        assert journal.last_sizes("scope 1") is None
    assert path.with_name("journal.db.corrupt-1").exists()


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


def test_a_reader_of_a_damaged_file_sees_nothing_and_moves_nothing(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no database " * 100)
    assert JournalReader(str(path)).last_sizes("a") is None
    assert [file.name for file in path.parent.iterdir()] == ["journal.db"]


def test_a_reader_works_where_nothing_can_be_written(path: Path) -> None:
    with Journal(str(path), now) as journal:
        journal.remember_sizes("a", Sizes(1, 2))
    path.chmod(0o400)
    path.parent.chmod(0o500)
    try:
        assert JournalReader(str(path)).last_sizes("a") == Sizes(1, 2)
    finally:
        path.parent.chmod(0o700)
