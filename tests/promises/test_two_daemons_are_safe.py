"""Promise: two daemons are safe. With a lease one writes; without any, time is wasted and nothing else (I-33, I-34)."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

from reconciler.diagnostics.catalog import catalog
from reconciler.engine.loop.bulletin import Bulletin
from reconciler.engine.loop.hub import Tools
from reconciler.engine.loop.loop import BOUND, Loop, Rules
from reconciler.engine.ports import Scope
from reconciler.engine.reconcile import Result, reconcile_once
from reconciler.model.audit import Event
from reconciler.model.board import Board, LeaseState, Role, SourceState
from reconciler.model.call import Call
from reconciler.model.desired import Desired, IfStopped, Vault
from reconciler.model.drift import Change
from reconciler.model.journal import Fence
from reconciler.model.observed import Check, Gap, Observed, Power, VirtualMachine, VmKey
from reconciler.model.outcome import Answer, Done, Operation, Pending, Skipped
from reconciler.store.journal import Journal
from tests.unit.engine.embedded import Site, estate, protecting
from tests.unit.engine.estate import VAULT, machine, never
from tests.unit.engine.loop.stage import INTERVAL, Looked
from tests.unit.engine.virtual import START, Silence, VirtualClock, names
from tests.unit.engine.wishes import BRAKES, wish

T = TypeVar("T")

VMS = ("web-1", "web-2", "web-3", "db-1", "off-1")
SEEDS = range(40)
LEASE = 20.0


@dataclass
class Wire:
    """A process's own way to the world: every request takes its time to get there, and its answer to come back."""

    world: Looked
    chance: random.Random
    sent: list[tuple[float, Call]] = field(default_factory=list)
    accepted: Counter[str] = field(default_factory=Counter)
    under_way: int = 0
    held: asyncio.Event | None = None
    """While it is not set, nothing gets through: the process is stopped, or its network is gone."""

    async def observe(self, scope: Scope) -> Observed:
        return await self._travel(lambda: self.world.observe(scope))

    async def check(self, vault: Vault, vms: Sequence[VirtualMachine]) -> Mapping[VmKey, Check]:
        return await self._travel(lambda: self.world.check(vault, vms))

    async def points(self, observed: Observed, wanted: Sequence[tuple[str, VmKey]]) -> tuple[Observed, tuple[Gap, ...]]:
        return await self.world.points(observed, wanted)

    async def changes(self, vault: Vault, since: datetime) -> Sequence[tuple[str, Change]]:
        return await self.world.changes(vault, since)

    async def submit(self, call: Call, correlation_id: str) -> Answer:
        if call.reads_only:
            return await self._travel(lambda: self.world.submit(call, correlation_id))
        self.sent.append((self.world.clock.seconds, call))
        self.under_way += 1
        answer = await self._travel(lambda: self.world.submit(call, correlation_id))
        self.under_way -= 1
        if isinstance(answer, Pending | Done):
            self.accepted[call.path] += 1
        return answer

    async def poll(self, operation: Operation) -> Answer:
        return await self._travel(lambda: self.world.poll(operation))

    async def _travel(self, ask: Callable[[], Awaitable[T]]) -> T:
        await asyncio.sleep(self.chance.random() * self.chance.choice([0.1, 1.0, 15.0]))
        if self.held is not None:
            await self.held.wait()
        answer = await ask()
        await asyncio.sleep(self.chance.random())
        return answer


def world_of(clock: VirtualClock, *vms: str) -> Looked:
    off = [machine(name, power=Power.DEALLOCATED) for name in vms if name.startswith("off")]
    return Looked(clock, [VAULT], [*(machine(name) for name in vms if not name.startswith("off")), *off])


def run_of(
    desired: Desired, wire: Wire, journal: Journal, ids: Callable[[], str], stop: Callable[[], str | None] = never
) -> Any:
    return reconcile_once(
        desired,
        wire,
        wire,
        journal,
        wire.world.clock,
        Silence(),
        brakes=BRAKES,
        targets=(),
        parallelism=3,
        timeout=3600,
        stop_requested=stop,
        new_id=ids,
        chance=wire.chance.random,
    )


DESIRED = wish(*VMS, if_stopped=IfStopped.START)


