"""The journal remembers what it acknowledged, keeps it private, and steps aside when it is damaged."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from reconciler.model.attempts import Circumstances
from reconciler.model.audit import Chain, Head
from reconciler.model.journal import Debt, JournalError
from reconciler.model.observed import Sizes
from reconciler.model.outcome import AzureError, Done, Failed, Operation, Pending, Retry, Skipped
from reconciler.store.failures import LockedJournalError, NewerJournalError, UnusableJournalError
from reconciler.store.journal import Journal, JournalReader
from tests.unit.engine.estate import plan_of, protect, start

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
OPERATION = Operation("https://azure/op?x=1", "location", 12.5, vanishing=True)


def now() -> datetime:
    return NOW


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal.db"


def test_an_intent_is_open_until_its_end_is_recorded(path: Path) -> None:
    step = protect("web-1")
    with Journal(str(path), now) as journal:
        journal.begin("r1", plan_of(step), "abc")
        assert journal.open_operations() == []
        journal.intend("r1", step, "c1")
    with Journal(str(path), now) as journal:
        [opened] = journal.open_operations()
        assert (opened.run, opened.step_id, opened.action, opened.vault) == ("r1", step.id, "protect", "rsv")
        assert (opened.subject_id, opened.operation) == (step.subject.id, None)
        journal.record("r1", step.id, Pending(OPERATION))
        assert journal.open_operations()[0].operation == OPERATION
        journal.record("r1", step.id, Done())
        assert journal.open_operations() == []


@pytest.mark.parametrize(
    "outcome",
    [Done("job"), Retry("busy", 60, AzureError("X", "é\ud83d' ; --", 409)), Failed("f", None, "m"), Skipped("other")],
)
def test_every_end_closes(path: Path, outcome: Done | Retry | Failed | Skipped) -> None:
    with Journal(str(path), now) as journal:
        journal.intend("r1", protect("web-1"), "c1")
        journal.record("r1", "protect:web-1", outcome)
        assert journal.open_operations() == []


def test_an_intent_anew_forgets_the_operation_before(path: Path) -> None:
    with Journal(str(path), now) as journal:
        journal.intend("r1", protect("web-1"), "c1")
        journal.record("r1", "protect:web-1", Pending(OPERATION))
        journal.intend("r1", protect("web-1"), "c2")
        assert journal.open_operations()[0].operation is None


def test_a_debt_is_kept_until_paid(path: Path) -> None:
    step = start("web-1")
    with Journal(str(path), now) as journal:
        journal.owe("r1", step)
        journal.owe("r1", step)
        journal.owe("r1", protect("web-1"))
    with Journal(str(path), now) as journal:
        assert step.put_back is not None
        assert journal.debts() == [Debt("r1", step.id, step.put_back)]
        journal.paid("r1", step.id)
        assert journal.debts() == []


def test_sizes_are_kept_by_scope(path: Path) -> None:
    with Journal(str(path), now) as journal:
        assert journal.last_sizes("a") is None
        journal.remember_sizes("a", Sizes(1, 2))
        journal.remember_sizes("a", Sizes(3, 4))
        assert (journal.last_sizes("a"), journal.last_sizes("b")) == (Sizes(3, 4), None)


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


def test_a_change_that_breaks_off_leaves_nothing(path: Path) -> None:
    class Crash(BaseException):
        pass

    moments: list[datetime | None] = [NOW, None]

    def breaking() -> datetime:
        moment = moments.pop(0)
        if moment is None:
            raise Crash
        return moment

    with Journal(str(path), breaking) as journal:
        journal.intend("r1", protect("web-1"), "c1")
        with pytest.raises(Crash):
            journal.record("r1", "protect:web-1", Done())
        assert len(journal.open_operations()) == 1


def test_two_processes_share_one_file(path: Path) -> None:
    with Journal(str(path), now) as one, Journal(str(path), now) as other:
        one.intend("r1", protect("web-1"), "c1")
        other.intend("r2", protect("web-2"), "c2")
        assert [opened.run for opened in one.open_operations()] == ["r1", "r2"]


WRITER = """
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from reconciler.store.journal import Journal
from tests.unit.engine.estate import protect
journal = Journal(sys.argv[1], lambda: datetime.now(UTC))
for number in range(100_000):
    journal.intend("r1", protect(f"vm-{number}"), f"c-{number}")
    print(number, flush=True)
