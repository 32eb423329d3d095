"""Promise: a partial read never removes anything."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.desired import Desired, Retirement, VmRef
from reconciler.model.observed import Gap, Observed, Sizes
from reconciler.model.past import Past
from reconciler.model.state import Risk
from reconciler.planning import Brakes, plan
from tests.unit.planning.making import CALM, SUB, VAULT, consent, item, machine, snapshot, snapshots, vault, wanted

FREE = Brakes(max_stops=100)
GAPS = (
    Gap(f"/subscriptions/{SUB}/providers/Microsoft.Compute/virtualMachines", "page 2 answered 503"),
    Gap(f"/subscriptions/{SUB}", "403"),
    Gap("backupProtectedItems", "broke off", "rsv"),
    Gap("somewhere", "no answer"),
)


def permitted(desired: Desired) -> Desired:
    """With every consent there could be: what is held then is held for being unsure."""
    subjects = ("rsv/daily", "rsv/long", *(f"rsv/rg-web/vm-{number}" for number in range(8)))
    return replace(desired, consents=tuple(consent(subject) for subject in subjects))


@CALM
@given(wanted(), snapshots(), st.sampled_from(GAPS))
def test_a_gap_holds_all_that_takes_away(desired: Desired, observed: Observed, gap: Gap) -> None:
    made = plan(permitted(desired), replace(observed, gaps=(gap,)), brakes=FREE)

    assert [step.id for step in made.steps if step.risk > Risk.SAFE] == []
    assert made.complete is False
    assert "observation-incomplete" in {finding.code for finding in made.findings}


@CALM
@given(wanted(), snapshots())
def test_nothing_at_all_is_planned_in_a_vault_that_was_not_seen(desired: Desired, observed: Observed) -> None:
    for unseen in (replace(observed, vaults={}), replace(observed, gaps=(GAPS[2],))):
        made = plan(permitted(desired), unseen, brakes=FREE)
        assert (made.steps, made.held) == ((), ())
        assert "vault-not-seen" in {finding.code for finding in made.findings}


@CALM
@given(wanted(), snapshots(), st.lists(st.integers(0, 7)))
def test_vms_missing_from_a_broken_list_cost_nothing(desired: Desired, observed: Observed, lost: list[int]) -> None:
    left = {key: vm for key, vm in observed.vms.items() if vm.name not in {f"vm-{number}" for number in lost}}
    made = plan(permitted(desired), replace(observed, vms=left, gaps=(GAPS[0],)), brakes=FREE)

    assert [step.id for step in made.steps if step.risk > Risk.SAFE] == []
    assert {"vm-deleted-still-protected", "vm-not-found", "selection-empty"}.isdisjoint(f.code for f in made.findings)


@CALM
@given(wanted(), snapshots())
def test_a_shrunk_estate_holds_all_that_takes_away(desired: Desired, observed: Observed) -> None:
    items = len(observed.vaults["rsv"].items)
    for before in (Sizes(len(observed.vms) * 2 + 1, items), Sizes(len(observed.vms), items * 2 + 1)):
        made = plan(permitted(desired), observed, brakes=FREE, past=Past(sizes=before))
        assert [step.id for step in made.steps if step.risk > Risk.SAFE] == []


@pytest.mark.parametrize(("before", "guards"), [(10, set()), (11, {"shrink"})])
def test_a_fifth_less_is_still_believed(before: int, guards: set[str]) -> None:
    vms = [machine(f"vm-{number}") for number in range(8)]
    old = Retirement("old", "rsv", (VmRef("vm-1", "rg-web"),), "old", "me")
    seen = snapshot(vms, vault([item(vms[1])]))

    made = plan(Desired(vaults=(VAULT,), retirements=(old,)), seen, brakes=FREE, past=Past(sizes=Sizes(before, 1)))

    assert {held.guard for held in made.held} == guards
