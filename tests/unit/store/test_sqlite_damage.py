"""The journal's file damaged, cut off, replaced or out of room: typed errors, and never more lost than was lost."""

from __future__ import annotations

import shutil
import sqlite3
import stat
from contextlib import closing, suppress
from pathlib import Path

import pytest

from reconciler.model.attempts import Circumstances
from reconciler.model.journal import JournalError
from reconciler.model.observed import Sizes
from reconciler.model.outcome import AzureError, Done, Failed
from reconciler.store import sqlite
from reconciler.store.database import Database
from reconciler.store.failures import UnusableJournalError
from reconciler.store.journal import Journal, JournalReader
from tests.unit.engine.estate import protect, start
from tests.unit.store.files import NOW, child, filled, now


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


@pytest.mark.parametrize("rubbish", ["", "no time", "2026-11-23T08:00:00"])
def test_a_request_stays_open_when_its_time_cannot_be_read_any_more(path: Path, rubbish: str) -> None:
    """Nobody may send anything to its subject as long as it is open: passed over, it would be so for ever."""
    filled(path, 2)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE step SET intended_at = ? WHERE id = 'protect:vm-1'", (rubbish,))
    with Journal(str(path), now) as journal:
        assert {one.step_id: one.at for one in journal.open_operations()} == {"protect:vm-0": NOW, "protect:vm-1": None}


def test_a_reader_of_a_damaged_file_sees_nothing_and_moves_nothing(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no database " * 100)
    assert JournalReader(str(path)).last_sizes("a") is None
    assert [file.name for file in path.parent.iterdir()] == ["journal.db"]


def test_a_file_that_is_deleted_is_made_anew_and_nothing_goes_into_the_void(path: Path) -> None:
    with Journal(str(path), now) as journal:
        journal.intend("r1", protect("web-1"), "c")
        for file in path.parent.iterdir():
            file.unlink()
        journal.intend("r1", protect("web-2"), "c")
        assert [known.step_id for known in journal.open_operations()] == ["protect:web-2"]
        assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}
    assert JournalReader(str(path)).check(NOW).head.entries == 1


def test_an_old_copy_that_is_put_in_its_place_is_used(path: Path) -> None:
    filled(path, 1)
    old = path.with_name("old.db")
    shutil.copy(path, old)
    with Journal(str(path), now) as journal:
        journal.intend("r1", protect("web-2"), "c")
        for companion in ("-wal", "-shm"):
            path.with_name(path.name + companion).unlink()
        old.rename(path)
        assert [known.step_id for known in journal.open_operations()] == ["protect:vm-0"]
        journal.intend("r1", protect("web-3"), "c")
        assert journal.head().entries == 2
    assert JournalReader(str(path)).check(NOW).broken_at is None


def test_damage_in_any_block_is_set_aside_or_told_and_never_more(path: Path) -> None:
    """512 bytes at a time: it is found at the start, or the journal says so, or it was of no account."""
    content = filled(path).read_bytes()
    aside = 0
    for place in range(0, len(content), 512):
        folder = path.parent / str(place)
        folder.mkdir()
        copy = folder / "journal.db"
        copy.write_bytes(content[:place] + b"\xff" * 512 + content[place + 512 :])
        with suppress(JournalError):
            JournalReader(str(copy)).check(NOW)
        with suppress(JournalError), Journal(str(copy), now) as journal:
            journal.intend("r2", protect("web-1"), "c")
            journal.record("r2", "protect:web-1", Done())
            journal.open_operations()
        kept = copy.with_name("journal.db.corrupt-1")
        if kept.exists():
            aside += 1
            assert kept.read_bytes()[place : place + 512] == b"\xff" * 512
    assert aside > 10


GROW = """
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
with Journal(sys.argv[1], lambda: NOW) as journal:
    for number in range(10_000):
        try:
            journal.intend("r1", protect(f"vm-{number}"), "c")
        except JournalError as error:
            print(number)
            print(error)
            break
    print(len(journal.open_operations()))
"""


def test_a_full_disk_is_told_and_what_was_acknowledged_is_there(path: Path) -> None:
    ended = child(GROW, str(path))
    assert ended.returncode == 0, ended.stderr
    number, told, known = ended.stdout.splitlines()
    assert "make room on its disk" in told
    assert int(number) == int(known) > 0
    with Journal(str(path), now) as journal:
        assert len(journal.open_operations()) == journal.head().entries == int(number)
        journal.intend("r1", protect("web-1"), "c")
    assert JournalReader(str(path)).check(NOW).broken_at is None


def test_a_row_that_damage_has_made_unreadable_is_passed_over(path: Path) -> None:
    step = start("web-1")
    with Journal(str(path), now) as journal, closing(sqlite3.connect(path, isolation_level=None)) as other:
        for name in ("web-1", "web-2"):
            journal.intend("r1", protect(name), "c", Circumstances("w", {"power": "off"}))
            journal.record("r1", f"protect:{name}", Failed("vm-gone", AzureError("X", "x")))
            journal.owe(name, step)
        other.execute("UPDATE failure SET detail = '{' WHERE step_id = 'protect:web-1'")
        other.execute("UPDATE debt SET query = CAST(X'5bff5d' AS TEXT) WHERE run = 'web-1'")
        assert [known.step_id for known in journal.failures()] == ["protect:web-2"]
        assert [debt.run for debt in journal.debts()] == ["web-2"]


def test_a_text_that_is_none_is_told_and_copied_nowhere(path: Path) -> None:
    with Journal(str(path), now) as journal, closing(sqlite3.connect(path, isolation_level=None)) as other:
        journal.intend("r1", protect("web-1"), "c")
        other.execute("UPDATE audit SET actor = CAST(X'ff' AS TEXT), subject_name = CAST(X'ff' AS TEXT)")
        assert JournalReader(str(path)).check(NOW).broken_at == 1
        with pytest.raises(UnusableJournalError, match="holds a text that is none"):
            journal.record("r1", "protect:web-1", Done())
        assert len(journal.open_operations()) == 1


def test_a_change_for_which_there_is_no_room_is_undone(path: Path) -> None:
    """SQLite may have ended the transaction by itself by then."""

    def overflow(database: Database) -> None:
        with database.change() as session:
            session.run("next_turn")
            session.run("note", {"name": "large", "text": "t" * 200_000, "noted_at": ""})

    with closing(sqlite.in_file(path, 1.0)) as database:
        database._connection.execute("PRAGMA max_page_count = 40")
        with pytest.raises(UnusableJournalError, match="full: make room on its disk"):
            overflow(database)
        with database.look() as session:
            assert session.run("notes", {"prefix": ""}) == []
        with database.change() as session:
            assert session.run("next_turn") == [(1,)]
