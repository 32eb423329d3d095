"""What the page is tried on: 1,000 machines in an embedded vault, protected by real runs, then meddled with.

Nothing here is made up: boards come from looks at the vault, outcomes from runs, the audit log from the journal.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from reconciler import __version__
from reconciler.actions.policy_body import policy_body
from reconciler.azure.connect import Connection, connect
from reconciler.clocks import VirtualClock
from reconciler.engine.look import Look, look
from reconciler.engine.loop.drift_book import DriftBook
from reconciler.engine.loop.drift_watch import matched
from reconciler.engine.reconcile import Result, reconcile_once
from reconciler.manifests.load import Loaded, load_texts
from reconciler.model.board import (
    Board,
    LeaseState,
    PassRecord,
    Problem,
    Rejected,
    Rejection,
    Revision,
    Role,
    SourceState,
    StepResult,
    VaultState,
)
from reconciler.model.desired import Desired
from reconciler.model.drift import SeenDrift
from reconciler.model.observed import Gap, RecoveryPoint, VmKey
from reconciler.model.outcome import Outcome, word
from reconciler.model.past import Past
from reconciler.model.plan import Step
from reconciler.model.timeline import Timeline
from reconciler.planning import Brakes
from reconciler.planning.drift import drifts as drifts_of
from reconciler.planning.status import points_wanted, status
from reconciler.planning.timeline import timeline
from reconciler.store.journal import Journal, JournalReader
from reconciler.vaultserver import faults, portal
from reconciler.vaultserver.app import create_app
from reconciler.vaultserver.estate import load
from reconciler.vaultserver.world import World
from reconciler.watch.insight import Planner
from reconciler.web.ports import Daemon
from tests.unit.engine.estate import never, zero
from tests.unit.engine.virtual import names
from tests.unit.web.asking import Boards

FOLDER = Path(__file__).with_name("world")
FLEETS = {
    "shop-web-": ("rsv-shop-weu", "standard-30d", 21),
    "shop-api-": ("rsv-shop-weu", "standard-30d", 11),
    "dr-web-": ("rsv-shop-neu", "standard-30d", 6),
    "erp-app-": ("rsv-corp-weu", "standard-30d", 26),
}
"""Which machines have been protected for long: from which number on, in which vault, by which policy."""

INTERVAL = 300.0
BOUND = 900.0
COMMITS = (
    ("8f3c2a9e5b7d40618c2f9a3e6d1b05c7f4e8a912", "Dana Ruiz", "Protect the shop's databases every four hours"),
    ("c41d07be92aa5f3364d0e7b81529f60a3cd8e4b5", "Kim Chen", "Keep the shop's backups for two weeks only"),
)


def manifests(folder: Path = FOLDER) -> dict[str, str]:
    """The texts of a folder's manifests, named as a repository would have them."""
    return {f"backup/{path.name}": path.read_text(encoding="utf-8") for path in sorted(folder.glob("backup/*.yaml"))}


def loaded(texts: Mapping[str, str]) -> Loaded:
    return load_texts({name: text.encode() for name, text in texts.items()})


def _grown(estate: dict[str, Any], desired: Desired) -> dict[str, Any]:
    """The estate as its file has it, where most of what has policies has been backed up by them for a while."""
    for vault in estate["vaults"]:
        own = [policy for policy in desired.policies if vault["name"] in policy.vaults]
        properties = {policy.name: json.loads(policy_body(policy.rules))["properties"] for policy in own}
        vault["policies"] = [{"name": name, **kept} for name, kept in properties.items()]
    for fleet, (vault, policy, first) in FLEETS.items():
        size = next(part["count"] for part in estate["virtualMachines"] if part["name"].startswith(fleet))
        digits = len(str(size))
        estate["protected"] += [
            {
                "vm": f"{fleet}{number:0{digits}}",
                "vault": vault,
                "policy": policy,
                "state": "Protected",
                "recoveryPoints": 5,
            }
            for number in range(first, size + 1)
        ]
    return estate


