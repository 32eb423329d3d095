"""A whole daemon but for its sockets: the real loop, client, journal and embedded vault, on one virtual clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import structlog

from reconciler.azure.connect import Connection, connect
from reconciler.diagnostics.catalog import catalog
from reconciler.engine.loop.bulletin import Bulletin
from reconciler.engine.loop.hub import Tools
from reconciler.engine.loop.loop import BOUND, Loop, Rules
from reconciler.health.metrics import Metrics
from reconciler.manifests.load import load_texts
from reconciler.model.board import Board, Declared, LeaseState, Rejection, Revision, Role, SourceState
from reconciler.notices.notice import Notice
from reconciler.notices.teller import Teller
from reconciler.planning import Brakes
from reconciler.sources.in_force import InForce, problems
from reconciler.store.journal import Journal
from reconciler.vaultserver import estate as estates
from reconciler.vaultserver.app import create_app
from reconciler.vaultserver.clock import Clock
from reconciler.vaultserver.world import World
from tests.soak.manifests import Repository, estate
from tests.unit.engine.virtual import START, VirtualClock, names

INTERVAL = 300.0
BEAT = 150.0
"""Seconds between two renewals of the lease: each is a write to a disk, and there are weeks of them."""


class Commits:
    """Implements the engine's Source over a repository in memory; a commit that does not load stays out of force."""

    def __init__(self, repository: Repository, clock: VirtualClock) -> None:
        self._repository = repository
        self._clock = clock
        self._in_force = InForce("a repository in memory")
        self._seen = -1
        self._news = asyncio.Event()

    async def look(self) -> Declared:
        now, number = self._clock.now(), self._repository.commits
        if number != self._seen:
            self._seen = number
            loaded = load_texts(self._repository.files())
            revision = Revision(f"{number:040x}")
            if loaded.desired is not None:
                self._in_force.accept(loaded, revision, now, same=False)
            else:
                self._in_force.reject(revision, Rejection.INVALID, problems(loaded.diagnostics), "mend it", now)
        self._in_force.checked(now)
        return self._in_force.declared()

    async def changes(self) -> AsyncGenerator[None]:
        while True:
            await self._news.wait()
            self._news.clear()
            yield

    def wake(self) -> None:
        self._news.set()


class Told:
    """A channel that counts what it is told."""

    name = "soak"

    def __init__(self) -> None:
        self.begun = 0
        self.over = 0

    async def deliver(self, notice: Notice) -> None:
        self.begun += not notice.over
        self.over += notice.over


class Site:
    """One daemon at a time on a world and a journal in files; `restart` puts another one in its place."""

    def __init__(self, folder: Path, seed: int, interval: float) -> None:
        self._interval = interval
        self.random = Random(seed)
        self.clock = VirtualClock()
        self.world = World(folder / "vault.db")
        self.world.clock = Clock(self.world.database, self.clock.now)
        estates.load(self.world, estate())
        self.world.clock.start_at(START)
        self.world.clock.run(1.0)
        self.repository = Repository(self.random)
        self.source = Commits(self.repository, self.clock)
        self.journal = Journal(str(folder / "journal.db"), self.clock.now)
        self.told = Told()
        self._ids = names()
        self._app = create_app(self.world)
        nobody = LeaseState(Role.STANDBY)
        board = Board("soak", "0", START, START, interval, BOUND * interval, SourceState("soak"), nobody)
        self.bulletin = Bulletin(board, self.clock.now)
        self.metrics = Metrics(self.bulletin.board, self.clock.now, self.clock.monotonic)
        self.restarts = 0

    def close(self) -> None:
        self.journal.close()
        self.world.close()

    @property
    def board(self) -> Board:
        return self.bulletin.board()

    async def life(self) -> None:
        """One life of the daemon, until it is cancelled."""
        self.restarts += 1
        async with self._connect() as azure:
            assert azure.writer is not None
            tools = Tools(
                azure.reader,
                azure.writer,
                self.journal,
                self.journal,
                self.clock,
                catalog(),
                self._ids,
                self.random.random,
            )
            lease = self.journal.lease(f"life-{self.restarts}", 4 * BEAT, self.clock.monotonic)
            rules = Rules(self._interval, Brakes(max_stops=0), lambda: None, lambda: "")
            loop = Loop(tools, self.bulletin, lease, rules, beat=BEAT)
            teller = Teller([self.told], self.journal, self.clock, self.bulletin.board)
            async with asyncio.TaskGroup() as tasks:
                for work in (self._follow(loop), self._count(), teller.run(), loop.run()):
                    tasks.create_task(work)

    async def _follow(self, loop: Loop) -> None:
        from reconciler.watch.following import follow

        await follow(self.source, loop, self.clock, self._interval)

    async def _count(self) -> None:
        async for board in self.bulletin.changes():
            self.metrics.take(board)

    def _connect(self) -> Connection:
        return connect(self._app, clock=self.clock, random=self.random, writable=True)


def policies(world: World) -> Mapping[str, str]:
    """Which policy protects each machine, as the vaults really are."""
    return {
        item.friendly_name: item.policy.rpartition("/")[2]
        for item in world.items()
        if item.deleted is None and item.state != "ProtectionStopped"
    }


@contextmanager
def quiet() -> Iterator[None]:
    """Nobody reads the log of a fortnight."""
    before: dict[str, Any] = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    try:
        yield
    finally:
        structlog.configure(**before)
