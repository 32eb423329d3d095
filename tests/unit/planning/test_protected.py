"""One definition of protected: the plan, its coverage and the result of an apply agree on every state."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.engine.close import shows
from reconciler.model.desired import CoverageScope, Desired
from reconciler.model.state import ItemState
from reconciler.planning import Brakes, plan
from tests.unit.planning.making import VAULT, item, machine, policy, protection, snapshot, vault

VM = machine("web-01")
WISH = Desired(
    vaults=(replace(VAULT, coverage=CoverageScope(require=True)),),
    policies=(policy(),),
    protections=(protection("web-01"),),
)
PROTECTED = {ItemState.PROTECTED, ItemState.IR_PENDING, ItemState.PROTECTION_PAUSED}


@pytest.mark.parametrize("deleted", [False, True], ids=["kept", "soft-deleted"])
@pytest.mark.parametrize("state", ItemState)
def test_plan_coverage_and_result_agree(state: ItemState, deleted: bool) -> None:
    new = plan(WISH, snapshot([VM], vault([], [VM])), brakes=Brakes())
    (protect,) = (step for step in new.steps if step.action == "protect")
    observed = snapshot([VM], vault([item(VM, state, deleted=deleted)]))

    made = plan(WISH, observed, brakes=Brakes())

    protected = state in PROTECTED and not deleted
    assert (made.coverage.protected == 1) is protected
    assert shows(protect, observed) is protected
    if protected:
        assert made.steps == ()


def test_without_an_item_nothing_is_protected() -> None:
    observed = snapshot([VM], vault([], [VM]))
    made = plan(WISH, observed, brakes=Brakes())
    assert (made.coverage.protected, made.coverage.planned) == (0, 1)
    assert not any(shows(step, observed) for step in made.steps if step.action == "protect")
