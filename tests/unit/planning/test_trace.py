"""Why a VM is treated as it is: the trace says of every document what the selection made of it."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from reconciler.model.ids import fold
from reconciler.model.trace import Considered, Verdict
from reconciler.planning.select import meant_by, select
from reconciler.planning.situation import Situation, situation_of
from reconciler.planning.trace import documents, trace, traces
from tests.unit.planning import worlds
from tests.unit.planning.making import machine

CASES: dict[str, Any] = yaml.safe_load((worlds.FOLDER / "traces.yaml").read_text(encoding="utf-8"))


def _said(one: Considered) -> str:
    rival = f" by {one.rival}" if one.rival else ""
    failed = [f"{condition.field} {condition.found}" for condition in one.conditions if not condition.holds]
    return f"{one.kind} {one.name} {one.verdict}{rival}" + (f" ({'; '.join(failed)})" if failed else "")


@pytest.mark.parametrize("name", CASES)
def test_case(name: str) -> None:
    case = CASES[name]
    situation = situation_of(worlds.desired(case), worlds.observed(case))
    group, _, vm = case["of"].partition("/")
    found = trace(situation, select(situation), machine(vm, group).key)
    assert found is not None
    assert [_said(one) for one in found.considered] == case["trace"]


def _keys(situation: Situation) -> set[str]:
    return {*situation.observed.vms, *situation.holders}


@pytest.mark.parametrize("name", worlds.WORLDS)
def test_the_trace_means_whom_the_selection_means(name: str) -> None:
    """In every world of the planner's cases, for every VM and document."""
    case = worlds.WORLDS[name]
    situation = situation_of(worlds.desired(case), worlds.observed(case))
    chosen = select(situation)
    meant = {
        (type(document).__name__, document.name): {one.key for one in meant_by(situation, select(situation), document)}
        for document in documents(situation)
        if document.virtual_machines or getattr(document, "select", None)
    }
    for key in sorted(_keys(situation)):
        found = trace(situation, chosen, key)
        assert found is not None
        for one in found.considered:
            if (one.kind, one.name) in meant:
                assert one.means == (key in meant[one.kind, one.name]), (key, one)
        wished = {wish.vault.name: wish for wish in chosen.wishes if wish.meant.key == key}
        assert {one.vault for one in found.decisions} == set(wished)
        deciding = {one.name for one in found.considered if one.verdict in {Verdict.DECIDES, Verdict.TIE, Verdict.HELD}}
        assert {wish.protection.name for wish in wished.values() if wish.protection} <= deciding


def test_a_vm_that_nothing_knows_has_no_trace() -> None:
    case = CASES["the higher priority decides"]
    situation = situation_of(worlds.desired(case), worlds.observed(case))
    assert trace(situation, select(situation), fold("/subscriptions/none")) is None


@pytest.mark.parametrize("name", ["web-01", "RG-web/Web-01", machine("web-01").id.upper()])
@pytest.mark.parametrize("gone", [False, True])
def test_a_vm_is_found_by_any_of_its_names_also_when_only_its_item_is_left(name: str, gone: bool) -> None:
    case = {"vms": {"rg-web/web-01": {"item": "Protected", "gone": gone}, "rg-web/web-011": None}}
    [found] = traces(worlds.desired(case), worlds.observed(case), name)
    assert (found.label, found.key, found.vm is None) == ("rg-web/web-01", machine("web-01").key, gone)


def test_namesakes_are_both_told_and_a_name_that_nothing_has_is_none() -> None:
    case = {"vms": {"rg-b/web-01": None, "rg-a/web-01": None}}
    found = traces(worlds.desired(case), worlds.observed(case), "web-01")
    assert [one.label for one in found] == ["rg-a/web-01", "rg-b/web-01"]
    assert traces(worlds.desired(case), worlds.observed(case), "web-02") == ()
