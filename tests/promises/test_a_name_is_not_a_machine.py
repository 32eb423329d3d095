"""Promise: a VM that was made anew under its name is another VM (I-37)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from reconciler.model.plan import Plan
from reconciler.model.status import Trust
from reconciler.planning.status import status
from reconciler.store.journal import Journal
from reconciler.vaultserver import portal
from reconciler.vaultserver.world import World
from tests.unit.engine.embedded import Site, estate, sent
from tests.unit.engine.estate import machine
from tests.unit.engine.virtual import Pad
from tests.unit.engine.wishes import wish

DAY = timedelta(days=1)


@pytest.fixture
def site() -> Iterator[Site]:
    """web-1 is protected, has a recovery point, and was then deleted and made anew."""
    with estate("web-1") as world:
        made = Site(world, "web-1")
        run(made)
        world.advance(2 * DAY)
        run(made)
        portal.delete_vm(world, "web-1")
        portal.recreate_vm(world, machine("web-1").id)
        yield made


def run(site: Site, *targets: str) -> Plan:
    with Journal(":memory:", lambda: site.world.now) as journal:
        return site.reconcile(journal, targets=frozenset(targets)).plan


def codes(plan: Plan) -> set[str]:
    return {finding.code for finding in plan.findings}


def trust(site: Site) -> Trust | None:
    seen = site.dry_run()
    [vm] = status(site.desired, seen.observed).vms
    return vm.trust


def backed_up(world: World) -> None:
    portal.back_up(world, "web-1")
    world.advance(timedelta(hours=6))


def test_it_is_told_and_not_shown_as_verified(site: Site) -> None:
    assert "vm-recreated" in codes(run(site))
    assert trust(site) is Trust.CLAIMED


def test_nothing_is_taken_from_it_unless_it_is_named(site: Site) -> None:
    site.desired = wish(retired=["web-1"])
    before = len(sent(site.world))
    assert [held.guard for held in run(site).held] == ["vm-recreated"]
    assert len(sent(site.world)) == before
    assert not run(site, "web-1").held
    assert len(sent(site.world)) == before + 1


def test_once_it_was_backed_up_the_item_is_its_own(site: Site) -> None:
    backed_up(site.world)
    assert "vm-recreated" not in codes(run(site))
    assert trust(site) is Trust.VERIFIED
    site.desired = wish(retired=["web-1"])
    assert not run(site).held


def test_the_memory_of_its_id_tells_where_there_is_no_recovery_point() -> None:
    with estate("web-1") as world:
        site = Site(world, "web-1")
        run(site)
        portal.delete_vm(world, "web-1")
        portal.recreate_vm(world, machine("web-1").id)
        assert "vm-recreated" in codes(run(site))
        assert "vm-recreated" in codes(run(site)), "and it is not forgotten by telling it"
        site.notes = Pad()
        assert "vm-recreated" not in codes(run(site)), "who has lost the memory cannot tell, and takes nothing away"


def test_it_is_not_protected_twice(site: Site) -> None:
    before = len(sent(site.world))
    for _ in range(3):
        run(site)
    assert len(sent(site.world)) == before


def test_another_spelling_is_no_other_machine(site: Site) -> None:
    backed_up(site.world)
    run(site)
    portal.rename_group(site.world, site.desired.vaults[0].subscription_id, "rg", "RG")
    assert codes(run(site)) == codes(run(site))
    assert "vm-recreated" not in codes(run(site))
