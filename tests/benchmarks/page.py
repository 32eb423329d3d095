"""`python -m tests.benchmarks.page [MACHINES]`: what the page costs over a large estate, and what the loop feels of it.

Wall-clock milliseconds in this process: of the first page after a new board, of each page then, and the longest time
for which the event loop did not come round while pages are made.
"""

from __future__ import annotations

import asyncio
import gc
import resource
import statistics
import sys
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import timedelta

from starlette.types import ASGIApp

from reconciler.model.board import Board, LeaseState, Role, SourceState, VaultState
from reconciler.model.desired import BackupPolicy, CoverageScope, Desired, Protection, Selector, Vault
from reconciler.model.ids import vault_path
from reconciler.model.observed import Job, Observed, ObservedVault, VirtualMachine
from reconciler.planning import Brakes, plan
from reconciler.planning.status import status
from reconciler.web.app import create_app
from tests.unit.planning.making import NOW, SUB, item, machine, policy, rules, seen_policy
from tests.unit.web.asking import ask, daemon_of

A_VAULT = 1000
RUNS = 7


def estate(machines: int) -> Board:
    """Vaults of 1,000 machines, of which nine in ten are protected and one in fifty has failed today."""
    names = [f"rsv-{number:03}" for number in range(-(-machines // A_VAULT))]
    content = {name: _vault(name, number, machines) for number, name in enumerate(names)}
    vms = {vm.key: vm for vm in map(_machine, range(machines))}
    seen = Observed(NOW, content, vms)
    desired = Desired(
        vaults=tuple(
            Vault(name, SUB, "rg-backup", "westeurope", coverage=None if number else CoverageScope(require=True))
            for number, name in enumerate(names)
        ),
        policies=(BackupPolicy("daily", tuple(names), rules()), replace(policy("weekly"), vaults=tuple(names))),
        protections=tuple(
            Protection(name, name, "daily", select=Selector(resource_groups=(f"rg-{number}",)))
            for number, name in enumerate(names)
        ),
    )
    made = Board("embedded", "1", NOW, NOW, 300, 900, SourceState("backup/"), LeaseState(Role.LEADER))
    return replace(
        made,
        vaults={name: VaultState(name) for name in names},
        desired=desired,
        observed=seen,
        plan=plan(desired, seen, brakes=Brakes()),
        status=status(desired, seen),
    )


def _machine(number: int) -> VirtualMachine:
    vm = machine(f"vm-{number:06}", f"rg-{number // A_VAULT}")
    return replace(vm, tags=(("app", f"app-{number % 40}"), ("env", "prod")))


def _vault(name: str, number: int, machines: int) -> ObservedVault:
    own = range(number * A_VAULT, min((number + 1) * A_VAULT, machines))
    vms = [_machine(one) for one in own]
    point = NOW - timedelta(hours=5)
    items = {vm.key: replace(item(vm), last_recovery_point=point) for n, vm in enumerate(vms) if n % 10}
    jobs = tuple(_job(vm, failed=n % 50 == 0) for n, vm in enumerate(vms))
    return ObservedVault(
        name,
        vault_path(SUB, "rg-backup", name),
        exists=True,
        location="westeurope",
        policies={"daily": seen_policy()},
        items=items,
        discovered=frozenset(vm.key for vm in vms),
        jobs=jobs,
    )


def _job(vm: VirtualMachine, *, failed: bool) -> Job:
    began = NOW - timedelta(hours=5)
    owner = f"iaasvmcontainerv2;{vm.resource_group};{vm.name}"
    end = "Failed" if failed else "Completed"
    return Job(f"job-{vm.name}", "Backup", end, owner, vm.name, began, began + timedelta(minutes=9))


def pages(machines: int) -> dict[str, str]:
    some = _machine(machines // 2)
    return {
        "overview": "/",
        "machines, worst first": "/vms",
        "machines, the last page": f"/vms?page={machines}",
        "machines, searched": "/vms?q=vm-0001+app-3",
        "machines, by state": "/vms?state=verified&sort=name",
        "machines, by latest point": "/vms?sort=point&order=down",
        "one machine": f"/vm?id={some.key}",
        "jobs that failed": "/jobs?end=failed",
        "policies": "/policies",
        "findings": "/findings",
        "plan": "/plan",
        "machines as JSON": "/vms.json",
    }


async def measured(board: Board, machines: int, say: Callable[[str], object]) -> None:
    """Print a row a page: the first time, the median of further ones, and the longest pause of the loop meanwhile."""
    app = create_app(daemon_of(board))
    say(f"{'':32} {'first':>8} {'median':>8} {'pause':>8}   milliseconds")
    for title, path in pages(machines).items():
        first, pause = await _timed(app, path)
        further = [await _timed(app, path) for _ in range(RUNS)]
        middle = statistics.median(took for took, _ in further)
        worst = max(pause, *(longest for _, longest in further))
        say(f"{title:32} {first:8.0f} {middle:8.0f} {worst:8.0f}")


async def _timed(app: ASGIApp, path: str) -> tuple[float, float]:
    async def page() -> None:
        answer = await ask(app, path)
        assert answer.status == 200, answer.text[:500]

    began = time.perf_counter()
    pause = await _pause_while(page())
    return (time.perf_counter() - began) * 1000, pause


async def _pause_while(work: Coroutine[None, None, None]) -> float:
    """The longest time between two turns of the loop."""
    task = asyncio.ensure_future(work)
    longest, last = 0.0, time.perf_counter()
    while not task.done():
        await asyncio.sleep(0)
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
    await task
    return longest * 1000


def main(machines: int) -> None:
    """Print the table."""
    gc.set_threshold(50_000, 10, 10)
    began = time.perf_counter()
    board = estate(machines)
    sys.stdout.write(f"a board of {machines:,} machines made in {time.perf_counter() - began:.1f} s\n")
    asyncio.run(measured(board, machines, lambda line: sys.stdout.write(f"{line}\n")))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(f"peak memory {peak:.0f} MiB\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
