"""Promise: recovery points are never deleted; no action does so."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from hypothesis import given

from reconciler.actions import ACTIONS
from reconciler.model.call import Call
from reconciler.model.desired import Desired, Generation
from reconciler.model.observed import Observed
from reconciler.model.plan import SubjectKind
from reconciler.model.state import ItemState, Risk, State
from reconciler.planning import Brakes, plan
from reconciler.planning.route import route
from tests.unit.planning.making import CALM, snapshots, wanted

HARMLESS = {"start", "deallocate", "powerOff", "refreshContainers", "backupPreValidateProtection"}
SOURCES = sorted((Path(__file__).parents[2] / "reconciler" / "actions").glob("*.py"))
VM_STATES = [state for action in ACTIONS.values() if action.subject is SubjectKind.VM for state in action.before]


def deletes(call: Call) -> bool:
    """Whether a request could delete, suspend into expiry, or weaken what guards recovery points."""
    members = json.loads(call.body or "{}").get("properties")
    body = members if isinstance(members, dict) else {}
    softer = body.get("securitySettings", {}).get("softDeleteSettings", {}).get("softDeleteState") == "Disabled"
    state = body.get("protectionState", ItemState.PROTECTION_STOPPED)
    verb = call.method == "POST" and call.path.rpartition("/")[2] not in HARMLESS
    return call.method == "DELETE" or softer or verb or state != ItemState.PROTECTION_STOPPED


@CALM
@given(wanted(), snapshots())
def test_no_call_of_any_plan_deletes(desired: Desired, observed: Observed) -> None:
    made = plan(desired, observed, brakes=Brakes(max_stops=100))
    for step in (*made.steps, *(held.step for held in made.held)):
        assert not deletes(step.call)
        assert step.put_back is None or not deletes(step.put_back)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_no_action_knows_the_verb(source: Path) -> None:
    words = [node.value for node in ast.walk(ast.parse(source.read_text())) if isinstance(node, ast.Constant)]
    assert "DELETE" not in words
    assert not [word for word in words if isinstance(word, str) and "BackupsSuspended" in word]


@pytest.mark.parametrize("generation", Generation)
@pytest.mark.parametrize("state", sorted(set(VM_STATES)))
def test_the_way_to_protection_never_destroys(state: State, generation: Generation) -> None:
    way = route(state, State.PROTECTED, allow=Risk.DESTRUCTIVE, generation=generation)

    assert way is not None, f"there is no way back from {state}"
    assert all(action.risk is Risk.SAFE for action in way)


@pytest.mark.parametrize("state", [State.ELSEWHERE, State.UNKNOWN])
def test_nothing_leads_out_of_a_state_we_do_not_understand(state: State) -> None:
    assert route(state, State.PROTECTED, allow=Risk.DESTRUCTIVE, generation=Generation.CURRENT) is None
