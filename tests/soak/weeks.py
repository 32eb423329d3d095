"""So many hours of a daemon's life: each hour a commit, in between people and faults; then calm, and what is left."""

from __future__ import annotations

import asyncio
import gc
import resource
import tracemalloc
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from reconciler.model.outcome import Done
from reconciler.vaultserver import faults, portal
from reconciler.vaultserver.errors import ArmError
from tests.soak.manifests import POLICIES, VMS
from tests.soak.site import INTERVAL, Site, policies, quiet

_VAULT = Path(faults.__file__).parent
HOUR = 3600.0
CALM_HOURS = 50
"""After the last trouble: a contested correction is left alone for a day, and a retry that was used up for another."""


@dataclass
class Figures:
    """What a soak has seen. `memory` is what the daemon holds at the end of each day, in KiB, where measured."""

    hours: int
    happened: Counter[str] = field(default_factory=Counter)
    looks: int = 0
    writes: int = 0
    restarts: int = 0
    begun: int = 0
    over: int = 0
    memory: list[int] = field(default_factory=list)
    resident: list[int] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def growth(self) -> float:
        """From the second day to the last, as a share: the first one fills what is kept."""
        return self.memory[-1] / self.memory[1] - 1 if len(self.memory) > 2 else 0.0


def soak(folder: Path, hours: int, seed: int, *, interval: float = INTERVAL, measure: bool = False) -> Figures:
    """Run it all; the same for the same seed. `wrong` is empty when the vaults ended as declared.

    `interval` is in seconds between two passes over a vault; with `measure` it is told what memory is held.
    """
    site = Site(folder, seed, interval)
    try:
        with quiet():
            return site.clock.run(_Weeks(site, Figures(hours), measure=measure).run())
    finally:
        site.close()


def _held() -> int:
    """Bytes of Python's that are not the embedded vault's: it keeps the jobs and recovery points of all those weeks."""
    others = [tracemalloc.Filter(False, f"{_VAULT}/*"), tracemalloc.Filter(False, tracemalloc.__file__)]
    return sum(trace.size for trace in tracemalloc.take_snapshot().filter_traces(others).traces)


class _Weeks:
    def __init__(self, site: Site, figures: Figures, *, measure: bool) -> None:
        self._site = site
        self._figures = figures
        self._measure = measure

    async def run(self) -> Figures:
        if self._measure:
            tracemalloc.start()
        living = asyncio.create_task(self._site.life())
        for hour in range(self._figures.hours):
            if living.done():
                living.result()
            await asyncio.sleep(HOUR / 2)
            self._trouble()
            await asyncio.sleep(HOUR / 2)
            self._commit()
            if hour % 37 == 36:
                await _end(living)
                living = asyncio.create_task(self._site.life())
            if hour % 24 == 23:
                self._weigh()
        self._mend()
        await asyncio.sleep(CALM_HOURS * HOUR)
        self._judge()
        await _end(living)
        if self._measure:
            tracemalloc.stop()
        return self._figures

    def _commit(self) -> None:
        until = self._site.clock.now() + timedelta(hours=self._site.random.randrange(1, 6))
        what = self._site.repository.commit(f"{until:%Y-%m-%dT%H:%M:%SZ}")
        self._figures.happened[f"commit: {what.split()[-1] if ' by ' in what else what.split(' at ')[0]}"] += 1
        self._site.source.wake()

    def _trouble(self) -> None:
        """Somebody meddles, or the service does, or neither."""
        site, world = self._site, self._site.world
        vm = site.random.choice([vm for vms in VMS.values() for vm in vms])
        record = portal.find_vm(world, vm)
        kind = site.random.randrange(10)
        try:
            match kind:
                case 0:
                    self._note("portal: change-policy")
                    portal.change_policy(world, vm, site.random.choice((*POLICIES, "DefaultPolicy")))
                case 1:
                    self._note("portal: stop")
                    portal.stop(world, vm)
                case 2:
                    self._note("portal: delete-data")
                    portal.delete_data(world, vm)
                case 3:
                    self._note("power")
                    world.set_vm(record.id, "power", site.random.choice(("running", "deallocated")))
                case 4:
                    self._note("agent")
                    world.set_vm(record.id, "agent.status", site.random.choice(("ready", "notReady")))
                case 5:
                    self._note("fault: request")
                    status = site.random.choice((429, 500, 503))
                    faults.inject(world, path="*", status=status, times=site.random.randrange(1, 20), retry_after=30)
                case 6:
                    self._note("fault: operation")
                    what = site.random.choice(("ConfigureBackup", "DisableBackup", "Backup", "Discover"))
                    faults.inject(world, operation=what, times=site.random.randrange(1, 4))
                case _:
                    pass
        except (portal.NoSuchThingError, ArmError):
            self._note("nothing to meddle with")

    def _note(self, what: str) -> None:
        self._figures.happened[what] += 1

    def _mend(self) -> None:
        """The end of all trouble, and the last commit."""
        site = self._site
        faults.clear(site.world)
        for vms in VMS.values():
            for vm in vms:
                record = portal.find_vm(site.world, vm)
                site.world.set_vm(record.id, "power", "running")
                site.world.set_vm(record.id, "agent.status", "ready")
        site.repository.calm()
        site.source.wake()

    def _weigh(self) -> None:
        if self._measure:
            gc.collect()
            self._figures.memory.append(_held() // 1024)
            self._figures.resident.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)

    def _judge(self) -> None:
        site, figures = self._site, self._figures
        board, wrong = site.board, figures.wrong
        wanted = {vm: POLICIES[0] for vms in VMS.values() for vm in vms}
        found = policies(site.world)
        wrong += [
            f"{vm}: {found.get(vm)} instead of {policy}" for vm, policy in wanted.items() if found.get(vm) != policy
        ]
        if board.plan is None or board.plan.steps or board.plan.held:
            steps = (*board.plan.steps, *(one.step for one in board.plan.held)) if board.plan is not None else ()
            wrong += [f"still wanted: {step.id}" for step in steps] or ["no plan"]
        wrong += [f"{name}: {state.trouble}" for name, state in board.vaults.items() if state.trouble]
        wrong += [f"drift: {seen.drift.label}" for seen in board.drifts]
        wrong += [f"{key}: {one.outcome}" for key, one in board.results.items() if not isinstance(one.outcome, Done)]
        requests = site.world.requests()
        figures.looks = sum(line.method == "GET" and line.path.endswith("/backupProtectedItems") for line in requests)
        figures.writes = sum(line.method in {"PUT", "DELETE", "PATCH"} and line.status < 300 for line in requests)
        if any(line.method == "DELETE" for line in requests):
            wrong.append("something was deleted")
        figures.restarts, figures.begun, figures.over = site.restarts, site.told.begun, site.told.over


async def _end(living: asyncio.Task[None]) -> None:
    living.cancel()
    with suppress(asyncio.CancelledError):
        await living
