"""Promise: whoever changes something back twice within a day is left to people, and told of (I-7)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from reconciler.model.desired import Drift
from reconciler.model.plan import Plan
from reconciler.store.journal import Journal
from reconciler.vaultserver import portal
from reconciler.vaultserver.world import World
from tests.unit.engine.embedded import Site, estate, writes_on
from tests.unit.engine.virtual import Pad

HOUR = timedelta(hours=1)


@pytest.fixture
def site() -> Iterator[Site]:
    with estate("web-1", "web-2") as world:
        made = Site(world, "web-1", "web-2")
        run(made)
        yield made


def run(site: Site) -> Plan:
    with Journal(":memory:", lambda: site.world.now) as journal:
        return site.reconcile(journal).plan


def other_policy(world: World) -> None:
    portal.change_policy(world, "web-1", "DefaultPolicy")


def stopped(world: World) -> None:
    portal.stop(world, "web-1")


def soft_deleted(world: World) -> None:
    if portal.find_item(world, "web-1").deleted is None:
        portal.delete_data(world, "web-1")


@pytest.mark.parametrize("undo", [other_policy, stopped])
def test_two_corrections_a_day_and_no_third(site: Site, undo: Callable[[World], None]) -> None:
    before = len(writes_on(site.world, "web-1"))
    plan = run(site)
    for _ in range(8):
        undo(site.world)
        plan = run(site)
        site.world.advance(HOUR)

    assert len(writes_on(site.world, "web-1")) - before == 2
    assert [held.guard for held in plan.held] == ["contested"]
    [finding] = [one for one in plan.findings if one.code == "contested"]
    assert "web-1" in finding.message
    assert "activity log" in plan.held[0].how


def test_the_neighbour_is_corrected_as_ever(site: Site) -> None:
    for _ in range(4):
        other_policy(site.world)
        run(site)
    portal.change_policy(site.world, "web-2", "DefaultPolicy")
    before = len(writes_on(site.world, "web-2"))
    assert [step.subject.name for step in run(site).steps] == ["rg/web-2"]
    assert len(writes_on(site.world, "web-2")) == before + 1


def test_a_day_later_it_is_corrected_again(site: Site) -> None:
    for _ in range(4):
        other_policy(site.world)
        run(site)
    before = len(writes_on(site.world, "web-1"))
    site.world.advance(timedelta(hours=25))
    run(site)
    assert len(writes_on(site.world, "web-1")) == before + 1


def test_what_is_wanted_otherwise_is_no_correction(site: Site) -> None:
    """It is the author's to change their mind as often as they like."""
    first = site.desired
    other = replace(first, protections=(replace(first.protections[0], policy="DefaultPolicy"),), digest="sha256:other")
    for _ in range(2):
        other_policy(site.world)
        run(site)
    site.desired = other
    other_policy(site.world)
    assert not run(site).held
    site.desired = replace(first, protections=(replace(first.protections[0], drift=Drift.REPORT),))
    assert not run(site).held


def test_a_soft_deletion_is_undone_twice_at_most(site: Site) -> None:
    for _ in range(6):
        soft_deleted(site.world)
        plan = run(site)
        run(site)
        site.world.advance(HOUR)
    assert {held.guard for held in plan.held} == {"contested"}


def test_without_a_memory_nothing_worse_happens_than_another_correction(site: Site) -> None:
    for _ in range(4):
        other_policy(site.world)
        site.notes = Pad()
        assert not run(site).held
