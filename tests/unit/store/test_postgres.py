"""The journal in PostgreSQL: connections that die, servers that restart, rights that lack, a password nobody sees."""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime

import psycopg
import pytest
from structlog.testing import capture_logs

from reconciler.model.journal import JournalError
from reconciler.model.observed import Sizes
from reconciler.model.outcome import Done
from reconciler.store.failures import LockedJournalError, NewerJournalError, UnusableJournalError
from reconciler.store.journal import Journal, JournalReader
from reconciler.store.open import open_to_read
from reconciler.store.postgres import PostgresDatabase
from reconciler.store.sql import newest
from tests.unit.engine.estate import protect
from tests.unit.store.files import NOW, now
from tests.unit.store.postgres_server import PASSWORD, Server, server

SECRETS = (PASSWORD, "corr%20ect%2Fhorse%40battery%3Astaple", "battery")


@pytest.fixture
def place(postgres: Server) -> str:
    """The address of an empty journal."""
    return postgres.fresh()


@pytest.fixture
def schema(place: str) -> str:
    return place.rpartition("%3D")[2]


@pytest.fixture
def journal(place: str) -> Iterator[Journal]:
    with Journal(place, now) as journal:
        yield journal


def cut_off(postgres: Server) -> None:
    """Every connection but the one that says so."""
    postgres.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'reconcile'")


def hushed(error: BaseException) -> bool:
    """Whether no part of the password is in what can be shown of an error, with all that it was raised from."""
    shown = "".join(traceback.format_exception(error))
    return not any(secret in shown for secret in SECRETS)


def test_a_connection_that_was_lost_between_two_changes_costs_nothing(journal: Journal, postgres: Server) -> None:
    journal.intend("r1", protect("web-1"), "c")
    cut_off(postgres)
    with capture_logs() as logs:
        journal.record("r1", "protect:web-1", Done())
    assert journal.open_operations() == []
    assert [entry["event"] for entry in logs] == ["journal connection lost"]
    assert not any(secret in str(logs) for secret in SECRETS)


def test_a_connection_that_is_lost_in_a_change_leaves_nothing_of_it(place: str, postgres: Server) -> None:
    cuts = [False, True, False]

    def cutting() -> datetime:
        if cuts.pop(0):
            cut_off(postgres)
        return NOW

    with Journal(place, cutting) as journal:
        journal.intend("r1", protect("web-1"), "c")
        with pytest.raises(UnusableJournalError) as caught:
            journal.intend("r2", protect("web-2"), "c")
        assert hushed(caught.value)
        assert [known.run for known in journal.open_operations()] == ["r1"]
        assert journal.head().entries == 1
        journal.intend("r2", protect("web-2"), "c")


def test_a_server_that_restarts_is_found_again() -> None:
    with server() as own, Journal(own.fresh(), now) as journal:
        journal.intend("r1", protect("web-1"), "c")
        own.control("stop", "-m", "fast")
        for _ in range(2):
            with pytest.raises(UnusableJournalError) as caught:
                journal.record("r1", "protect:web-1", Done())
            assert hushed(caught.value)
        own.control("start")
        journal.record("r1", "protect:web-1", Done())
        assert journal.open_operations() == []
        assert journal.head().entries == 2


def test_who_keeps_it_busy_is_not_waited_for_for_ever(place: str, postgres: Server) -> None:
    with Journal(place, now, patience=0.05) as journal, psycopg.connect(postgres.address()) as other:
        other.execute("SELECT pg_advisory_lock(7236270391045)")
        with pytest.raises(LockedJournalError, match="kept busy by another process"):
            journal.intend("r1", protect("web-1"), "c")
        assert journal.open_operations() == []


def test_a_newer_schema_is_refused_and_left_alone(journal: Journal, place: str, postgres: Server, schema: str) -> None:
    journal.close()
    postgres.execute("UPDATE journal_schema SET version = 99", schema)
    for opening in (lambda: Journal(place, now), lambda: JournalReader(place).last_sizes("a")):
        with pytest.raises(NewerJournalError, match="schema version 99"):
            opening()
    assert postgres.execute("SELECT version FROM journal_schema", schema) == [(99,)]


def test_many_that_open_a_new_one_at_once_make_one(place: str, postgres: Server, schema: str) -> None:
    failures: list[BaseException] = []

    def opening() -> None:
        try:
            Journal(place, now, 60.0).close()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=opening) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert failures == []
    assert postgres.execute("SELECT version FROM journal_schema", schema) == [(newest(),)]


