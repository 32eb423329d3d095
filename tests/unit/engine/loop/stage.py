"""A loop on the small world, in virtual time: several vaults, each with VMs of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from reconciler.diagnostics.catalog import catalog
from reconciler.engine.loop.bulletin import Bulletin
from reconciler.engine.loop.hub import Tools
from reconciler.engine.loop.loop import BOUND, Loop, Rules
from reconciler.engine.ports import Lease, Scope
from reconciler.model.board import Board, LeaseState, Role, SourceState
from reconciler.model.desired import BackupPolicy, Desired, Protection, Vault, VmRef
from reconciler.model.ids import fold
from reconciler.model.observed import Gap, Observed, ObservedPolicy, VirtualMachine, VmKey
from reconciler.store.journal import Journal
from tests.unit.engine.estate import SUBSCRIPTION, machine, vault
from tests.unit.engine.virtual import START, VirtualClock, names
from tests.unit.engine.wishes import BRAKES, RULES
from tests.unit.engine.world import World

INTERVAL = 300.0


class Looked(World):
    """A world that counts looks, keeps vaults waiting, and shows points to nobody."""

    def __init__(self, clock: VirtualClock, vaults: Sequence[str], vms: Sequence[VirtualMachine]) -> None:
        super().__init__(clock, [vault(name) for name in vaults], vms)
        self.policies[fold("daily")] = ObservedPolicy("", "daily", RULES, "{}")
        self.looks: list[tuple[float, str]] = []
        self.hanging: set[str] = set()
        self.broken: set[str] = set()
        self.clock = clock

    async def observe(self, scope: Scope) -> Observed:
        (here,) = scope.vaults
        self.looks.append((self.clock.seconds, here.name))
        if here.name in self.hanging:
            await asyncio.sleep(1e9)
        if here.name in self.broken:
            raise RuntimeError("malformed")
        return await super().observe(scope)

    async def points(self, observed: Observed, wanted: Sequence[tuple[str, VmKey]]) -> tuple[Observed, tuple[Gap, ...]]:
        return observed, ()


class OwnLease:
    """Implements Lease: nobody else is there, unless the test says so."""

    def __init__(self) -> None:
        self.ours = True
        self.epoch = 1
        self.given_back = False

    def take(self) -> LeaseState:
        return LeaseState(Role.LEADER if self.ours else Role.STANDBY, "us" if self.ours else "them", self.epoch)

    def left(self) -> float:
        return 15.0 if self.ours else 0.0

    def give_back(self) -> None:
        self.given_back = True


@dataclass
class Stage:
    """One daemon's loop on a world; `paused` and `closed` are what the operator says."""

    world: Looked
    clock: VirtualClock
    journal: Journal
    loop: Loop
    bulletin: Bulletin
    lease: Lease
    said: dict[str, str] = field(default_factory=dict)

    @property
    def board(self) -> Board:
        return self.bulletin.board()

    def play(self, scene: Callable[[], Awaitable[None]]) -> None:
        """Run the loop while the scene is played, and end it."""
        self.clock.run(self._play(scene))

    async def _play(self, scene: Callable[[], Awaitable[None]]) -> None:
        running = asyncio.create_task(self.loop.run())
        try:
            await scene()
        finally:
            self.loop.stop("the test ends")
            await running

    def protected(self) -> set[str]:
        """The names of the VMs that are items of any vault."""
        return {item.name for vault in self.world.vaults.values() for item in vault.items.values()}

    def looks(self, name: str) -> list[float]:
        return [at for at, vault in self.world.looks if vault == name]


def wishes(**vms: Sequence[str]) -> Desired:
    """A vault for each keyword, and in it the VMs that it names."""
    vaults = tuple(Vault(name, SUBSCRIPTION, "rg-backup", "westeurope") for name in vms)
    protections = tuple(
        Protection(name, name, "daily", tuple(VmRef(vm, "rg") for vm in wanted)) for name, wanted in vms.items()
    )
    return Desired(
        vaults=vaults,
        policies=(BackupPolicy("daily", tuple(vms), RULES),),
        protections=protections,
        digest="sha256:wish",
        revision="a" * 40,
        files=1,
    )


@contextmanager
def stage(desired: Desired, lease: Lease | None = None, interval: float = INTERVAL) -> Iterator[Stage]:
    """A loop on a new world that has all that is wished for; nothing is declared yet."""
    clock = VirtualClock()
    vms = [machine(ref.name) for one in desired.protections for ref in one.virtual_machines]
    world = Looked(clock, [one.name for one in desired.vaults], vms)
    said = {"paused": "", "closed": ""}
    board = Board(
        "embedded", "0", START, START, interval, BOUND * interval, SourceState("test"), LeaseState(Role.STANDBY)
    )
    bulletin = Bulletin(board, clock.now)
    with Journal(":memory:", clock.now) as journal:
        tools = Tools(world, world, journal, clock, catalog(), names(), lambda: 0.5)
        rules = Rules(interval, BRAKES, lambda: said["paused"] or None, lambda: said["closed"])
        keeper = lease or OwnLease()
        loop = Loop(tools, bulletin, keeper, rules)
        yield Stage(world, clock, journal, loop, bulletin, keeper, said)


def again(desired: Desired, revision: str) -> Desired:
    """The same wish, of another commit."""
    return replace(desired, revision=revision)
