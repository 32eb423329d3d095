"""Promise: nothing is believed gone on one look (I-15), nor because a right was lost (I-16)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.engine.chronicle import recall
from reconciler.model.desired import Desired
from reconciler.model.observed import Gap, Observed
from reconciler.model.past import Past, vm_thing
from reconciler.model.plan import Plan
from reconciler.model.state import Risk
from reconciler.planning import remembered
from reconciler.planning.absence import APART, LASTS, is_believed
from reconciler.planning.situation import situation_of
from reconciler.store.journal import Journal
from reconciler.vaultserver import faults, portal
from reconciler.vaultserver.world import World
from tests.unit.engine.embedded import Site, estate, sent
from tests.unit.engine.virtual import Pad
from tests.unit.engine.wishes import wish
from tests.unit.planning.making import CALM, VAULT, item, machine, snapshot, vault

FIVE, NINE, TEN = (timedelta(minutes=number) for number in (5, 9, 10))


@pytest.fixture
def world() -> Iterator[World]:
    with estate("web-1", "web-2") as made:
        yield made


@pytest.fixture
def site(world: World) -> Site:
    """Both VMs are protected, and web-1 is to be retired."""
    made = Site(world, "web-1", "web-2")
    run(made)
    made.desired = wish("web-2", retired=["web-1"])
    return made


def run(site: Site) -> Plan:
    with Journal(":memory:", lambda: site.world.now) as journal:
        return site.reconcile(journal).plan


def stops(world: World) -> int:
    return sum("protectedItems" in path for _, path in sent(world)) - 2


def held(plan: Plan) -> set[str]:
    return {f"{one.guard}: {one.step.action}" for one in plan.held}


def wait(world: World, *times: timedelta) -> None:
    for time in times:
        world.advance(time)


def test_a_vm_that_is_gone_is_retired_after_two_looks_ten_minutes_apart(world: World, site: Site) -> None:
    portal.delete_vm(world, "web-1")
    assert held(run(site)) == {"absence-unconfirmed: stop"}
    wait(world, NINE)
    assert held(run(site)) == {"absence-unconfirmed: stop"}
    assert stops(world) == 0
    wait(world, timedelta(minutes=1))
    assert held(run(site)) == set()
    assert stops(world) == 1


def test_a_vm_that_comes_back_in_between_was_not_gone(world: World, site: Site) -> None:
    site.desired = wish("web-2")
    portal.delete_vm(world, "web-1")
    run(site)
    portal.recreate_vm(world, machine("web-1", "rg").id)
    wait(world, FIVE)
    run(site)
    portal.delete_vm(world, "web-1")
    site.desired = wish("web-2", retired=["web-1"])
    wait(world, FIVE)
    assert held(run(site)) == {"absence-unconfirmed: stop"}
    wait(world, TEN)
    assert held(run(site)) == set()


def test_who_loses_the_journal_looks_twice_again(world: World, site: Site) -> None:
    portal.delete_vm(world, "web-1")
    for _ in range(3):
        site.notes = Pad()
        assert held(run(site)) == {"absence-unconfirmed: stop"}
        wait(world, TEN)
    assert stops(world) == 0


def test_dry_runs_settle_nothing(world: World, site: Site) -> None:
    portal.delete_vm(world, "web-1")
    for _ in range(3):
        assert held(site.dry_run().plan) == {"absence-unconfirmed: stop"}
        wait(world, TEN)
    assert not recall(site.notes).absences


def test_a_group_that_cannot_be_read_proves_nothing_however_often(world: World, site: Site) -> None:
    portal.delete_vm(world, "web-1")
    group = "/subscriptions/*/resourcegroups/rg"
    faults.inject(world, method="GET", path=group, status=403, code="AuthorizationFailed", times=None)
    for _ in range(4):
        plan = run(site)
        assert "vm-deleted-still-protected" not in {finding.code for finding in plan.findings}
        wait(world, TEN)
    assert not recall(site.notes).absences


LISTS = (
    "*/vaults/rsv",
    "*/backupprotecteditems",
    "*/backuppolicies",
    "*/backupprotectioncontainers",
    "*/backupprotectableitems",
    "*/backupjobs",
    "*/microsoft.compute/virtualmachines",
)


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("status", [403, 404])
def test_a_list_that_is_refused_shows_nothing_to_be_gone(world: World, site: Site, path: str, status: int) -> None:
    """Not even when it is refused again and again, and the VMs are gone indeed."""
    portal.delete_vm(world, "web-1")
    code = {403: "AuthorizationFailed", 404: "NotFound"}[status]
    faults.inject(world, method="GET", path=path, status=status, code=code, times=None)
    for _ in range(3):
        plan = run(site)
        assert not plan.complete
        assert [step.id for step in plan.steps if step.risk > Risk.SAFE] == []
        assert {"vm-deleted-still-protected", "vault-not-found"}.isdisjoint(one.code for one in plan.findings)
        wait(world, TEN)
    assert stops(world) == 0


def test_a_vault_is_made_only_where_it_was_missed_twice(world: World) -> None:
    site = Site(world, "web-1")
    vaults = (replace(site.desired.vaults[0], name="rsv-new", create=True),)
    policies = (replace(site.desired.policies[0], vaults=("rsv-new",)),)
    protections = (replace(site.desired.protections[0], vault="rsv-new"),)
    site.desired = replace(site.desired, vaults=vaults, policies=policies, protections=protections)
    assert {one.guard for one in run(site).held} == {"absence-unconfirmed"}
    assert sent(world) == []
    wait(world, TEN)
    assert not run(site).held
    assert ("PUT", "rsv-new") in {(method, path.rpartition("/")[2]) for method, path in sent(world)}


def test_an_item_that_vanished_is_not_made_again_at_once(world: World, site: Site) -> None:
    """It may be there with a policy that keeps more: a list that left it out once would shorten it."""
    site.desired = wish("web-1", "web-2")
    run(site)
    before = sent(world)
    world.database.delete(portal.find_item(world, "web-1"))
    assert "absence-unconfirmed: protect" in held(run(site))
    assert [path for _, path in sent(world)[len(before) :] if "protectedItems" in path] == []
    wait(world, TEN)
    assert not run(site).held


SHOWN = st.lists(st.tuples(st.integers(1, 30 * 60), st.sampled_from(["shown", "not shown", "not read"])), max_size=12)
GONE, STILL = machine("vm-0"), machine("vm-1")
BASE = snapshot([STILL], vault([item(GONE), item(STILL)]))


def seen(what: str, now: datetime) -> Observed:
    """A look that shows the VM, or does not, or could not read the list of VMs."""
    vms = [GONE, STILL] if what == "shown" else [STILL]
    blind = Gap(f"/subscriptions/{VAULT.subscription_id}/providers/x", "403")
    return replace(snapshot(vms, BASE.vaults["rsv"], (blind,) if what == "not read" else ()), taken_at=now)


@CALM
@given(SHOWN)
def test_whatever_was_seen_in_between(looks: list[tuple[int, str]]) -> None:
    """Against the rule in its plainest form: looks that could tell, in a row, none showing it, ten minutes apart."""
    desired, past, now = Desired(vaults=(VAULT,)), Past(), BASE.taken_at
    row: list[datetime] = []
    for minutes, what in looks:
        now += timedelta(minutes=minutes)
        observed = seen(what, now)
        past = remembered(desired, observed, past)
        row = [] if what == "shown" or (row and now - row[-1] > LASTS) else row
        row += [now] if what == "not shown" else []
        expected = len(row) > 1 and row[-1] - row[0] >= APART
        assert is_believed(situation_of(desired, observed, past), vm_thing(GONE.key)) is expected
