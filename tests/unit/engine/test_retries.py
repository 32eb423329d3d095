"""The rule of a row, and nothing else, decides whether a step that failed is sent again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.diagnostics.catalog import RetryRule
from reconciler.engine.facts import circumstances
from reconciler.engine.ports import Journal
from reconciler.engine.retries import SPREAD, UNSEEN_LONGEST, again, ruling
from reconciler.model.attempts import Attempts, Circumstances
from reconciler.model.outcome import AzureError, Failed, Retry
from tests.unit.engine.estate import machine
from tests.unit.engine.virtual import START, VirtualClock
from tests.unit.engine.wishes import Runner, wish, world_of

Memory = Callable[[VirtualClock], Journal]
CASES = yaml.safe_load((Path(__file__).parents[2] / "cases" / "retries.yaml").read_text(encoding="utf-8"))
FACTS = {"power": "off", "agent": "2.9 ready", "nics": "2", "provisioning-state": "Failed"}
ERROR = AzureError("SomeCode", "Azure's words", 400)
THRICE = RetryRule(rule="after", minutes=15, times=3)


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_the_table_of_decisions(case: dict[str, Any]) -> None:
    failed, due = timedelta(minutes=case["failed"]), timedelta(minutes=case.get("due", 0))
    before = Circumstances("same", FACTS)
    past = Attempts("step", "vm", "register", "row", case["times"], before, START - failed, START + due, ERROR)
    now = Circumstances(case.get("wish", "same"), {**FACTS, **case.get("facts", {})})
    outcome = again(past, now, RetryRule(**case["rule"]), START)
    answer = "send" if outcome is None else type(outcome).__name__.lower()
    assert answer == case["answer"]
    assert getattr(outcome, "error", ERROR) == ERROR
    assert case.get("says", "") in getattr(outcome, "message", "")
    if isinstance(outcome, Retry):
        assert outcome.after == case["after"] * 60


def test_each_case_has_a_name_of_its_own() -> None:
    assert len({case["name"] for case in CASES}) == len(CASES) >= 20


@pytest.mark.parametrize("chance", [0.0, 0.5, 0.999])
def test_a_retry_is_never_early_and_not_much_later(chance: float) -> None:
    outcome = ruling("row", THRICE, 1, chance, ERROR)
    assert isinstance(outcome, Retry)
    assert 900 <= outcome.after == 900 * (1 + SPREAD * chance) < 900 * (1 + SPREAD)


def test_what_azure_asks_for_counts_when_it_is_more() -> None:
    outcome = ruling("row", THRICE, 1, 0.0, AzureError("Busy", "", 503, retry_after=2000))
    assert isinstance(outcome, Retry)
    assert outcome.after == 2000


def test_the_last_failure_says_that_it_was_the_last() -> None:
    kinds = [type(ruling("row", THRICE, times, 0.5, ERROR)) for times in range(1, 6)]
    assert kinds == [Retry, Retry, Retry, Failed, Failed]
    last = ruling("row", THRICE, 4, 0.5, ERROR)
    assert isinstance(last, Failed)
    assert last.message == "Tried 4 times, which is all that its rule allows."


def test_a_fact_that_cannot_be_seen_is_asked_after_more_and_more_seldom() -> None:
    rule = RetryRule(rule="changed", fact="role assignments")
    pauses = [getattr(ruling("row", rule, times, 0.0, ERROR, seen=False), "after", None) for times in range(1, 30)]
    assert pauses[:5] == [300, 600, 1200, 2400, 3600]
    assert set(pauses[5:]) == {UNSEEN_LONGEST * 60}
    assert isinstance(ruling("row", rule, 1, 0.0, ERROR, seen=True), Failed)


@pytest.mark.parametrize(("hours", "sent"), [(1, False), (24, True)])
def test_a_start_that_did_not_come_up_is_tried_again_after_a_day(hours: int, sent: bool) -> None:
    """Azure refused nothing: somebody may have switched the VM off meanwhile."""
    facts = Circumstances("same", {"power": "off"})
    failed = START - timedelta(hours=hours)
    past = Attempts("start-vm:x", "vm", "start-vm", "register-vm-not-running", 1, facts, failed, failed)
    assert (again(past, facts, RetryRule(rule="changed", fact="power"), START) is None) is sent
    refused = replace(past, error=ERROR)
    assert isinstance(again(refused, facts, RetryRule(rule="changed", fact="power"), START), Failed)


@pytest.mark.parametrize(("hours", "sent"), [(1, False), (24, True)])
def test_a_vm_that_was_seen_running_and_refused_as_off_is_tried_again_after_a_day(hours: int, sent: bool) -> None:
    """It may have been off for a moment, and nobody will see its power change any more."""
    facts = Circumstances("same", {"power": "running"})
    failed = START - timedelta(hours=hours)
    past = Attempts("protect:x", "vm", "protect", "register-vm-not-running", 1, facts, failed, failed, ERROR)
    outcome = again(past, facts, RetryRule(rule="changed", fact="power"), START)
    assert (outcome is None) is sent
    assert sent or "Tried once more after a day" in getattr(outcome, "message", "")


@pytest.mark.parametrize(("hours", "sent"), [(1, False), (24, True)])
def test_a_refusal_that_nobody_understands_is_tried_again_after_a_day(hours: int, sent: bool) -> None:
    """It may be a fault of the service's that has passed."""
    facts = Circumstances("same", FACTS)
    failed = START - timedelta(hours=hours)
    past = Attempts("step", "vm", "protect", "unclassified", 1, facts, failed, failed, ERROR)
    outcome = again(past, facts, RetryRule(rule="never"), START)
    assert (outcome is None) is sent
    assert sent or "Tried once more after a day" in getattr(outcome, "message", "")
    known = replace(past, code="row")
    assert isinstance(again(known, facts, RetryRule(rule="never"), START), Failed)


