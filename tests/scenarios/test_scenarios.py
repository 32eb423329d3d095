"""Each row of the troubleshooting table, from its cause to its cure, on the real adapter, planner and engine."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from reconciler.diagnostics.catalog import catalog
from reconciler.rehearsal.play import Played, play
from reconciler.rehearsal.script import SCENARIOS, Scenario, ScenarioError, read, shipped
from reconciler.rehearsal.table import markdown

ROOT = Path(__file__).parents[2]
FILES = sorted([*SCENARIOS.glob("*.yaml"), *Path(__file__).parent.glob("*.yaml")])


@cache
def played(path: Path) -> Played:
    return play(read(path))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_scenario(path: Path) -> None:
    assert played(path).problems == ()


def test_there_are_thirteen_rows_each_of_the_table() -> None:
    scenarios = shipped()
    assert [one.number for one in scenarios] == list(range(1, 14))
    assert {one.row for one in scenarios} <= set(catalog().rows)
    for one in scenarios:
        assert re.search(rf"row {one.number}\b", catalog().row(one.row).source)


def test_only_what_nothing_shows_is_not_predicted() -> None:
    assert [one.row for one in shipped() if one.unforeseen] == ["discover-internal-error", "discover-already-running"]


def test_the_page_of_the_documentation_is_fresh() -> None:
    page = markdown([played(path) for path in sorted(SCENARIOS.glob("*.yaml"))])
    shown = (ROOT / "docs" / "thirteen-rows.md").read_text(encoding="utf-8")
    assert shown == page, "run: reconcile vault table -o markdown > docs/thirteen-rows.md"


def _without(scenario: Scenario, fact: str) -> Scenario:
    machines = [dict(one) for one in scenario.estate["virtualMachines"]]
    for machine in machines:
        machine.pop(fact, None)
    estate = {**scenario.estate, "virtualMachines": machines}
    return Scenario(scenario.row, scenario.number, scenario.cause, estate, scenario.manifests, scenario.steps)


def test_a_scenario_without_its_cause_fails() -> None:
    found = play(_without(read(SCENARIOS / "03-register-vm-not-running.yaml"), "power"))
    assert not found.passed
    assert any("predicted" in problem for problem in found.problems)
    assert any("outcomes" in problem for problem in found.problems)
    assert any("writes" in problem for problem in found.problems)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("row: x\n", "missing required field"),
        ("row: x\nrow: y\n", "row"),
        ("- x\n", "Expected"),
    ],
)
def test_a_mistaken_scenario_says_where(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "mistaken.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError, match=words) as raised:
        read(path)
    assert "mistaken.yaml" in str(raised.value)
