"""The audit log of the journal: what stands in an entry, in pages, and what a look over the whole chain tells."""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from itertools import count
from pathlib import Path

import pytest

from reconciler.diagnostics.log_json import entry_document
from reconciler.model.audit import AuditEntry, Chain, Event, Head
from reconciler.model.journal import Debt, JournalError, Mandate
from reconciler.model.outcome import (
    Answer,
    AzureError,
    Done,
    Failed,
    Operation,
    Outcome,
    Pending,
    Refused,
    Retry,
    Skipped,
    Unsure,
)
from reconciler.store.chain import COLUMNS, hash_of
from reconciler.store.journal import Journal, JournalReader
from tests.unit.engine.estate import protect, start
from tests.unit.store.conftest import NOW, Opener

STEP = replace(protect("web-1"), before={"state": "registered"}, after={"policy": "daily", "days": [1, 2.5, None]})
OPERATION = Operation("https://azure/op", "location")
ERROR = AzureError("Conflict", "no", 409, request_id="azure-3")


INTENDED = AuditEntry(
    number=1,
    at=NOW,
    run="r1",
    step_id=STEP.id,
    event=Event.INTENDED,
    action="protect",
    vault="rsv",
    subject_name="rg/web-1",
    subject_id=STEP.subject.id,
    revision="abc",
    actor="me@here",
    epoch=1,
    method="PUT",
    path=STEP.call.path,
    api=STEP.call.api,
    body=STEP.call.body,
    before=STEP.before,
    after=STEP.after,
    correlation_id="c-1",
)


def write(journal: Journal, times: int = 1, run: str = "r1") -> None:
    for number in range(times):
        journal.intend(run, protect(f"web-{number}"), f"c-{number}")
        journal.record(run, f"protect:web-{number}", Done(request_id=f"azure-{number}"))


def checked(where: str) -> Chain:
    return JournalReader(where).check(NOW)


def test_an_entry_says_who_did_what_by_which_revision_and_what_azure_calls_it(opened: Opener) -> None:
    journal = opened()
    epoch = journal.lease("one", 20, lambda: 0.0).take().epoch
    journal.intend("r1", STEP, "c-1", mandate=Mandate("abc", epoch, 1))
    journal.record("r1", STEP.id, Pending(OPERATION, "azure-1"))
    journal.record("r1", STEP.id, Failed("vm-gone", ERROR))
    ended, accepted, intended = journal.audit()
    assert intended == replace(INTENDED, hash=intended.hash)
    assert accepted == replace(
        intended,
        number=2,
        event=Event.ACCEPTED,
        outcome="pending",
        request_id="azure-1",
        previous=intended.hash,
        hash=accepted.hash,
    )
    assert (ended.event, ended.outcome, ended.code, ended.request_id) == (Event.ENDED, "failed", "vm-gone", "azure-3")
    assert ended.correlation_id == "c-1"
    assert journal.head() == Head(3, ended.hash)


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (Done(), ("done", "")),
        (Retry("busy", 60, ERROR), ("retry", "busy")),
        (Retry("unknown-outcome", 60), ("retry", "unknown-outcome")),
        (Failed("vm-gone"), ("failed", "vm-gone")),
        (Skipped("throttled"), ("skipped", "throttled")),
    ],
)
def test_how_a_request_ended(opened: Opener, outcome: Outcome, said: tuple[str, str]) -> None:
    journal = opened()
    journal.intend("r1", STEP, "c-1")
    journal.record("r1", STEP.id, outcome)
    assert (journal.audit()[0].outcome, journal.audit()[0].code) == said


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Done(), ("ended", "done", "")),
        (Pending(OPERATION), ("accepted", "pending", "")),
        (Refused(ERROR), ("ended", "failed", "Conflict")),
        (Unsure("reset"), ("ended", "retry", "unknown-outcome")),
    ],
)
def test_a_request_that_puts_back_is_a_write_too(opened: Opener, answer: Answer, said: tuple[str, str, str]) -> None:
    step, journal = start("web-1"), opened()
    assert step.put_back is not None
    journal.intend("r1", step, "c-1")
    journal.record("r1", step.id, Done())
    journal.intend_put_back("r2", Debt("r1", step.id, step.put_back), "c-2", Mandate("abc"))
    journal.record_put_back("r2", step.id, answer)
    ended, intended, *_ = journal.audit()
    assert (intended.action, intended.run, intended.revision, intended.vault) == ("put-back", "r2", "abc", "rsv")
    assert (intended.subject_name, intended.path, intended.method) == ("rg/web-1", step.put_back.path, "POST")
    assert (ended.event, ended.outcome, ended.code) == said
    journal.record("r1", step.id, Retry("unknown-outcome", 0.0))
    assert journal.audit(limit=1)[0].action == "start-vm"