"""


def test_what_was_acknowledged_survives_kill(path: Path) -> None:
    root = Path(__file__).parents[3]
    with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], cwd=root, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        said = [int(writer.stdout.readline()) for _ in range(20)]
        writer.kill()
        said += [int(line) for line in writer.stdout.read().split()]
    with Journal(str(path), now) as journal:
        known = {opened.step_id for opened in journal.open_operations()}
    assert {f"protect:vm-{number}" for number in said} <= known


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


STEP = protect("web-1")
HERE = Circumstances("wish", {"power": "off"})
NO = Failed("register-vm-not-running", AzureError("Off", "it is off", 400, 380008, "c"), "off")


def fail(journal: Journal, run: str, outcome: Failed | Retry = NO, where: Circumstances = HERE) -> None:
    journal.intend(run, STEP, "c", where)
    journal.record(run, STEP.id, outcome)


def test_failures_are_counted_by_request_and_survive_a_restart(tmp_path: Path) -> None:
    path = str(tmp_path / "journal.db")
    for run in ("one", "two", "three"):
        with Journal(path, lambda: NOW) as journal:
            fail(journal, run)
            journal.record(run, STEP.id, NO)
    with Journal(path, lambda: NOW) as journal:
        [known] = journal.failures()
        assert (known.times, known.code, known.action, known.circumstances) == (3, NO.code, STEP.action, HERE)
        assert known.error == NO.error
        assert known.failed_at == known.due_at == NOW


def test_other_circumstances_begin_a_new_count() -> None:
    with Journal(":memory:", lambda: NOW) as journal:
        fail(journal, "one")
        fail(journal, "two", Retry("throttled", 60.0))
        fail(journal, "three", where=Circumstances("wish", {"power": "running"}))
        [known] = journal.failures()
        assert (known.times, known.code) == (1, NO.code)


def test_each_code_has_a_count_of_its_own_and_the_newest_is_last() -> None:
    minutes = count()
    with Journal(":memory:", lambda: NOW + timedelta(minutes=next(minutes))) as journal:
        for run, outcome in (("one", NO), ("two", Retry("service-error", 300.0)), ("three", NO)):
            fail(journal, run, outcome)
        assert [(known.code, known.times) for known in journal.failures()] == [("service-error", 1), (NO.code, 2)]


def test_what_was_not_sent_is_not_counted_and_what_is_forgotten_is_gone() -> None:
    with Journal(":memory:", lambda: NOW) as journal:
        journal.intend("one", STEP, "c")
        journal.record("one", STEP.id, NO)
        journal.record("none", STEP.id, NO)
        assert journal.failures() == []
        fail(journal, "two")
        journal.blame("two", STEP.id, "protect", Retry("service-error", 60.0))
        assert {known.action for known in journal.failures()} == {STEP.action, "protect"}
        journal.forget([STEP.id])
        assert journal.failures() == []


def test_notes_are_kept_replaced_and_forgotten(tmp_path: Path) -> None:
    path = str(tmp_path / "journal.db")
    with Journal(path, lambda: NOW) as journal:
        journal.note("told/a", "1")
        journal.note("told/a", "2")
        journal.note("told/b%", "3")
        journal.note("other", "4")
    with Journal(path, lambda: NOW) as journal:
        assert journal.notes("told/") == {"told/a": "2", "told/b%": "3"}
        assert journal.notes("told/b") == {"told/b%": "3"}
        journal.note("told/a", None)
        journal.note("told/a", None)
        assert journal.notes("") == {"other": "4", "told/b%": "3"}


def test_who_may_not_write_reads_the_audit_log(path: Path) -> None:
    """The page does so in threads of its own, beside the journal that writes."""
    reader = JournalReader(str(path))
    assert (reader.audit(), reader.head(), reader.check(NOW)) == ([], Head(), Chain(Head(), NOW))
    with Journal(str(path), now) as journal:
        journal.intend("r1", protect("web-1"), "c1")
        journal.record("r1", "protect:web-1", Done())
        with ThreadPoolExecutor(1) as thread:
            told = thread.submit(reader.audit).result()
        assert told == journal.audit()
        assert [entry.number for entry in told] == [2, 1]
        assert reader.check(NOW) == Chain(journal.head(), NOW)