def test_an_older_schema_is_brought_up_to_date(place: str, postgres: Server, schema: str) -> None:
    Journal(place, now).close()
    postgres.execute("DROP TABLE note", schema)
    postgres.execute("UPDATE journal_schema SET version = 3", schema)
    with Journal(place, now) as journal:
        journal.note("a", "b")
    assert postgres.execute("SELECT version FROM journal_schema", schema) == [(newest(),)]


def reader_of(postgres: Server, schema: str) -> str:
    """The address for somebody who may read and nothing else."""
    role = f"reader_{schema}"
    postgres.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'")
    postgres.execute(f"GRANT USAGE ON SCHEMA {schema} TO {role}")
    postgres.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role}")
    return postgres.address(schema, user=role)


def test_who_may_only_read_reads_and_is_told_why_no_more(journal: Journal, postgres: Server, schema: str) -> None:
    journal.intend("r1", protect("web-1"), "c")
    journal.remember_sizes("a", Sizes(1, 2))
    reading = reader_of(postgres, schema)
    assert JournalReader(reading).last_sizes("a") == Sizes(1, 2)
    assert JournalReader(reading).check(NOW).broken_at is None
    with Journal(reading, now) as poor, pytest.raises(UnusableJournalError, match="permission denied for table step"):
        poor.record("r1", "protect:web-1", Done())


def test_a_replica_can_be_read_and_is_told_to_be_one() -> None:
    with server() as own:
        place = own.fresh()
        with Journal(place, now) as journal:
            journal.remember_sizes("a", Sizes(1, 2))
        own.control("stop", "-m", "fast")
        (own.folder / "data" / "standby.signal").touch()
        own.control("start")
        assert JournalReader(place).last_sizes("a") == Sizes(1, 2)
        with Journal(place, now) as journal, pytest.raises(UnusableJournalError, match="such as a replica") as caught:
            journal.enter("sha256:a", ["rsv"])
        assert hushed(caught.value)


def test_a_database_that_was_made_read_only_stays_so(postgres: Server, schema: str) -> None:
    """As services do to one whose storage is nearly full."""
    with Journal(postgres.address(schema), now) as journal:
        journal.remember_sizes("a", Sizes(1, 2))
    role = f"guest_{schema}"
    postgres.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}' IN ROLE reconcile")
    postgres.execute(f"ALTER ROLE {role} SET default_transaction_read_only = on")
    with (
        Journal(postgres.address(schema, user=role), now) as held,
        pytest.raises(UnusableJournalError, match="takes no writes") as caught,
    ):
        held.intend("r1", protect("web-1"), "c")
    assert "storage is full" in str(caught.value)


def test_a_reader_cannot_write_even_by_mistake(journal: Journal, place: str) -> None:
    journal.remember_sizes("a", Sizes(1, 2))
    with open_to_read(place) as database:
        assert database is not None
        with pytest.raises(UnusableJournalError, match="takes no writes"), database.change() as session:
            session.run("next_turn")


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://reconcile:{}@127.0.0.1:1/postgres",
        "postgresql://reconcile:{}@127.0.0.1:not-a-port/postgres",
        "postgresql://reconcile@127.0.0.1:1/postgres?password={}&nonsense=1",
        "postgresql://reconcile:{}@[::1/postgres",
        "postgresql://reconcile:{}@[/postgres?sslmode=maybe",
    ],
)
@pytest.mark.parametrize("secret", ["s3cr3tW0rd", "s3cr3t@W0rd/x:y"])
def test_no_error_tells_the_password(address: str, secret: str) -> None:
    with pytest.raises(UnusableJournalError) as caught:
        Journal(address.format(secret), now)
    shown = "".join(traceback.format_exception(caught.value))
    assert "s3cr3t" not in shown
    assert "W0rd" not in shown


def test_a_wrong_password_is_refused_without_being_told(postgres: Server) -> None:
    with pytest.raises(UnusableJournalError, match="password authentication failed") as caught:
        Journal(postgres.address(password="wr0ng-w0rd"), now)
    assert "wr0ng" not in str(caught.value)


def test_without_psycopg_it_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "reconciler.store.postgres", raising=False)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(JournalError, match=r"pip install 'reconcile-backup\[postgres\]'"):
        Journal("postgresql://reconcile@db/backup", now)


def test_durability_does_not_hang_on_the_servers_configuration(place: str, postgres: Server) -> None:
    """A server may be told that a commit need not be on the disk; an intent has to be."""
    postgres.execute("ALTER DATABASE postgres SET synchronous_commit = off")
    try:
        with closing(PostgresDatabase(place, 5.0, writable=True)) as database:
            database.prepare()
            assert database._connected().execute("SHOW synchronous_commit").fetchone() == ("on",)
        assert postgres.execute("SHOW synchronous_commit") == [("off",)]
    finally:
        postgres.execute("ALTER DATABASE postgres RESET synchronous_commit")
