"""The cases of whole worlds: what is planned, what is held, and the words that people read."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from reconciler.actions import ACTIONS
from reconciler.diagnostics.catalog import catalog
from reconciler.model.plan import Plan, SubjectKind
from reconciler.planning import candidates, needs
from tests.unit.planning.test_cases import CASES, plan_of_case
from tests.unit.planning.worlds import WORLDS, desired, observed, plan_of

SOURCE = Path(__file__).parents[3] / "reconciler" / "planning"


def _steps(made: Plan) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for step in made.steps:
        found.setdefault(step.subject.name, []).append(step.action)
    return {name: " ".join(actions) for name, actions in found.items()}


def _held(made: Plan) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for held in made.held:
        found.setdefault(held.guard, []).append(f"{held.step.action} {held.step.subject.name}")
    return found


def _findings(made: Plan) -> dict[str, str | list[str]]:
    found: dict[str, list[str]] = {}
    for finding in made.findings:
        found.setdefault(finding.code, []).append(finding.message)
    return {code: messages[0] if len(messages) == 1 else messages for code, messages in found.items()}


def _coverage(made: Plan) -> dict[str, Any]:
    cover = made.coverage
    left = [arm_id.rpartition("/")[2] for arm_id in cover.uncovered]
    return {"protected": cover.protected, "planned": cover.planned, "exempt": cover.exempt, "uncovered": left}


@pytest.mark.parametrize("name", WORLDS)
def test_world(name: str) -> None:
    case = WORLDS[name]

    made = plan_of(case)

    assert _steps(made) == case.get("steps", {})
    assert _held(made) == case.get("held", {})
    assert _findings(made) == case.get("findings", {})
    if "quiet" in case:
        assert {one.subject.name: one.because for one in made.quiet} == case["quiet"]
    if "coverage" in case:
        assert _coverage(made) == case["coverage"]
    if "how" in case:
        assert sorted({held.how for held in made.held}) == sorted(case["how"])
    if "complete" in case:
        assert made.complete is case["complete"]


@pytest.mark.parametrize("name", [name for name, case in WORLDS.items() if "candidates" in case])
def test_candidates(name: str) -> None:
    case = WORLDS[name]
    asked = candidates(desired(case), observed(case), targets=frozenset(case.get("targets", ())))
    assert {vault: [vm.name for vm in vms] for vault, vms in asked.items()} == case["candidates"]


@pytest.mark.parametrize("name", [name for name, case in WORLDS.items() if "needs" in case])
def test_needs(name: str) -> None:
    classic, network = needs(desired(WORLDS[name]))
    assert {"classic": classic, "network": network} == WORLDS[name]["needs"]


@pytest.mark.parametrize("name", WORLDS)
def test_a_finding_about_vms_says_one_sentence_and_not_the_title(name: str) -> None:
    for finding in plan_of(WORLDS[name]).findings:
        title = catalog().row(finding.code).title
        assert finding.message[-1] in ".?", finding
        assert not re.search(r"[a-z0-9]\. [A-Z]", finding.message), finding
        assert title.casefold() not in finding.message.casefold(), finding


def _literals() -> set[str]:
    """Of all modules but those that have a test of their own beside this one."""
    own = {path.name.removeprefix("test_") for path in Path(__file__).parent.glob("test_*.py")}
    paths = [path for path in sorted(SOURCE.glob("*.py")) if path.name not in own]
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in paths]
    nodes = (node for tree in trees for node in ast.walk(tree))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def _all_plans() -> list[Plan]:
    return [plan_of(case) for case in WORLDS.values()] + [plan_of_case(name) for name in CASES]


def test_every_finding_of_planning_has_a_case() -> None:
    said = _literals() & set(catalog().rows) - set(_guards())
    assert len(said) > 30
    assert said - {finding.code for made in _all_plans() for finding in made.findings} == set()


def _guards() -> list[str]:
    tree = ast.parse((SOURCE / "guards.py").read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "_apply"]
    names = [node.args[1] for node in calls]
    return ["shorten-retention" if not isinstance(name, ast.Constant) else str(name.value) for name in names]


def test_every_guard_has_a_case() -> None:
    assert len(set(_guards())) == len(_guards()) == 10
    assert set(_guards()) == {held.guard for made in _all_plans() for held in made.held}


def test_every_guard_has_a_row() -> None:
    assert set(_guards()) <= set(catalog().rows)


def test_every_action_has_a_case() -> None:
    plans = _all_plans()
    kinds = {step.subject.kind for made in plans for step in made.steps}
    assert kinds == set(SubjectKind)
    assert {step.action for made in plans for step in made.steps} == set(ACTIONS)
