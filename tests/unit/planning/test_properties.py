"""What holds of every plan, whatever is declared and whatever is seen."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.desired import Desired
from reconciler.model.observed import Observed
from reconciler.model.plan import Severity
from reconciler.model.state import Risk
from reconciler.planning import Brakes, plan
from tests.unit.planning.after import after
from tests.unit.planning.making import CALM, snapshots, wanted

FREE = Brakes(max_stops=100)


@CALM
@given(wanted(), snapshots())
def test_a_carried_out_plan_leaves_nothing_to_do(desired: Desired, observed: Observed) -> None:
    first = plan(desired, observed, brakes=FREE)

    world = after(desired, observed, first)
    again = plan(desired, world, brakes=FREE)
    if first.held:
        # What is held for a policy in use is free once its last VM has moved away: one more pass.
        again = plan(desired, after(desired, world, again), brakes=FREE)

    assert again.steps == ()
    assert {held.step.id for held in again.held} <= {held.step.id for held in first.held}


@CALM
@given(wanted(), snapshots())
def test_steps_come_after_what_they_need(desired: Desired, observed: Observed) -> None:
    done: set[str] = set()
    for step in plan(desired, observed, brakes=FREE).steps:
        assert set(step.depends_on) <= done
        assert step.id not in done
        done.add(step.id)


@CALM
@given(wanted(), snapshots())
def test_every_vm_that_is_meant_has_a_step_or_a_reason(desired: Desired, observed: Observed) -> None:
    made = plan(desired, observed, brakes=FREE)
    meant = {ref.name for document in desired.protections for ref in document.virtual_machines}
    seen = {vm.name for vm in observed.vms.values()}
    spoken = {step.subject.name for step in made.steps} | {held.step.subject.name for held in made.held}
    spoken |= {quiet.subject.name for quiet in made.quiet}

    assert {f"rg-web/{name}" for name in meant & seen} <= spoken


@CALM
@given(wanted(), snapshots())
def test_what_is_predicted_is_told(desired: Desired, observed: Observed) -> None:
    made = plan(desired, observed, brakes=FREE)
    told = {(finding.code, subject) for finding in made.findings for subject in finding.subjects}
    errors = {finding.code for finding in made.findings if finding.severity is Severity.ERROR}
    for step in made.steps:
        assert {(code, step.subject.id) for code in step.predicted} <= told
        assert set(step.predicted) <= errors


@CALM
@given(wanted(), snapshots(), st.integers(0, 3))
def test_brakes_stop_before_the_first(desired: Desired, observed: Observed, limit: int) -> None:
    stops = [s for s in plan(desired, observed, brakes=FREE).steps if s.risk is Risk.PAUSING]
    made = plan(desired, observed, brakes=replace(FREE, max_stops=limit))
    left = [s for s in made.steps if s.risk is Risk.PAUSING]
    assert left == (stops if len(stops) <= limit else [])

    writes = [s for s in plan(desired, observed, brakes=FREE).steps if not s.call.reads_only]
    made = plan(desired, observed, brakes=replace(FREE, max_writes=limit))
    assert [s for s in made.steps if not s.call.reads_only] == (writes if len(writes) <= limit else [])


@CALM
@given(wanted(), snapshots())
def test_coverage_counts_each_vm_once(desired: Desired, observed: Observed) -> None:
    cover = plan(desired, observed, brakes=FREE).coverage

    assert cover.in_scope == len(observed.vms)
    assert cover.in_scope == cover.protected + cover.planned + cover.exempt + len(cover.uncovered)