class Site:
    """One embedded vault and what is declared for it. All times are the vault's."""

    def __init__(self, journal: Path, folder: Path = FOLDER) -> None:
        self.reader = JournalReader(str(journal))
        self.world = World()
        self.texts = manifests(folder)
        load(self.world, _grown(yaml.safe_load((folder / "estate.yaml").read_text(encoding="utf-8")), self.desired))
        self.clock = VirtualClock(self.world)
        self.results: dict[str, StepResult] = {}
        self.ended: dict[str, datetime] = {}
        self.passes: list[PassRecord] = []
        self.journal = Journal(str(journal), self.clock.now, actor="reconcile@backup-1")
        self._app = create_app(self.world)
        self._ids = names()
        self._books: dict[str, DriftBook] = {}

    async def closed(self) -> None:
        """Give back files and memory, in the thread that took them."""
        self.journal.close()
        self.world.close()

    def phase(self, text: str, total: int | None = None) -> None:
        """As the other three, one of `engine.ports.Progress`: a run reports here when a step ends."""

    def advance(self, amount: int = 1) -> None: ...

    def step(self, step: Step, outcome: Outcome) -> None:
        self.ended[step.id] = self.world.now

    def close(self) -> None: ...

    @property
    def desired(self) -> Desired:
        found = loaded(self.texts)
        assert found.desired is not None, [one.message for one in found.diagnostics]
        return replace(found.desired, revision=COMMITS[0][0])

    async def apply(self) -> Result:
        """A whole run, to the end of all that it began; time passes."""
        began = self.world.now
        async with self._connect(writable=True) as azure:
            assert azure.writer is not None
            result = await reconcile_once(
                self.desired,
                azure.reader,
                azure.writer,
                self.journal,
                self.clock,
                self,
                brakes=Brakes(),
                targets=(),
                parallelism=20,
                timeout=3600,
                stop_requested=never,
                new_id=self._ids,
                chance=zero,
            )
        self._remember(result, began)
        return result

    def _remember(self, result: Result, began: datetime) -> None:
        now = self.world.now
        steps = {step.id: step for step in result.plan.steps}
        for name, outcome in result.outcomes.items():
            at = self.ended.get(name, now)
            self.results[name] = StepResult(steps[name], outcome, at)
        for vault in sorted({step.vault for step in steps.values()}):
            counts: dict[str, int] = {}
            for name, outcome in result.outcomes.items():
                if steps[name].vault == vault:
                    counts[word(outcome)] = counts.get(word(outcome), 0) + 1
            held = sum(one.step.vault == vault for one in result.plan.held)
            counts |= {"held": held} if held else {}
            self.passes.insert(0, PassRecord(vault, began, now, COMMITS[0][0], counts))

    async def board(self, *, points: bool = True) -> Board:
        """A look now, as the daemon would tell of it; with `points` how consistent the latest recovery points are."""
        desired = self.desired
        async with self._connect(writable=False) as azure:
            seen = await look(desired, azure.reader, brakes=Brakes(), past=Past(), targets=())
            wanted = points_wanted(desired, seen.observed, everything=True) if points else []
            observed, unread = await azure.reader.points(seen.observed, wanted)
            drifts = await self._drifts(azure, seen, desired)
        now = self.world.now
        due = now + timedelta(seconds=INTERVAL)
        states = {
            name: VaultState(name, last_began=now, last_completed=now, next_due=due, why="the interval")
            for name in observed.vaults
        }
        return Board(
            cloud="embedded",
            version=__version__,
            started_at=now - timedelta(days=2),
            made_at=now,
            interval=INTERVAL,
            bound=BOUND,
            source=SourceState(
                "https://git.contoso.example/it/backup (main)",
                in_force=_revision(0, now - timedelta(hours=30), desired),
                loaded_at=now - timedelta(hours=30),
                checked_at=now - timedelta(seconds=40),
            ),
            lease=LeaseState(Role.LEADER, "backup-1", 3, None),
            vaults=states,
            desired=desired,
            observed=observed,
            plan=seen.plan,
            status=status(desired, observed, tuple(unread)),
            results={name: one for name, one in self.results.items() if word(one.outcome) != "done"},
            passes=tuple(self.passes),
            drifts=drifts,
        )

    async def _drifts(self, azure: Connection, seen: Look, desired: Desired) -> tuple[SeenDrift, ...]:
        """As the loop keeps its books of them."""
        found: list[SeenDrift] = []
        for vault in desired.vaults:
            book = self._books.setdefault(vault.name, DriftBook())
            own = [one for one in drifts_of(seen.plan) if one.vault == vault.name]
            book.look(own, desired.digest, self.world.now)
            wondering = [one.drift for one in book.wondering(self.world.now)]
            changes = await azure.reader.changes(vault, self.world.now - timedelta(hours=24))
            book.tell(matched(wondering, seen.observed, changes))
            found += book.drifts
        return tuple(found)

    def rejected(self) -> Rejected:
        """What is told of a newer commit with two slips of the pen: the loader's own words."""
        now = self.world.now
        wrong = self.texts["backup/policies.yaml"].replace("daily: 30 days", "dayly: 14 days")
        texts = {**self.texts, "backup/policies.yaml": wrong.replace("tier: Enhanced", "tier: Enhancd")}
        told = loaded(texts).diagnostics
        problems = tuple(Problem(one.code, one.message, one.span, one.help or "") for one in told)
        how = "Correct the manifests and push again; the commit in force stays in force."
        return Rejected(_revision(1, now - timedelta(minutes=12)), Rejection.INVALID, now, problems, how)

    async def timeline(self, board: Board, vault: str, key: VmKey) -> Timeline:
        """What the audit log, the vault's jobs and its recovery points tell of one machine."""
        assert board.observed is not None
        item = board.observed.vaults[vault].items.get(key)
        since = self.world.now - timedelta(days=30)
        points: list[RecoveryPoint] = []
        gaps: list[Gap] = []
        if item is not None:
            async with self._connect(writable=False) as azure:
                points, gaps = await azure.reader.history(vault, item, since)
        entries = self.reader.audit(vault=vault, subject=key)
        told = tuple(f"{gap.scope}: {gap.reason}" for gap in gaps)
        return timeline(
            board.observed, vault, key, entries, points, results=self.results.values(), since=since, gaps=told
        )

    def _connect(self, *, writable: bool) -> Connection:
        return connect(self._app, clock=self.clock, random=secrets.SystemRandom(), writable=writable)