def side_by_side(seed: int, journals: Sequence[Journal], clock: VirtualClock, world: Looked) -> list[Wire]:
    """Two processes that know nothing of each other, each passing three times; the wires they used."""
    wires = [Wire(world, random.Random(f"{seed} {number}")) for number in range(2)]

    async def process(number: int) -> None:
        wire, ids = wires[number], names(f"process-{number}")
        for _ in range(3):
            await asyncio.sleep(wire.chance.random() * 60)
            await run_of(DESIRED, wire, journals[number], ids)

    async def both() -> None:
        await asyncio.gather(process(0), process(1))

    clock.run(both())
    return wires


def alone(clock: VirtualClock, world: Looked) -> Result:
    """One more run, of nobody's: what is left to do shows in it."""
    with Journal(":memory:", clock.now) as journal:
        result: Result = clock.run(run_of(DESIRED, Wire(world, random.Random(0)), journal, names("last")))
    return result


def calm() -> Mapping[str, Mapping[str, object]]:
    """How it ends when only one process is there."""
    clock = VirtualClock()
    world = world_of(clock, *VMS)
    with Journal(":memory:", clock.now) as journal:
        for _ in range(3):
            clock.run(run_of(DESIRED, Wire(world, random.Random(0)), journal, names()))
    return world.state()


CALM = calm()


@pytest.mark.parametrize("seed", SEEDS)
def test_without_a_lease_on_one_journal_each_vm_is_still_protected_once(seed: int) -> None:
    """Azure has to refuse no more than what was in the air, unanswered, while the other one looked."""
    clock = VirtualClock()
    world = world_of(clock, *VMS)
    with Journal(":memory:", clock.now) as journal:
        wires = side_by_side(seed, [journal, journal], clock, world)
        assert journal.open_operations() == []
        assert journal.debts() == []
    accepted = wires[0].accepted + wires[1].accepted
    protections = {path: number for path, number in accepted.items() if "/protectedItems/" in path}
    assert set(protections.values()) == {1}, protections
    assert len(protections) == len(VMS)
    assert len(world.overlaps) == len(set(world.overlaps)) <= 1
    assert alone(clock, world).outcomes == {}
    assert world.state() == CALM


@pytest.mark.parametrize("seed", SEEDS)
def test_without_a_lease_and_without_a_common_journal_only_time_is_wasted(seed: int) -> None:
    """Azure's own lock on an item is all that is left; what is sent twice is the same request."""
    clock = VirtualClock()
    world = world_of(clock, *VMS)
    with ExitStack() as stack:
        journals = [stack.enter_context(Journal(":memory:", clock.now)) for _ in range(2)]
        wires = side_by_side(seed, journals, clock, world)
    bodies: dict[tuple[str, str], set[str | None]] = {}
    for _, call in (*wires[0].sent, *wires[1].sent):
        bodies.setdefault((call.method, call.path), set()).add(call.body)
    assert all(len(different) == 1 for different in bodies.values())
    assert {call.method for _, call in (*wires[0].sent, *wires[1].sent)} <= {"PUT", "POST"}
    alone(clock, world)
    assert alone(clock, world).outcomes == {}
    assert world.state() == CALM


@pytest.mark.parametrize("seed", SEEDS)
def test_once_a_newer_configuration_has_begun_nothing_of_the_older_is_sent(seed: int) -> None:
    clock = VirtualClock()
    world = world_of(clock, *VMS)
    older, newer = (Wire(world, random.Random(f"{seed} {name}")) for name in ("older", "newer"))
    less = replace(wish(*VMS[:2]), digest="sha256:newer")
    began = 0.0

    async def both() -> list[Result]:
        nonlocal began
        slow = asyncio.create_task(run_of(DESIRED, older, journal, names("o")))
        await asyncio.sleep(older.chance.random() * 90)
        began = clock.seconds
        return [await run_of(less, newer, journal, names("n")), await slow]

    with Journal(":memory:", clock.now) as journal:
        _, result = clock.run(both())
    late = [call for at, call in older.sent if at > began]
    assert late == []
    because = {outcome.because for outcome in result.outcomes.values() if isinstance(outcome, Skipped)}
    assert Fence.SUPERSEDED not in because or result.halt is Fence.SUPERSEDED


