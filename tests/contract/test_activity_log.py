"""Who changed something, read from the embedded vault's activity log by the real client."""

from __future__ import annotations

import asyncio
import secrets
from datetime import timedelta

from reconciler.azure.connect import connect
from reconciler.clocks import VirtualClock
from reconciler.model.desired import Vault
from reconciler.model.drift import Change
from reconciler.store.journal import Journal
from reconciler.vaultserver import portal
from reconciler.vaultserver.app import create_app
from reconciler.vaultserver.world import SOMEBODY, World
from tests.unit.engine.embedded import Site, estate
from tests.unit.engine.estate import SUBSCRIPTION, VAULT

DECLARED = Vault(VAULT, SUBSCRIPTION, "rg-backup", "westeurope")


def read(world: World, back: timedelta, vault: Vault = DECLARED) -> list[tuple[str, Change]]:
    async def main() -> list[tuple[str, Change]]:
        clock = VirtualClock(world)
        async with connect(create_app(world), clock=clock, random=secrets.SystemRandom()) as azure:
            return list(await azure.reader.changes(vault, world.now - back))

    return asyncio.run(main())


def test_what_was_done_in_the_portal_has_a_name_and_what_came_by_wire_an_identity() -> None:
    with estate("web-1") as world, Journal(":memory:", lambda: world.now) as journal:
        Site(world, "web-1").reconcile(journal)
        world.advance(timedelta(hours=1))
        portal.change_policy(world, "web-1", "DefaultPolicy")
        item, change = read(world, timedelta(hours=12))[0]
        assert item.lower().endswith("protecteditems/vm;iaasvmcontainerv2;rg;web-1")
        assert (change.caller, change.at) == (SOMEBODY, world.now)
        assert change.operation.lower().endswith("/protecteditems/write")
        callers = {change.caller for _, change in read(world, timedelta(hours=12))}
        assert len(callers) == 2


def test_only_the_span_and_the_group_that_were_asked_for_are_told() -> None:
    with estate("web-1") as world, Journal(":memory:", lambda: world.now) as journal:
        Site(world, "web-1").reconcile(journal)
        portal.stop(world, "web-1")
        world.advance(timedelta(hours=2))
        assert read(world, timedelta(hours=1)) == []
        assert read(world, timedelta(hours=12), Vault(VAULT, SUBSCRIPTION, "rg-other", "westeurope")) == []
        assert read(world, timedelta(hours=12))


def test_a_log_that_may_not_be_read_tells_nothing_and_breaks_nothing() -> None:
    with estate("web-1") as world:
        world.database.put_all([])
        nowhere = Vault(VAULT, "00000000-0000-0000-0000-00000000dead", "rg-backup", "westeurope")
        assert read(world, timedelta(hours=1), nowhere) == []
