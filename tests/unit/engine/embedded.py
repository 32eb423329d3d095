"""The engine on the real adapter and the embedded vault, in one process and in virtual time."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from reconciler.azure.connect import Connection, connect
from reconciler.clocks import VirtualClock
from reconciler.engine.chronicle import recall
from reconciler.engine.look import Look, look
from reconciler.engine.ports import Journal, Writer
from reconciler.engine.reconcile import Result, reconcile_once
from reconciler.model.desired import Desired, Generation, IfStopped
from reconciler.vaultserver.app import create_app
from reconciler.vaultserver.estate import load
from reconciler.vaultserver.world import World
from tests.unit.engine.estate import SUBSCRIPTION, VAULT, never, zero
from tests.unit.engine.virtual import Pad, Silence, names
from tests.unit.engine.wishes import BRAKES, wish

READ_ONLY = ("backupStatus", "backupPreValidateProtection")


@contextmanager
def estate(*vms: str, generation: Generation = Generation.CURRENT) -> Iterator[World]:
    """A new embedded vault in memory, with healthy Linux VMs of these names beside it."""
    world = World()
    place = {"name": VAULT, "subscriptionId": SUBSCRIPTION, "resourceGroup": "rg-backup", "location": "westeurope"}
    place["generation"] = str(generation)
    data = {
        "estate": "v1",
        "clock": "2026-03-02T09:00:00Z",
        "seed": 1,
        "subscriptions": [{"id": SUBSCRIPTION, "name": "test"}],
        "vaults": [place],
        "virtualMachines": [{"name": name, "resourceGroup": "rg", "os": "Linux"} for name in vms],
    }
    try:
        load(world, data)
        yield world
    finally:
        world.close()


def sent(world: World) -> list[tuple[str, str]]:
    """What reached the vault and was no mere read, oldest first: method and path."""
    lines = [(line.method, line.path) for line in world.database.requests()]
    return [line for line in lines if line[0] != "GET" and not line[1].endswith(READ_ONLY)]


def writes_on(world: World, vm: str) -> list[str]:
    """What was sent about one VM: the last word of each path that is no name of it."""
    paths = [path.split("/") for _, path in sent(world) if vm in re.split("[;/]", path)]
    return ["protect" if "protectedItems" in path else "register" if ";" in path[-1] else path[-1] for path in paths]


def protecting(world: World) -> Counter[str]:
    """How often each VM was asked to be protected."""
    return Counter(path.rpartition(";")[2] for method, path in sent(world) if "/protectedItems/" in path)


class Site:
    """Runs on one embedded vault; each is a process of its own, with a connection of its own."""

    def __init__(
        self,
        world: World,
        *vms: str,
        generation: Generation = Generation.CURRENT,
        if_stopped: IfStopped = IfStopped.FAIL,
    ) -> None:
        self.world = world
        self._app = create_app(world)
        desired = wish(*vms, if_stopped=if_stopped)
        vaults = tuple(replace(vault, generation=generation) for vault in desired.vaults)
        self.desired: Desired = replace(desired, vaults=vaults)
        self.notes = Pad()
        self.ids: Callable[[], str] = names()

    def reconcile(
        self,
        journal: Journal,
        wrap: Callable[[Writer], Writer] = lambda writer: writer,
        targets: frozenset[str] = frozenset(),
    ) -> Result:
        return asyncio.run(self._reconcile(journal, wrap, targets))

    def dry_run(self) -> Look:
        return asyncio.run(self._look())

    async def _reconcile(self, journal: Journal, wrap: Callable[[Writer], Writer], targets: frozenset[str]) -> Result:
        async with self._connect(writable=True) as azure:
            assert azure.writer is not None
            return await reconcile_once(
                self.desired,
                azure.reader,
                wrap(azure.writer),
                journal,
                VirtualClock(self.world),
                Silence(),
                brakes=BRAKES,
                targets=targets,
                parallelism=10,
                timeout=3600,
                stop_requested=never,
                new_id=self.ids,
                chance=zero,
                notes=self.notes,
            )

    async def _look(self) -> Look:
        async with self._connect(writable=False) as azure:
            assert azure.writer is None
            return await look(self.desired, azure.reader, brakes=BRAKES, past=recall(self.notes), targets=())

    def _connect(self, *, writable: bool) -> Connection:
        clock = VirtualClock(self.world)
        return connect(self._app, clock=clock, random=secrets.SystemRandom(), writable=writable)