def test_names_that_no_database_takes_are_spelled_out(opened: Opener) -> None:
    journal = opened()
    debt = Debt("r1", "start-vm:web-1", STEP.call)
    journal.intend_put_back("r1", debt, "c")
    journal.record_put_back("r1", debt.step_id, Refused(AzureError("a\0\ud800é" + "x" * 500, "", request_id="\udfff")))
    entry = journal.audit()[0]
    assert entry.code == "a\\x00\\ud800\\xe9" + "x" * 196
    assert entry.request_id == "\\udfff"


def test_a_query_stands_in_the_path(opened: Opener) -> None:
    journal = opened()
    journal.intend("r1", replace(STEP, call=replace(STEP.call, query=(("$filter", "a eq 'b'"), ("x", "1")))), "c")
    assert journal.audit()[0].path == f"{STEP.call.path}?$filter=a eq 'b'&x=1"


def test_what_was_never_intended_leaves_no_entry(opened: Opener) -> None:
    journal = opened()
    journal.record("r1", STEP.id, Done())
    journal.record_put_back("r1", STEP.id, Done())
    assert journal.head() == Head()


def test_pages_are_newest_first_and_meet_without_gap(opened: Opener, where: str) -> None:
    journal = opened()
    write(journal, 5)
    reader = JournalReader(where)
    for log in (journal, reader):
        first = log.audit(limit=4)
        rest = log.audit(before=first[-1].number, limit=100)
        assert [entry.number for entry in (*first, *rest)] == [*range(10, 0, -1)]
        assert log.head() == Head(10, first[0].hash)


def test_pages_of_one_vm_one_vault_one_run(opened: Opener) -> None:
    journal = opened()
    write(journal, 2)
    write(journal, 1, run="r2")
    journal.intend("r3", replace(protect("web-9"), vault="other"), "c")
    vm = protect("web-0").subject.id.upper()
    assert [entry.run for entry in journal.audit(subject=vm)] == ["r2", "r2", "r1", "r1"]
    assert [entry.number for entry in journal.audit(vault="other")] == [7]
    assert [entry.number for entry in journal.audit(run="r2", limit=1)] == [6]
    assert journal.audit(vault="no such") == []


def test_a_log_is_whole_and_a_missing_one_is_empty(opened: Opener, where: str) -> None:
    reader = JournalReader(where)
    assert (reader.check(NOW), reader.head(), reader.audit()) == (Chain(Head(), NOW), Head(), [])
    journal = opened()
    assert checked(where) == Chain(Head(), NOW)
    write(journal, 3)
    seen: list[int] = []
    assert reader.check(NOW, lambda entry: seen.append(entry.number)) == Chain(journal.head(), NOW)
    assert seen == [1, 2, 3, 4, 5, 6]


def test_a_log_of_many_pages_is_read_to_its_end(opened: Opener, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.store.chain._PAGE", 4)
    journal = opened()
    write(journal, 6)
    seen: list[int] = []
    assert JournalReader(where).check(NOW, lambda entry: seen.append(entry.number)) == Chain(journal.head(), NOW)
    assert seen == [*range(1, 13)]


def test_the_hash_can_be_worked_out_from_the_json_alone(opened: Opener) -> None:
    """As docs/journal.md says it, for whoever checks an exported log without us."""
    journal = opened(lambda: NOW + timedelta(microseconds=5))
    journal.intend("r1", STEP, "c-1", mandate=Mandate("abc"))
    journal.record("r1", STEP.id, Done())
    for entry in journal.audit():
        document = entry_document(entry)
        for name in ("before", "after"):
            state = json.dumps(document[name], sort_keys=True, separators=(",", ":"))
            document[name] = state
        values = [document[name.removesuffix("_state")] for name in COLUMNS[:-1]]
        text = json.dumps(values, separators=(",", ":"))
        assert entry.hash == f"sha256:{sha256(text.encode()).hexdigest()}" == hash_of(values)


def test_writers_at_once_make_one_chain(opened: Opener, where: str) -> None:
    """Three processes' worth of connections, each in a thread of its own, appending as fast as they can."""
    opened().close()
    numbers = count()

    def work(run: str) -> None:
        with Journal(where, lambda: NOW, 60.0) as journal:
            for _ in range(20):
                name = f"vm-{next(numbers)}"
                journal.intend(run, protect(name), "c")
                journal.record(run, f"protect:{name}", Done())

    threads = [threading.Thread(target=work, args=(f"r{number}",)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    chain = checked(where)
    assert (chain.broken_at, chain.head.entries) == (None, 120)


def test_an_entry_that_cannot_be_read_any_more_is_said_to_be_damaged(tmp_path: Path) -> None:
    path = str(tmp_path / "journal.db")
    with Journal(path, lambda: NOW) as journal:
        write(journal)
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("UPDATE audit SET event = 'invented'")
        with pytest.raises(JournalError, match="entry 2 of the audit log is damaged"):
            journal.audit()
