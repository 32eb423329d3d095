"""Promise: no write without an entry, and no entry changed, cut or moved without a trace (I-47)."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from reconciler.model.audit import Chain, Event
from reconciler.model.desired import IfStopped
from reconciler.model.outcome import Done, Operation, Pending
from reconciler.store.chain import COLUMNS
from reconciler.store.journal import Journal, JournalReader
from tests.unit.engine.crash import Boundary, Crash, MortalJournal, MortalWriter
from tests.unit.engine.embedded import Site, estate, sent
from tests.unit.engine.estate import machine, protect
from tests.unit.engine.virtual import START


def log_of(path: Path) -> Path:
    """Four writes, two entries each and three of one of them."""
    with Journal(str(path), lambda: START, actor="me@here") as journal:
        for name in ("web-1", "web-2", "db-1"):
            journal.intend(name, protect(name), "c")
            journal.record(name, f"protect:{name}", Done(request_id="r"))
        journal.intend("last", protect("db-2"), "c")
        journal.record("last", "protect:db-2", Pending(Operation("https://azure/op", "location")))
        journal.record("last", "protect:db-2", Done())
    return path


def checked(path: Path) -> Chain:
    return JournalReader(str(path)).check(START)


def edit(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return log_of(tmp_path / "journal.db")


def test_the_log_is_whole_as_it_was_written(path: Path) -> None:
    chain = checked(path)
    assert (chain.broken_at, chain.head.entries) == (None, 9)


@pytest.mark.parametrize("column", COLUMNS)
def test_one_bit_of_any_column_of_any_entry(path: Path, column: str) -> None:
    flips = 0
    for number in range(1, 10):
        for place, value, other in _flips(path, column, number):
            edit(path, f"UPDATE audit SET {column} = {other} WHERE number = {number}")
            assert checked(path).broken_at in {number, number + 1}, (number, place)
            now = other if column == "number" else str(number)
            edit(path, f"UPDATE audit SET {column} = {value} WHERE number = {now}")
            flips += 1
    assert flips >= 9
    assert checked(path).broken_at is None


def _flips(path: Path, column: str, number: int) -> Iterator[tuple[int, str, str]]:
    """Ways to change one value by one bit, as SQL: where, as it is, as it becomes."""
    with closing(sqlite3.connect(path)) as connection:
        [(value,)] = connection.execute(f"SELECT {column} FROM audit WHERE number = {number}").fetchall()
    if isinstance(value, int):
        yield from ((bit, str(value), str(value ^ (1 << bit))) for bit in (4, 5, 40))
        return
    if value is None:
        yield 0, "NULL", "''"
        return
    yield -1, _quoted(value), _quoted(value + " ")
    for place in {0, len(value) // 2, len(value) - 1} if value else ():
        other = value[:place] + chr(ord(value[place]) ^ 1) + value[place + 1 :]
        yield place, _quoted(value), _quoted(other)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@pytest.mark.parametrize("gone", ["1", "2", "5", "9", "1, 2", "8, 9", "4, 5, 6", "1, 2, 3, 4, 5, 6, 7, 8, 9"])
def test_a_cut_anywhere(path: Path, gone: str) -> None:
    edit(path, f"DELETE FROM audit WHERE number IN ({gone})")
    assert checked(path).broken_at == int(gone.split(",")[0])


def test_a_cut_that_closes_the_gap(path: Path) -> None:
    edit(path, "DELETE FROM audit WHERE number = 4", "UPDATE audit SET number = number - 1 WHERE number > 4")
    assert checked(path).broken_at == 4


@pytest.mark.parametrize(("one", "other"), [(1, 2), (3, 7), (8, 9)])
def test_two_that_changed_places(path: Path, one: int, other: int) -> None:
    moves = [(one, 100), (other, one), (100, other)]
    edit(path, *(f"UPDATE audit SET number = {to} WHERE number = {start}" for start, to in moves))
    assert checked(path).broken_at == one


def test_one_that_was_put_in(path: Path) -> None:
    names = ", ".join(COLUMNS[1:])
    edit(path, f"INSERT INTO audit SELECT 10, {names} FROM audit WHERE number = 9")
    assert checked(path).broken_at == 10


@pytest.mark.parametrize("change", ["entries = 8", "entries = 10", "hash = 'sha256:0'", "hash = ''"])
def test_a_head_that_is_not_the_end(path: Path, change: str) -> None:
    edit(path, f"UPDATE audit_head SET {change}")
    assert checked(path).broken_at is not None


def test_a_cut_that_also_moves_the_head_shows_against_a_head_that_was_kept(path: Path) -> None:
    """Whoever can write the whole file can make a shorter log that is whole; the heads that applies print cannot be."""
    head = checked(path).head
    edit(
        path,
        "DELETE FROM audit WHERE number > 7",
        "UPDATE audit_head SET entries = 7, hash = (SELECT hash FROM audit WHERE number = 7)",
    )
    hashes: list[str] = []
    chain = JournalReader(str(path)).check(START, lambda entry: hashes.append(entry.hash))
    assert chain.broken_at is None
    assert head.hash not in hashes


def test_a_damaged_entry_breaks_the_chain_and_not_the_program(path: Path) -> None:
    for change in ("at = 'never'", "event = 'x'", "before_state = '{'"):
        edit(path, f"UPDATE audit SET {change} WHERE number = 3")
        assert checked(path).broken_at == 3


def rebuilt(journal: Journal) -> Counter[tuple[str, str]]:
    """The writes that the log tells of: method and path."""
    entries = [entry for entry in journal.audit(limit=10_000) if entry.event is Event.INTENDED]
    return Counter((entry.method, entry.path.partition("?")[0]) for entry in entries)


def test_the_log_alone_rebuilds_what_the_vault_saw() -> None:
    with estate("web-1", "web-2", "off-1") as world:
        world.set_vm(machine("off-1").id, "power", "deallocated")
        site = Site(world, "web-1", "web-2", "off-1", if_stopped=IfStopped.START)
        with Journal(":memory:", lambda: world.now) as journal:
            for _ in range(4):
                site.reconcile(journal)
                world.advance(timedelta(minutes=10))
            assert rebuilt(journal) == Counter(sent(world))
            assert any(path.endswith("/deallocate") for _, path in sent(world))
            bodies = {entry.path: entry.body for entry in journal.audit(limit=10_000)}
            assert all('"policyId"' in (bodies[path] or "") for path in bodies if "/protectedItems/" in path)


@pytest.mark.parametrize("moment", range(0, 30, 3))
def test_whatever_dies_the_vault_saw_nothing_that_the_log_does_not_tell(moment: int) -> None:
    """An intent whose request was never sent is told too: the log may say more, never less."""
    boundary = Boundary(moment)
    with estate("web-1", "web-2") as world, Journal(":memory:", lambda: world.now) as journal:
        site = Site(world, "web-1", "web-2")
        try:
            site.reconcile(MortalJournal(journal, boundary), lambda writer: MortalWriter(writer, boundary))
        except* Crash:
            pass
        for _ in range(2):
            world.advance(timedelta(minutes=5))
            site.reconcile(journal)
        assert Counter(sent(world)) <= rebuilt(journal)
        assert sum((rebuilt(journal) - Counter(sent(world))).values()) <= 1
