"""The way from one state to another, and that there is none where there must be none."""

from __future__ import annotations

import pytest

from reconciler.model.desired import Generation
from reconciler.model.state import Risk, State
from reconciler.planning.route import route

LIVES = (State.UNDISCOVERED, State.DISCOVERED, State.REGISTERED, State.PROTECTED, State.DRIFTED, State.STOPPED)


@pytest.mark.parametrize("start", LIVES)
@pytest.mark.parametrize("generation", Generation)
def test_no_way_leads_to_where_recovery_points_wait_for_their_end(start: State, generation: Generation) -> None:
    """Whatever is allowed, and however far around it goes."""
    assert route(start, State.SOFT_DELETED, allow=Risk.DESTRUCTIVE, generation=generation) is None


@pytest.mark.parametrize("start", [*LIVES, State.SOFT_DELETED])
@pytest.mark.parametrize("generation", Generation)
def test_every_state_of_an_item_has_a_way_to_each_goal(start: State, generation: Generation) -> None:
    assert route(start, State.PROTECTED, allow=Risk.SAFE, generation=generation) is not None
    assert route(start, State.STOPPED, allow=Risk.PAUSING, generation=generation) is not None
