"""A loop on the small world, in virtual time: several vaults, each with VMs of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from reconciler.diagnostics.catalog import catalog
from reconciler.engine.loop.bulletin import Bulletin
from reconciler.engine.loop.hub import Tools
from reconciler.engine.loop.loop import BOUND, Loop, Rules
from reconciler.engine.ports import Scope
from reconciler.model.board import Board, LeaseState, Role, SourceState
from reconciler.model.call import Call
from reconciler.model.desired import BackupPolicy, Desired, Protection, Vault, VmRef
from reconciler.model.drift import Change
from reconciler.model.ids import fold
from reconciler.model.journal import JournalError
from reconciler.model.observed import Gap, Observed, ObservedPolicy, VirtualMachine, VmKey
from reconciler.model.outcome import Answer, Outcome
from reconciler.store.journal import Journal
from reconciler.tracing import NoTracer, Tracer
from tests.unit.engine.estate import SUBSCRIPTION, machine, vault
from tests.unit.engine.virtual import START, VirtualClock, names
from tests.unit.engine.wishes import BRAKES, RULES
from tests.unit.engine.world import World

INTERVAL = 300.0


async def _nothing() -> None:
    """An answer arrives at once."""


class Looked(World):
    """A world that counts looks, keeps vaults waiting, and shows points to nobody."""

    def __init__(self, clock: VirtualClock, vaults: Sequence[str], vms: Sequence[VirtualMachine]) -> None:
        super().__init__(clock, [vault(name) for name in vaults], vms)
        self.looks: list[tuple[float, str]] = []
        self.ages: list[float] = []
        """How old, in seconds, the list of VMs might be for each look."""
        self.seconds = 20.0
        self.answer_seconds = 0.0
        """How long Azure takes to answer a request that changes something."""
        self.activity: list[tuple[str, Change]] = []
        self.hanging: set[str] = set()
        self.broken: set[str] = set()
        self.unreadable: set[str] = set()
        self.look_seconds = 0.0
        self.after_look: Callable[[], Awaitable[None]] = _nothing
        """What happens before the answer to a look arrives."""
        self.silent = False
        """The activity log answers nobody."""
        self.clock = clock

    async def observe(self, scope: Scope) -> Observed:
        (here,) = scope.vaults
        self.looks.append((self.clock.seconds, here.name))
        self.ages.append(scope.age)
        if here.name in self.hanging:
            await asyncio.sleep(1e9)
        if here.name in self.broken:
            raise RuntimeError("malformed")
        await asyncio.sleep(self.look_seconds)
        seen = await super().observe(scope)
        await self.after_look()
        if here.name in self.unreadable:
            seen = replace(seen, vaults={}, gaps=(Gap(here.name, "403 AuthorizationFailed", here.name),))
        return seen

    async def submit(self, call: Call, correlation_id: str) -> Answer:
        if not call.reads_only:
            await asyncio.sleep(self.answer_seconds)
        return await super().submit(call, correlation_id)

    def _effect(self, call: Call) -> tuple[str, Callable[[], None]]:
        """Policies of one name in several vaults are not one thing."""
        name, effect = super()._effect(call)
        return (call.path if "/backupPolicies/" in call.path else name), effect

    def _policy(self, vault_id: str, name: str) -> None:
        self.policies[fold(name)] = ObservedPolicy(f"{vault_id}/backupPolicies/{name}", name, RULES, "{}")
        super()._policy(vault_id, name)

    async def points(self, observed: Observed, wanted: Sequence[tuple[str, VmKey]]) -> tuple[Observed, tuple[Gap, ...]]:
        return observed, ()

    async def changes(self, vault: Vault, since: datetime) -> Sequence[tuple[str, Change]]:
        if self.silent:
            await asyncio.sleep(1e9)
        return [(resource, change) for resource, change in self.activity if change.at >= since]


class OwnLease:
    """Implements Lease: nobody else is there, unless the test says so. Its epochs are those of no database."""

    def __init__(self, *, ours: bool = True) -> None:
        self.ours = ours
        self.given_back = False
        self.broken = False
        """The database does not answer; how long the lease lasts is known without it."""

    def take(self) -> LeaseState:
        if self.broken:
            raise JournalError("the database does not answer")
        return LeaseState(Role.LEADER if self.ours else Role.STANDBY, "us" if self.ours else "them")

    def left(self) -> float:
        return 15.0 if self.ours else 0.0

    def give_back(self) -> None:
        if self.broken:
            raise JournalError("the database does not answer")
        self.given_back = True


class Stage:
    """One daemon after the other on one world and one journal; `said` is what the operator says."""

    def __init__(self, world: Looked, journal: Journal, lease: OwnLease, parallelism: int) -> None:
        self.world = world
        self.clock = world.clock
        self.journal = journal
        self.lease = lease
        self.said = {"paused": "", "closed": ""}
        self.rules = Rules(INTERVAL, BRAKES, lambda: self.said["paused"] or None, lambda: self.said["closed"])
        self._ids = names()
        self._parallelism = parallelism
        self._tracer: Tracer = NoTracer()
        self.next_process()

    def trace(self, tracer: Tracer) -> None:
        """Another daemon, whose work is traced."""
        self._tracer = tracer
        self.next_process()

    def next_process(self) -> None:
        """A new daemon, which knows nothing but the journal."""
        nobody = LeaseState(Role.STANDBY)
        board = Board("test", "0", START, START, INTERVAL, BOUND * INTERVAL, SourceState("test"), nobody)
        self.bulletin = Bulletin(board, self.clock.now)
        tools = Tools(
            self.world,
            self.world,
            self.journal,
            self.journal,
            self.clock,
            catalog(),
            self._ids,
            lambda: 0.5,
            self._parallelism,
            tracer=self._tracer,
        )
        self.loop = Loop(tools, self.bulletin, self.lease, self.rules)

    @property
    def board(self) -> Board:
        return self.bulletin.board()

    def role(self) -> Role:
        return self.board.lease.role

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

    def asked(self) -> set[str]:
        """The paths of the items that were written."""
        return {path for _, path in self.world.writes if "protectedItems" in path}

    def looks(self, name: str) -> list[float]:
        """When a vault was looked at, in seconds."""
        return [at for at, vault in self.world.looks if vault == name]

    def outcomes(self) -> Mapping[str, Outcome]:
        return {step_id: result.outcome for step_id, result in self.board.results.items()}


def wishes(**vms: Sequence[str]) -> Desired:
    """A vault for each keyword, and in it the VMs that it names."""
    vaults = tuple(Vault(name, SUBSCRIPTION, "rg-backup", "westeurope") for name in vms)
    protections = tuple(
        Protection(name, name, "daily", tuple(VmRef(vm, "rg") for vm in wanted))
        for name, wanted in vms.items()
        if wanted
    )
    return Desired(
        vaults=vaults,
        policies=(BackupPolicy("daily", tuple(name for name, wanted in vms.items() if wanted), RULES),),
        protections=protections,
        digest="sha256:wish",
        revision="a" * 40,
        files=1,
    )


@contextmanager
def stage(lease: OwnLease | None = None, parallelism: int = 10, **vms: Sequence[str]) -> Iterator[Stage]:
    """A loop on a new world with a vault for each keyword and the VMs that it names; nothing is declared yet."""
    clock = VirtualClock()
    world = Looked(clock, list(vms), [machine(name) for wanted in vms.values() for name in wanted])
    with Journal(":memory:", clock.now) as journal:
        yield Stage(world, journal, lease or OwnLease(), parallelism)


def again(desired: Desired, revision: str) -> Desired:
    """The same wish, of another commit."""
    return replace(desired, revision=revision)