def _revision(number: int, at: datetime, desired: Desired | None = None) -> Revision:
    commit, author, subject = COMMITS[number]
    return Revision(commit, desired.digest if desired is not None else "", at, author, subject)


def meddle(site: Site) -> None:
    """What people and machines do within two days, behind the back of whoever declared something else."""
    world = site.world
    portal.change_policy(world, "shop-web-003", "DefaultPolicy")
    portal.change_policy(world, "shop-web-004", "DefaultPolicy")
    portal.change_policy(world, "file-12", "DefaultPolicy")
    portal.stop(world, "shop-sql-02")
    portal.delete_vm(world, "erp-app-100")
    kept = {"retentionTimes": ["2020-01-01T22:00:00Z"], "retentionDuration": {"count": 90, "durationType": "Days"}}
    longer = {"retentionPolicyType": "LongTermRetentionPolicy", "dailySchedule": kept}
    portal.edit_policy(world, _policy_id("rsv-shop-neu", "standard-30d"), retentionPolicy=longer)
    for number in (7, 8, 9):
        world.set_vm(portal.find_vm(world, f"shop-api-00{number}").id, "power", "deallocated")
    for number in (21, 22, 23, 24):
        world.set_vm(portal.find_vm(world, f"erp-app-0{number}").id, "agent.status", "notReady")
    faults.inject(world, operation="Backup", vm="shop-sql-05", code="GuestAgentSnapshotTaskStatusError")


def _policy_id(vault: str, policy: str) -> str:
    group = "/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/rg-backup"
    return f"{group}/providers/Microsoft.RecoveryServices/vaults/{vault}/backupPolicies/{policy}"


async def lived(site: Site) -> Board:
    """Two days of a team's life, up to a moment at which backups run."""
    await site.apply()
    await site.board(points=False)
    site.world.advance(timedelta(hours=30))
    meddle(site)
    site.world.advance(timedelta(minutes=5))
    await site.board(points=False)
    site.world.advance(timedelta(hours=12))
    now = site.world.now
    evening = now.replace(hour=21, minute=0, second=0, microsecond=0)
    site.world.advance((evening if evening > now else evening + timedelta(days=1)) - now + timedelta(minutes=12))
    return await site.board()


def daemon_of(site: Site, boards: Boards, now: Callable[[], datetime] | None = None) -> Daemon:
    """All that the page asks for, of a site. Without `now` the page is made at the moment of the board."""
    return Daemon(
        boards=boards,
        now=now or (lambda: boards.board().made_at),
        insight=Planner(),
        audit=site.reader,
        chain=lambda: site.reader.check(boards.board().made_at),
        timeline=lambda vault, key: site.timeline(boards.board(), vault, key),
        manifest=site.texts.get,
    )
