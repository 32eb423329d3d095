"""The ladders' own machinery: what fails is seen, made simple, counted and told."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from itertools import count

import pytest

from tests.ladders import climb as climbing
from tests.ladders.__main__ import main, seconds_of
from tests.ladders.climb import climb, judge, simplest
from tests.ladders.ladder import Climb, Ladder, Verdict, Violation
from tests.ladders.properties import PROPERTIES
from tests.ladders.registry import ladders
from tests.ladders.report import document, table, troubles


class Numbers(Ladder):
    """Violated by whatever has two sevens in it."""

    number, title, what, seconds = 99, "Numbers", "Numbers are looked at.", 1.0

    def cases(self, seed: int) -> Iterator[str]:
        return iter([str(seed + number) for number in range(400)])

    def total(self) -> int | None:
        return 400

    def run(self, case: str) -> Verdict:
        if case == "13":
            return Verdict(skipped="unlucky")
        if case == "66":
            raise KeyError(case)
        if case == "67":
            time.sleep(5)
        bad = case.count("7") > 1
        return Verdict((Violation("I-0", case),) if bad else (), trace=case[-1])

    def simpler(self, case: str) -> Iterator[str]:
        return (case[:place] + case[place + 1 :] for place in range(len(case)))


class Endless(Numbers):
    goal = 30

    def cases(self, seed: int) -> Iterator[str]:
        return map(str, count(100))

    def total(self) -> None:
        return None


def made(ladder: Ladder, monkeypatch: pytest.MonkeyPatch, *, most: int | None = None) -> Climb:
    known: Mapping[int, Ladder] = {99: ladder}
    monkeypatch.setattr(climbing, "ladders", lambda: known)
    return climb(ladder, seed=0, seconds=60.0, most=most, jobs=2, tell=lambda done: None)


def test_every_case_is_run_and_what_fails_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    done = made(Numbers(), monkeypatch)
    assert (done.runs, len(done.cases), done.skipped, done.complete) == (399, 399, {"unlucky": 1}, True)
    assert len(done.traces - {""}) == 10
    found = {finding.case: finding for finding in done.findings}
    assert set(found) == {"66", "67", "77", "177", "277", "377"}
    assert found["277"].simplest == "77"
    assert found["66"].violations[0].invariant == "crash"
    assert "KeyError" in found["66"].violations[0].said
    assert found["67"].violations[0].invariant == "I-31"
    assert "--seed '77'" in troubles([done])
    assert "unlucky" in troubles([done])


def test_it_is_given_up_after_so_many_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(climbing, "FINDINGS", 3)
    done = made(Numbers(), monkeypatch)
    assert len(done.findings) >= 3
    assert not done.complete


def test_a_sample_is_complete_when_its_goal_is_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    done = made(Endless(), monkeypatch)
    assert (done.runs, done.complete, done.findings) == (30, True, [])
    assert not made(Endless(), monkeypatch, most=10).complete


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Numbers, "missing", lambda self: "no PostgreSQL here")
    done = made(Numbers(), monkeypatch)
    assert done.runs == 0
    assert "not run" in table([done])
    assert "no PostgreSQL here" in troubles([done])


def test_the_report_has_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    done = made(Numbers(), monkeypatch, most=80)
    report = document([done], budget="full", seed=0, jobs=2, began="2026-03-02T09:00:00+00:00")
    (ladder,) = report["ladders"]
    assert (ladder["runs"], ladder["distinct"], ladder["total"], ladder["complete"]) == (79, 79, 400, False)
    assert ladder["violations"][-1]["seed"] == "77"
    assert ladder["violations"][-1]["replay"] == "python -m tests.ladders replay --ladder 99 --seed '77'"


def test_a_case_that_fails_otherwise_is_not_simpler() -> None:
    assert simplest(Numbers(), "7766", judge(Numbers(), "7766")) == "77"


@pytest.mark.parametrize(("text", "seconds"), [("10m", 600.0), ("90s", 90.0), ("1.5h", 5400.0)])
def test_budgets(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("words", [["--budget", "soon"], ["--only", "x"], ["replay", "--ladder", "1"]])
def test_a_wrong_command_is_told(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(words)
    capsys.readouterr()


def test_each_file_is_one_ladder() -> None:
    for number, ladder in ladders().items():
        assert ladder.number == number
        assert ladder.title
        assert ladder.what.endswith(".")
        assert type(ladder).__module__.rpartition(".")[2].startswith(f"ladder_{number:02}_")


def test_a_property_is_run_from_several_seeds_in_one_process() -> None:
    for start in range(2):
        assert judge(ladders()[5], f"I-40 what_is_no_text_is_no_reason {start}").violations == ()


def test_every_invariant_has_a_property() -> None:
    assert {name.partition(" ")[0] for name in PROPERTIES} == {f"I-{number}" for number in range(1, 49)}
