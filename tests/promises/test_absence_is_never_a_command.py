"""Promise: absence from the YAML is never a command."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.desired import Desired
from reconciler.model.observed import Observed
from reconciler.model.plan import Plan
from reconciler.model.state import Risk, State
from reconciler.planning import Brakes, plan
from tests.unit.planning.making import CALM, NAMES, snapshots, wanted

FREE = Brakes(max_stops=100)


def taking_away(made: Plan) -> list[str]:
    """Everything that stops a backup or lets a point expire, held or not."""
    every = (*made.steps, *(held.step for held in made.held))
    return [step.id for step in every if step.risk > Risk.SAFE]


@CALM
@given(wanted(), snapshots(), st.sets(st.sampled_from(("protections", "exemptions", "retirements", "pauses"))))
def test_what_is_taken_away_is_said_by_a_document_that_is_there(
    desired: Desired, observed: Observed, left_out: set[str]
) -> None:
    """A Retirement that contradicts a Protection is heard once the Protection is gone: by its own word, VM by VM."""
    left = replace(
        desired,
        protections=() if "protections" in left_out else desired.protections,
        exemptions=() if "exemptions" in left_out else desired.exemptions,
        retirements=() if "retirements" in left_out else desired.retirements,
        pauses=() if "pauses" in left_out else desired.pauses,
    )
    said = {f"stop:rsv/rg-web/{ref.name}" for document in left.retirements for ref in document.virtual_machines}
    said |= {f"update-policy:rsv/{policy.name}" for policy in left.policies}
    if left.protections:
        said |= {f"change-policy:rsv/rg-web/{name}" for name in NAMES}

    assert set(taking_away(plan(left, observed, brakes=FREE))) <= said


@CALM
@given(snapshots())
def test_an_empty_repository_does_nothing_at_all(observed: Observed) -> None:
    assert plan(Desired(), observed, brakes=FREE).steps == ()


@CALM
@given(wanted(retire=False), snapshots())
def test_only_a_retirement_stops(desired: Desired, observed: Observed) -> None:
    made = plan(desired, observed, brakes=FREE)

    assert [step for step in (*made.steps, *(held.step for held in made.held)) if step.action == "stop"] == []


@CALM
@given(wanted(), snapshots())
def test_a_vm_that_nobody_names_is_not_touched(desired: Desired, observed: Observed) -> None:
    bare = replace(desired, protections=(), exemptions=(), pauses=())
    named = {f"rg-web/{ref.name}" for document in bare.retirements for ref in document.virtual_machines}
    made = plan(bare, observed, brakes=FREE)
    touched = {step.subject.name for step in made.steps if step.subject.kind == "vm"}

    assert touched <= named
    orphans = {quiet.subject.name for quiet in made.quiet if quiet.because == "orphan"}
    present = {f"rg-web/{name}" for name in NAMES} - named
    protected = {f"rg-web/{vm.name}" for vm in observed.vms.values() if vm.key in observed.vaults["rsv"].items}
    deleted = {f"rg-web/{one.name}" for one in observed.vaults["rsv"].items.values() if one.soft_deleted}
    assert orphans == (present & protected) - deleted
    assert State.STOPPED not in {step.after.get("state") for step in made.steps if step.subject.name in orphans}
