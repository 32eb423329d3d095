"""The journal remembers what it acknowledged: one set of tests for both databases."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from reconciler.model.attempts import Circumstances
from reconciler.model.journal import Debt
from reconciler.model.observed import Sizes
from reconciler.model.outcome import AzureError, Done, Failed, Operation, Pending, Retry, Skipped
from reconciler.store.journal import Journal, JournalReader
from tests.unit.engine.estate import plan_of, protect, start
from tests.unit.store.conftest import NOW, Opener

OPERATION = Operation("https://azure/op?x=1", "location", 12.5, vanishing=True)
ROOT = Path(__file__).parents[3]


def test_an_intent_is_open_until_its_end_is_recorded(opened: Opener) -> None:
    step, journal = protect("web-1"), opened()
    journal.begin("r1", plan_of(step), "abc")
    assert journal.open_operations() == []
    journal.intend("r1", step, "c1")
    journal.close()
    journal = opened()
    [known] = journal.open_operations()
    assert (known.run, known.step_id, known.action, known.vault) == ("r1", step.id, "protect", "rsv")
    assert (known.subject_id, known.operation) == (step.subject.id, None)
    journal.record("r1", step.id, Pending(OPERATION))
    assert journal.open_operations()[0].operation == OPERATION
    journal.record("r1", step.id, Done())
    assert journal.open_operations() == []


@pytest.mark.parametrize(
    "outcome",
    [Done("job"), Retry("busy", 60, AzureError("X", "é\ud83d'\0 ; --", 409)), Failed("f", None, "m"), Skipped("other")],
)
def test_every_end_closes(opened: Opener, outcome: Done | Retry | Failed | Skipped) -> None:
    journal = opened()
    journal.intend("r1", protect("web-1"), "c1")
    journal.record("r1", "protect:web-1", outcome)
    assert journal.open_operations() == []


def test_an_intent_anew_forgets_the_operation_before(opened: Opener) -> None:
    journal = opened()
    journal.intend("r1", protect("web-1"), "c1")
    journal.record("r1", "protect:web-1", Pending(OPERATION))
    journal.intend("r1", protect("web-1"), "c2")
    assert journal.open_operations()[0].operation is None


def test_what_is_open_comes_oldest_first(opened: Opener) -> None:
    minutes = count(0, -1)
    journal = opened(lambda: NOW + timedelta(minutes=next(minutes)))
    for name in ("b", "A", "a", "Z"):
        journal.intend("r1", protect(name), "c")
    assert [known.step_id for known in journal.open_operations()] == [f"protect:{name}" for name in "ZaAb"]


def test_a_debt_is_kept_until_paid(opened: Opener) -> None:
    step, journal = start("web-1"), opened()
    assert step.put_back is not None
    journal.begin("r2", plan_of(step), None)
    for run in ("r1", "r1", "r2"):
        journal.owe(run, step)
    journal.owe("r1", protect("web-1"))
    again = opened()
    assert again.debts() == [Debt("r1", step.id, step.put_back), Debt("r2", step.id, step.put_back, "rsv")]
    again.paid("r1", step.id)
    again.paid("r2", step.id)
    assert journal.debts() == []


def test_sizes_are_kept_by_scope(opened: Opener, where: str) -> None:
    journal = opened()
    assert journal.last_sizes("a") is None
    journal.remember_sizes("a", Sizes(1, 2))
    journal.remember_sizes("a", Sizes(3, 4))
    assert (journal.last_sizes("a"), journal.last_sizes("b")) == (Sizes(3, 4), None)
    assert JournalReader(where).last_sizes("a") == Sizes(3, 4)


def test_a_reader_makes_no_journal(opened: Opener, where: str) -> None:
    assert JournalReader(where).last_sizes("a") is None
    assert not Path(where).parent.exists()
    opened()
    assert JournalReader(where).last_sizes("a") is None


def test_a_change_that_breaks_off_leaves_nothing(opened: Opener) -> None:
    class Crash(BaseException):
        pass

    moments: list[datetime | None] = [NOW, None]

    def breaking() -> datetime:
        moment = moments.pop(0)
        if moment is None:
            raise Crash
        return moment

    journal = opened(breaking)
    journal.intend("r1", protect("web-1"), "c1")
    with pytest.raises(Crash):
        journal.record("r1", "protect:web-1", Done())
    assert len(journal.open_operations()) == 1
    assert journal.head().entries == 1


def test_two_processes_share_one_journal(opened: Opener) -> None:
    one, other = opened(), opened()
    one.intend("r1", protect("web-1"), "c1")
    other.intend("r2", protect("web-2"), "c2")
    assert [known.run for known in one.open_operations()] == ["r1", "r2"]


WRITER = """
import os
from datetime import UTC, datetime
from reconciler.store.journal import Journal
from tests.unit.engine.estate import protect
journal = Journal(os.environ["WHERE"], lambda: datetime.now(UTC))
for number in range(100_000):
    journal.intend("r1", protect(f"vm-{number}"), f"c-{number}")
    print(number, flush=True)