@pytest.mark.parametrize(("code", "sent"), [("register-vm-not-running", False), ("a-row-of-once", True)])
def test_what_failed_under_a_row_that_there_is_no_more_is_sent_again(memory: Memory, code: str, sent: bool) -> None:
    clock = VirtualClock()
    process = Runner(world_of(clock, machine("web-1")), clock, wish("web-1"), memory(clock))
    look = process.look()
    step = next(step for step in look.plan.steps if step.action == "protect")
    process.journal.intend("earlier", step, "c", circumstances(step, look.observed))
    process.journal.record("earlier", step.id, Failed(code))
    process.once()
    assert process.world.writes_on("web-1") == ["PUT"] * sent


def test_a_policy_that_is_refused_is_told_by_its_row_and_not_sent_again(memory: Memory) -> None:
    clock = VirtualClock()
    process = Runner(world_of(clock, machine("web-1")), clock, wish("web-1"), memory(clock))
    process.world.faults.refuse["daily"] = AzureError("BMSUserErrorInvalidPolicyInput", "The policy is not valid.", 400)
    for _ in range(3):
        outcome = process.once().outcomes["create-policy:rsv/daily"]
        assert isinstance(outcome, Failed)
        assert outcome.code == "policy-invalid"
    assert [path.rpartition("/")[2] for _, path in process.world.writes if "backupPolicies" in path] == ["daily"]
    assert process.world.writes_on("web-1") == []


def test_what_a_refusal_can_mean_instead_is_told_by_each_process(memory: Memory) -> None:
    """As far as what that process sees does not rule it out; the journal does not keep it."""
    clock = VirtualClock()
    silent = AzureError("UserErrorGuestAgentStatusUnavailable", "No answer.", 400)
    process = Runner(world_of(clock, machine("web-1")), clock, wish("web-1"), memory(clock))
    process.world.faults.refuse["web-1"] = silent
    for sent in (True, False):
        outcome = process.once().outcomes["protect:rsv/rg/web-1"]
        assert isinstance(outcome, Failed)
        assert ("Not sent again" in outcome.message) is not sent
        assert outcome.code == "backup-extension-install-failed"
        assert outcome.or_else == ("register-agent-install-timeout",)
