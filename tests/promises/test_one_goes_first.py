"""Promise: a change of policy for many VMs begins with one, and goes on only when that one is proved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from reconciler.model.backup_rules import BackupRules, Retention
from reconciler.model.desired import BackupPolicy, Desired, Pause, VmRef
from reconciler.planning import Brakes
from reconciler.planning.drift import drifts
from reconciler.store.journal import Journal
from reconciler.vaultserver import faults
from reconciler.vaultserver.world import World
from tests.unit.engine.embedded import Site, estate
from tests.unit.engine.estate import VAULT
from tests.unit.engine.wishes import RULES

VMS = tuple(f"web-{number}" for number in range(1, 7))
MOST = 3
LONGER = replace(RULES, retention=Retention(daily=60))


@pytest.fixture(autouse=True)
def with_canary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.unit.engine.embedded.BRAKES", Brakes(canary=MOST))


@pytest.fixture
def site() -> Iterator[tuple[Site, Journal]]:
    """Six VMs under one policy."""
    with estate(*VMS) as world, Journal(":memory:", lambda: world.now) as journal:
        place = Site(world, *VMS)
        place.reconcile(journal)
        assert policies(world) == {"daily": 6}
        yield place, journal


def policies(world: World) -> Counter[str]:
    """How many items each policy has."""
    return Counter(item.policy.rpartition("/")[2] for item in world.items())


def moved(desired: Desired, policy: str) -> Desired:
    """Every VM by another policy of the same rules."""
    return replace(
        desired,
        policies=(*desired.policies, BackupPolicy(policy, (VAULT,), RULES)),
        protections=tuple(replace(one, policy=policy) for one in desired.protections),
        digest="sha256:moved",
    )


def changed(desired: Desired, rules: BackupRules) -> Desired:
    return replace(
        desired, policies=tuple(replace(one, rules=rules) for one in desired.policies), digest="sha256:rules"
    )


@pytest.mark.parametrize("name", ["nightly", "nightly-canary"])
def test_one_vm_moves_first_and_the_others_once_it_was_seen(site: tuple[Site, Journal], name: str) -> None:
    place, journal = site
    place.desired = moved(place.desired, name)
    first = place.reconcile(journal)
    assert policies(place.world) == {name: 1, "daily": 5}
    assert {held.guard for held in first.plan.held} == {"canary"}
    assert "rg/web-1 goes first: the rest of 6 VMs follow" in first.plan.held[0].how
    place.reconcile(journal)
    assert policies(place.world) == {name: 6}


def test_a_backup_that_is_due_soon_is_waited_for(site: tuple[Site, Journal]) -> None:
    place, journal = site
    place.world.advance(timedelta(hours=10))
    place.desired = moved(place.desired, "nightly")
    place.reconcile(journal)
    waits = place.reconcile(journal)
    assert policies(place.world) == {"nightly": 1, "daily": 5}
    assert "rg/web-1 has it; its backup is due at 2026-03-02 22:00 UTC." in waits.plan.held[0].how
    place.world.advance(timedelta(hours=5))
    place.reconcile(journal)
    assert policies(place.world) == {"nightly": 6}


def test_a_backup_that_fails_stops_the_others_until_one_succeeds(site: tuple[Site, Journal]) -> None:
    place, journal = site
    place.world.advance(timedelta(hours=10))
    place.desired = moved(place.desired, "nightly")
    place.reconcile(journal)
    faults.inject(place.world, operation="Backup", vm="web-1", code="BackUpOperationFailed")
    place.world.advance(timedelta(hours=5))
    stuck = place.reconcile(journal)
    assert policies(place.world) == {"nightly": 1, "daily": 5}
    assert "The first backup of rg/web-1 under 'nightly' failed" in stuck.plan.held[0].how
    place.world.advance(timedelta(hours=24))
    place.reconcile(journal)
    assert policies(place.world) == {"nightly": 6}


def test_new_rules_of_a_policy_are_tried_on_one_vm_before_they_are_those_of_all(site: tuple[Site, Journal]) -> None:
    place, journal = site
    place.desired = changed(place.desired, LONGER)
    first = place.reconcile(journal)
    assert policies(place.world) == {"daily-canary": 1, "daily": 5}
    assert days(place.world) == {"daily": 30, "daily-canary": 60}
    assert [held.step.id for held in first.plan.held] == ["update-policy:rsv/daily"]
    place.reconcile(journal)
    assert policies(place.world) == {"daily": 6}
    assert days(place.world)["daily"] == 60
    assert place.dry_run().plan.steps == ()


def test_the_canary_is_no_drift_and_is_not_put_back_before_the_policy_has_changed(site: tuple[Site, Journal]) -> None:
    place, journal = site
    place.world.advance(timedelta(hours=10))
    place.desired = changed(place.desired, LONGER)
    place.reconcile(journal)
    for _ in range(3):
        plan = place.reconcile(journal).plan
        assert policies(place.world) == {"daily-canary": 1, "daily": 5}
        assert [drift.kind for drift in drifts(plan)] == ["policy"]


def test_a_commit_that_takes_it_back_brings_the_canary_back(site: tuple[Site, Journal]) -> None:
    place, journal = site
    before = place.desired
    place.desired = changed(before, LONGER)
    place.reconcile(journal)
    place.desired = before
    back = place.reconcile(journal).plan
    assert days(place.world)["daily"] == 30
    assert [(held.guard, held.step.id) for held in back.held] == [
        ("shorten-retention", "change-policy:rsv/rg/web-1")
    ], "what keeps less needs a consent, also on the way back"


def test_as_many_as_are_allowed_change_at_once(site: tuple[Site, Journal], monkeypatch: pytest.MonkeyPatch) -> None:
    place, journal = site
    monkeypatch.setattr("tests.unit.engine.embedded.BRAKES", Brakes(canary=6))
    place.desired = changed(moved(place.desired, "nightly"), LONGER)
    place.reconcile(journal)
    assert policies(place.world) == {"nightly": 6}
    assert days(place.world)["nightly"] == 60


def days(world: World) -> dict[str, int]:
    """How long each policy keeps daily points."""
    return {
        policy.name: policy.properties["retentionPolicy"]["dailySchedule"]["retentionDuration"]["count"]
        for policy in world.policies()
        if policy.name in {"daily", "daily-canary", "nightly"}
    }


def test_the_first_is_one_that_is_well_and_may_be_touched(site: tuple[Site, Journal]) -> None:
    place, journal = site
    hold = Pause("hold", VAULT, "move", "me", place.world.now + timedelta(days=9), (VmRef("web-1", "rg"),))
    place.desired = replace(changed(place.desired, LONGER), pauses=(hold,))
    place.reconcile(journal)
    [moved_first] = [item for item in place.world.items() if item.policy.endswith("-canary")]
    assert moved_first.name.rpartition(";")[2] == "web-2"
    assert days(place.world) == {"daily": 30, "daily-canary": 60}


def test_where_nobody_may_go_first_the_policy_of_what_nobody_names_still_changes(site: tuple[Site, Journal]) -> None:
    """Orphans keep their policy, and what is declared of it holds: no VM is moved that nothing declares."""
    place, journal = site
    place.desired = replace(changed(place.desired, LONGER), protections=())
    plan = place.reconcile(journal).plan
    assert [step.id for step in plan.steps] == ["update-policy:rsv/daily"]
    assert policies(place.world) == {"daily": 6}
    assert days(place.world) == {"daily": 60}
