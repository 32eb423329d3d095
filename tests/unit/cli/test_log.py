"""`reconcile log`: every write, for people and for programs, and an exit code for a chain that is broken."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reconciler.model.audit import Event
from reconciler.store.journal import Journal, JournalReader
from tests.unit.cli.commands import BACKUP, ESTATE, Shell, untouched
from tests.unit.engine.estate import protect

JOURNAL = Path(".reconcile/vault.journal.db")
LOG = ("log", "--cloud", "embedded")


@pytest.fixture
def applied(shell: Shell) -> Shell:
    assert shell(*ESTATE, *BACKUP).code == 4
    return shell


def edit(statement: str) -> None:
    with closing(sqlite3.connect(JOURNAL, isolation_level=None)) as connection:
        connection.execute(statement)


def test_nothing_was_written_yet(shell: Shell) -> None:
    ended = shell("log")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("Audit log of .reconcile/journal.db\n\nNothing is written in it. Another cloud ")
    assert ended.out.endswith("\n\nchain whole, 0 entries\n")
    assert list(Path().iterdir()) == []


def test_an_apply_tells_the_head_and_the_log_shows_it(shell: Shell) -> None:
    ended = shell(*ESTATE, *BACKUP)
    [told] = [line for line in ended.err.splitlines() if line.startswith("Audit log: ")]
    entries, head = told.removeprefix("Audit log: ").split(" entries, head ")
    with untouched(Path()):
        shown = shell(*LOG)
    assert shown.code == 0
    assert f"chain whole, {entries} entries" in shown.out
    assert head in shown.out
    assert shell(*LOG, "--expect", head).code == 0


def test_a_dry_run_tells_no_head(shell: Shell) -> None:
    assert "Audit log" not in shell(*ESTATE, *BACKUP, "--dry-run").err


def test_a_line_for_each_entry_in_eighty_columns(applied: Shell) -> None:
    lines = applied(*LOG, "--limit", "3").out.splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert [line.split()[3:] for line in lines if line.split()[:1] and line.split()[0].isdigit()] == [
        ["protect", "done", name] for name in ("rg-web/web-03", "rg-data/sql-01", "rg-data/sql-02")
    ]
    assert "The last 3 of 22 entries that fit: --limit 0 shows all." in lines


def test_all_that_is_known_of_one_vm(applied: Shell) -> None:
    for name in ("web-01", "RG-Web/web-01"):
        out = applied(*LOG, "--vm", name, "--full").out
        assert out.count("protect rg-web/web-01 in rsv-quickstart") == 3
        assert '"policy":"daily-30d"' in out
        assert "revision" in out
        assert "Azure's" in out
        assert "3 entries of 22 fit." in out


def test_a_format_that_a_log_has_not_is_for_people(applied: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    assert applied("-o", "markdown", *LOG).out == applied(*LOG).out


def test_as_json_the_whole_log_and_the_chain(applied: Shell) -> None:
    document = json.loads(applied(*LOG, "-o", "json").out)
    chain = document["chain"]
    assert (chain["whole"], chain["entries"], chain["broken_at"]) == (True, len(document["entries"]), None)
    assert document["entries"][-1]["hash"] == chain["head"]
    assert {entry["event"] for entry in document["entries"]} == {str(event) for event in Event}
    lines = [json.loads(line) for line in applied(*LOG, "-o", "jsonl", "--limit", "2").out.splitlines()]
    assert [line.pop("type") for line in lines] == ["version", "entry", "entry", "chain"]
    assert lines[1:3] == document["entries"][-2:]


@pytest.mark.parametrize(
    ("words", "number"),
    [
        (("--vault", "rsv-quickstart"), 22),
        (("--vault", "other"), 0),
        (("--run", "none"), 0),
        (("--since", "1 minute"), 16),
        (("--since", "2026-03-02T09:01:00"), 5),
        (("--since", "2026-03-02T10:01:00+01:00"), 5),
        (("--since", "2026-03-03"), 0),
        (("--vm", "web-01", "--since", "1h"), 3),
    ],
)
def test_filters(applied: Shell, words: tuple[str, ...], number: int) -> None:
    ended = applied(*LOG, "-o", "json", *words)
    assert (ended.code, len(json.loads(ended.out)["entries"])) == (0, number)
    assert json.loads(ended.out)["chain"]["entries"] == 22


def test_since_counts_back_from_now_in_a_cloud_that_has_no_time_of_its_own(shell: Shell) -> None:
    place = ".reconcile/journal.db"
    with Journal(place, lambda: datetime.now(UTC)) as journal:
        journal.intend("r1", protect("web-1"), "c")
    assert "1    " in shell("log", "--since", "1h").out
    with Journal(place, lambda: datetime(2020, 1, 1, tzinfo=UTC)) as journal:
        journal.intend("r1", protect("web-2"), "c")
    assert "1 entry of 2 fit." in shell("log", "--since", "1h").out


@pytest.mark.parametrize("time", ["yesterday", "2026-13-01", "0 days", ""])
def test_a_time_that_is_none(shell: Shell, time: str) -> None:
    ended = shell("log", "--since", time)
    assert ended.code == 64
    assert "write 2026-11-23" in ended.err


def test_a_broken_chain_is_told_exactly_and_is_an_error(applied: Shell) -> None:
    edit("UPDATE audit SET actor = 'somebody else' WHERE number = 7")
    ended = applied(*LOG)
    assert ended.code == 1
    assert "chain broken at entry 7: it was changed after it was written" in ended.out
    document = json.loads(applied(*LOG, "-o", "json").out)
    assert document["chain"]["broken_at"] == 7
    assert [entry["number"] for entry in document["entries"]] == [1, 2, 3, 4, 5, 6]


def test_a_head_that_the_log_does_not_know_is_an_error(applied: Shell) -> None:
    head = JournalReader(str(JOURNAL)).head().hash
    edit("DELETE FROM audit WHERE number > 20")
    edit("UPDATE audit_head SET entries = 20, hash = (SELECT hash FROM audit WHERE number = 20)")
    assert applied(*LOG).code == 0
    ended = applied(*LOG, "--expect", head)
    assert ended.code == 1
    assert f"no entry of this log has the hash {head}" in ended.err


def test_a_journal_that_cannot_be_read_is_an_error(shell: Shell) -> None:
    with Journal("journal.db", lambda: datetime.now(UTC)):
        pass
    with closing(sqlite3.connect("journal.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA user_version = 99")
    ended = shell("log", "--journal", "journal.db")
    assert ended.code == 1
    assert "schema version 99" in ended.err