"""


def test_what_was_acknowledged_survives_kill(opened: Opener, where: str) -> None:
    command, environment = [sys.executable, "-c", WRITER], os.environ | {"WHERE": where}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        said = [int(writer.stdout.readline()) for _ in range(20)]
        writer.kill()
        said += [int(line) for line in writer.stdout.read().split()]
    journal = opened()
    known = {one.step_id for one in journal.open_operations()}
    assert {f"protect:vm-{number}" for number in said} <= known
    assert journal.head().entries == len(known)


STEP = protect("web-1")
HERE = Circumstances("wish", {"power": "off"})
NO = Failed("register-vm-not-running", AzureError("Off", "it is off", 400, 380008, "c"), "off")


def fail(journal: Journal, run: str, outcome: Failed | Retry = NO, where: Circumstances = HERE) -> None:
    journal.intend(run, STEP, "c", where)
    journal.record(run, STEP.id, outcome)


def test_failures_are_counted_by_request_and_survive_a_restart(opened: Opener) -> None:
    for run in ("one", "two", "three"):
        journal = opened()
        fail(journal, run)
        journal.record(run, STEP.id, NO)
        journal.close()
    [known] = opened().failures()
    assert (known.times, known.code, known.action, known.circumstances) == (3, NO.code, STEP.action, HERE)
    assert known.error == NO.error
    assert known.failed_at == known.due_at == NOW


def test_other_circumstances_begin_a_new_count(opened: Opener) -> None:
    journal = opened()
    fail(journal, "one")
    fail(journal, "two", Retry("throttled", 60.0))
    fail(journal, "three", where=Circumstances("wish", {"power": "running"}))
    [known] = journal.failures()
    assert (known.times, known.code) == (1, NO.code)


def test_each_code_has_a_count_of_its_own_and_the_newest_is_last(opened: Opener) -> None:
    minutes = count()
    journal = opened(lambda: NOW + timedelta(minutes=next(minutes)))
    for run, outcome in (("one", NO), ("two", Retry("service-error", 300.0)), ("three", NO)):
        fail(journal, run, outcome)
    assert [(known.code, known.times) for known in journal.failures()] == [("service-error", 1), (NO.code, 2)]


def test_what_was_not_sent_is_not_counted_and_what_is_forgotten_is_gone(opened: Opener) -> None:
    journal = opened()
    journal.intend("one", STEP, "c")
    journal.record("one", STEP.id, NO)
    journal.record("none", STEP.id, NO)
    assert journal.failures() == []
    fail(journal, "two")
    journal.blame("two", STEP.id, "protect", Retry("service-error", 60.0))
    assert {known.action for known in journal.failures()} == {STEP.action, "protect"}
    journal.forget([])
    journal.forget([STEP.id])
    assert journal.failures() == []


def test_notes_are_kept_replaced_and_forgotten(opened: Opener) -> None:
    journal = opened()
    journal.note("told/a", "1")
    journal.note("told/a", "2")
    journal.note("told/b%", "3")
    journal.note("other", "4")
    again = opened()
    assert again.notes("told/") == {"told/a": "2", "told/b%": "3"}
    assert again.notes("told/b") == {"told/b%": "3"}
    again.note("told/a", None)
    again.note("told/a", None)
    assert again.notes("") == {"other": "4", "told/b%": "3"}


def test_a_journal_is_closed_by_its_context_and_closing_twice_is_no_harm(where: str) -> None:
    with Journal(where, lambda: NOW) as journal:
        journal.remember_sizes("a", Sizes(1, 2))
    journal.close()


def test_who_may_not_write_reads_the_audit_log(opened: Opener, where: str) -> None:
    """The page does so in threads of its own, beside the journal that writes."""
    journal, reader = opened(), JournalReader(where)
    journal.intend("r1", protect("web-1"), "c1")
    journal.record("r1", "protect:web-1", Done())
    with ThreadPoolExecutor(1) as thread:
        told = thread.submit(reader.audit).result()
    assert told == journal.audit()
    assert [entry.number for entry in told] == [2, 1]