class Daemon:
    """A loop in a process of its own: own connections, own wire, own clock, which may be stopped with it."""

    def __init__(self, name: str, world: Looked, journal: Journal, seed: int) -> None:
        self.wire = Wire(world, random.Random(f"{seed} {name}"), held=asyncio.Event())
        self.clock = world.clock
        self.journal = journal
        self._lost = 0.0
        self._stopped_at: float | None = None
        nobody = LeaseState(Role.STANDBY)
        board = Board("test", "0", START, START, INTERVAL, BOUND * INTERVAL, SourceState("test"), nobody)
        self.bulletin = Bulletin(board, self.now)
        tools = Tools(self.wire, self.wire, journal, journal, self, catalog(), names(name), lambda: 0.5, 3)
        lease = journal.lease(name, LEASE, self.monotonic)
        self.loop = Loop(tools, self.bulletin, lease, Rules(INTERVAL, BRAKES, never, lambda: ""))
        self.go_on()

    @property
    def leads(self) -> bool:
        return self.bulletin.board().lease.role is Role.LEADER

    def now(self) -> datetime:
        return self.clock.now() - timedelta(seconds=self._lost)

    def monotonic(self) -> float:
        """As on a machine that was suspended: the time in which it did not run does not count."""
        return (self.clock.seconds if self._stopped_at is None else self._stopped_at) - self._lost

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        assert self.wire.held is not None
        await self.wire.held.wait()

    def stop(self) -> None:
        assert self.wire.held is not None
        self.wire.held.clear()
        self._stopped_at = self.clock.seconds

    def go_on(self) -> None:
        assert self.wire.held is not None
        self._lost += 0.0 if self._stopped_at is None else self.clock.seconds - self._stopped_at
        self._stopped_at = None
        self.wire.held.set()


async def watched(daemons: Sequence[Daemon], scene: Callable[[], Any]) -> None:
    """Run the loops while a scene is played, and end them."""
    running = [asyncio.create_task(daemon.loop.run()) for daemon in daemons]
    try:
        for daemon in daemons:
            daemon.loop.declare(DESIRED, SourceState("test"))
        await scene()
    finally:
        for daemon in daemons:
            daemon.go_on()
            daemon.loop.stop("the test ends")
        await asyncio.gather(*running)


def epochs(journal: Journal) -> list[int]:
    """Those of all intents, in the order in which they were noted."""
    return [entry.epoch for entry in reversed(journal.audit(limit=10_000)) if entry.event is Event.INTENDED]


@pytest.mark.parametrize("seed", SEEDS[:15])
def test_a_leader_that_is_stopped_is_followed_by_another_and_writes_no_more_when_it_wakes(
    tmp_path: Path, seed: int
) -> None:
    clock = VirtualClock()
    world = world_of(clock, *VMS)
    chance, on_its_way = random.Random(seed), 0
    where = str(tmp_path / "journal.db")
    with Journal(where, clock.now) as one, Journal(where, clock.now) as other:

        async def scene() -> None:
            first, second = Daemon("a", world, one, seed), Daemon("b", world, other, seed)

            async def play() -> None:
                nonlocal on_its_way
                await asyncio.sleep(chance.random() * 120 + 1)
                assert (first.leads, second.leads) == (True, False)
                first.stop()
                await asyncio.sleep(2 * LEASE)
                assert second.leads
                seen, on_its_way = len(first.wire.sent), first.wire.under_way
                first.go_on()
                await asyncio.sleep(600)
                assert len(first.wire.sent) == seen
                assert (first.leads, second.leads) == (False, True)

            await watched([first, second], play)

        clock.run(scene())
        noted = epochs(one)
    assert noted == sorted(noted)
    assert len(world.overlaps) <= on_its_way  # Azure refuses what was past the fence when its sender was stopped
    assert alone(clock, world).outcomes == {}
    assert world.state() == CALM


def test_a_leader_that_ends_in_order_is_followed_at_once(tmp_path: Path) -> None:
    clock = VirtualClock()
    world = world_of(clock, *VMS)
    where = str(tmp_path / "journal.db")
    with Journal(where, clock.now) as one, Journal(where, clock.now) as other:

        async def scene() -> None:
            first, second = Daemon("a", world, one, 1), Daemon("b", world, other, 1)

            async def play() -> None:
                await asyncio.sleep(30)
                first.loop.stop("an update")
                await asyncio.sleep(15)
                assert second.leads

            await watched([first, second], play)

        clock.run(scene())


def test_over_the_wire_two_at_once_protect_each_vm_once() -> None:
    with estate("web-1", "web-2", "web-3") as world, Journal(":memory:", lambda: world.now) as journal:
        site = Site(world, "web-1", "web-2", "web-3")

        async def both() -> None:
            runs = [site._reconcile(journal, lambda writer: writer, frozenset()) for _ in range(2)]
            await asyncio.gather(*runs)

        asyncio.run(both())
        assert protecting(world) == {"web-1": 1, "web-2": 1, "web-3": 1}
        assert site.dry_run().plan.steps == ()
