"""One vault, pass after pass: look, plan, start what is to be done, and say when the next pass is due."""

from __future__ import annotations

from collections.abc import Collection, Coroutine, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

import structlog

from reconciler.engine.look import Look
from reconciler.engine.loop.bell import Bell
from reconciler.engine.loop.bounded import bounded
from reconciler.engine.loop.choice import of_vault
from reconciler.engine.loop.drift_watch import DriftWatch
from reconciler.engine.loop.errands import ENDED, Errands
from reconciler.engine.loop.hub import Hub
from reconciler.engine.loop.picture import Picture
from reconciler.engine.ports import Scope
from reconciler.model.board import PassRecord, StepResult
from reconciler.model.desired import Desired, Vault
from reconciler.model.drift import SeenDrift
from reconciler.model.ids import fold, subscription_path
from reconciler.model.observed import Observed, VmKey
from reconciler.model.outcome import Failed, Retry
from reconciler.planning import needs

LOOK_SECONDS = 240.0
"""After which a look that has not ended is given up: its vault hangs, and no other vault waits for it."""
SHARED = 20.0
"""Seconds for which the list of VMs that was read for one vault serves others of its subscription."""
JITTER = 0.1
"""How far an interval may be from what was asked for, as a share: many vaults come round apart."""
FIRST_RETRY = 15.0
"""Seconds after a pass that broke; doubled with each one, up to the interval."""
SHORTEST = 2.0

T = TypeVar("T")

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Pass:
    """One pass: `began` is on the clock's count of seconds, `again` in how many a step wants another."""

    id: str
    why: str
    began: float
    began_at: datetime
    revision: str | None
    again: float | None = None
    trouble: str = ""
    counts: Mapping[str, int] | None = None


class VaultWatch:
    """Implements the hub's Watch."""

    def __init__(self, vault: Vault, hub: Hub) -> None:
        self.vault = vault
        self._hub = hub
        self._clock = hub.tools.clock
        self.bell = Bell(self._clock)
        self._errands = Errands(vault, hub, self.bell.ring, self._glance)
        self.works = self._errands.works
        self._drift = DriftWatch(vault.name, hub)
        self._failures = 0
        self.useful_at = self._clock.monotonic()
        """When the last pass was completed, on the clock's count of seconds."""

    @property
    def drifts(self) -> tuple[SeenDrift, ...]:
        return self._drift.drifts

    @property
    def results(self) -> Mapping[str, StepResult]:
        return self._errands.results

    def redeclare(self, vault: Vault) -> None:
        """The same vault, as a newer revision declares it."""
        self.vault = vault
        self._errands.vault = vault

    async def run(self) -> None:
        """Until it is cancelled."""
        due, why = self._clock.monotonic(), "never looked at"
        while True:
            due, why = await self._pass(await self.bell.heard(due, why))

    def facts_changed(self, keys: Collection[VmKey]) -> None:
        """Another vault's look saw these VMs change: what waits for one of them need not wait any longer."""
        waiting = {fold(r.step.subject.id) for r in self.results.values() if isinstance(r.outcome, Retry | Failed)}
        if not waiting.isdisjoint(keys):
            self.bell.ring("a fact changed")

    async def _pass(self, why: str) -> tuple[float, str]:
        """When the next one is due, and why then."""
        orders, now = self._hub.orders, self._clock.now()
        this = _Pass(self._hub.tools.new_id(), why, self._clock.monotonic(), now, orders.desired.revision)
        with structlog.contextvars.bound_contextvars(pass_id=this.id, vault=self.vault.name, revision=this.revision):
            self._hub.bulletin.vault(self.vault.name, running=True, last_began=now, next_due=None, why=why)
            try:
                with self._hub.tools.tracer.span("pass", vault=self.vault.name, revision=this.revision or "", why=why):
                    await self._look_and_act(this)
            except TimeoutError as error:
                this.trouble = f"Azure did not answer: {error}"
            except Exception as fault:
                log.exception("pass broke")
                this.trouble = f"{type(fault).__name__}: {fault}"
            return self._ended(this)

    async def _look_and_act(self, this: _Pass) -> None:
        desired = self._hub.orders.desired
        earlier = self._hub.tools.journal.open_operations()
        calm = this.why != ENDED and not self.works.taken
        seen, picture = await self._look(desired, shared=self._within_term(SHARED) if calm else 0.0)
        if await self._ask(picture):
            picture = await self._draw(desired)
        if self.vault.name in seen.vaults:
            this.again = self._errands.act(picture, this.began, earlier)
        this.trouble = self._unseen(picture)
        if not this.trouble:
            await self._drift.look(self.vault, picture)
        this.counts = self._errands.counts(of_vault(picture.plan, self.vault.name))
        self._hub.show(picture)

    def _within_term(self, age: float) -> float:
        """At most that age, in seconds, of what was seen before; of a writer, nothing from before its term."""
        term = self._hub.term
        return age if term is None else min(age, self._clock.monotonic() - term.began)

    async def _look(self, desired: Desired, *, shared: float) -> tuple[Observed, Picture]:
        classic, network = needs(desired)
        begun = self._clock.monotonic()
        scope = Scope((self.vault,), classic, network, shared)
        seen = await self._bounded(self._hub.tools.reader.observe(scope))
        self._hub.facts_changed(self._hub.sight.put(self.vault, seen, begun), self)
        if self._hub.term is not None:
            self._hub.chronicle.looked(replace(desired, vaults=(self.vault,)), seen)
            self._hub.chronicle.save()
        return seen, await self._draw(desired)

    async def _draw(self, desired: Desired) -> Picture:
        return await self._hub.pictures.draw(desired, self._hub.orders.brakes)

    async def _glance(self) -> Look:
        """In the middle of what is under way: what is still to be done, for those who wait."""
        _, picture = await self._look(self._hub.orders.desired, shared=0.0)
        return Look(of_vault(picture.plan, self.vault.name), picture.observed)

    async def _ask(self, picture: Picture) -> bool:
        """Ask Azure about the VMs that may be protected, and for recovery points that are new; whether it was asked."""
        reader, name = self._hub.tools.reader, self.vault.name
        checks, points = picture.checks.get(name, ()), _new_points(picture, name)
        told_before = self._hub.sight.checked(self.vault)
        if checks or told_before:
            answers = await self._bounded(reader.check(self.vault, checks)) if checks else {}
            self._hub.sight.asked(self.vault, answers)
        if points:
            read, unread = await self._bounded(reader.points(picture.observed, points))
            found = {key: read.points[place, key] for place, key in points if (place, key) in read.points}
            self._hub.sight.points_read(self.vault, found, unread)
        return bool(checks or told_before or points)

    async def _bounded(self, work: Coroutine[Any, Any, T]) -> T:
        return await bounded(work, LOOK_SECONDS, self._clock)

    def _unseen(self, picture: Picture) -> str:
        """What of this vault or of its subscription could not be read; empty when all could."""
        prefix = fold(f"{subscription_path(self.vault.subscription_id)}/")
        own = [
            gap
            for gap in picture.observed.gaps
            if gap.vault == self.vault.name or (gap.vault is None and fold(f"{gap.scope}/").startswith(prefix))
        ]
        return f"Reading {own[0].scope} failed: {own[0].reason}" if own else ""

    def _ended(self, this: _Pass) -> tuple[float, str]:
        name, ended_at = self.vault.name, self._clock.now()
        self._failures = self._failures + 1 if this.trouble else 0
        self.useful_at = self.useful_at if this.trouble else self._clock.monotonic()
        pause, why = self._pause(this.again)
        done: dict[str, Any] = {} if this.trouble else {"last_completed": ended_at, "seen_at": this.began_at}
        due = ended_at + timedelta(seconds=pause)
        self._hub.bulletin.vault(
            name, running=False, failures=self._failures, trouble=this.trouble, why=why, next_due=due, **done
        )
        counts = this.counts or {}
        self._hub.bulletin.passed(PassRecord(name, this.began_at, ended_at, this.revision, counts, this.trouble))
        seconds = self._clock.monotonic() - this.began
        log.info(
            "pass ended",
            outcome="failed" if this.trouble else "completed",
            trouble=this.trouble,
            why=this.why,
            **counts,
            duration_ms=round(1000 * seconds),
            next_run=due.isoformat(timespec="seconds"),
        )
        return self._clock.monotonic() + pause, why

    def _pause(self, again: float | None) -> tuple[float, str]:
        interval = self._hub.orders.interval
        pause, why = interval * (1 + JITTER * (2 * self._hub.tools.chance() - 1)), "the interval"
        if self._failures:
            soon = FIRST_RETRY * 2.0 ** min(self._failures - 1, 10)
            pause, why = min((pause, why), (soon, "the last pass failed"))
        if again is not None:
            pause, why = min((pause, why), (max(again, SHORTEST), "a step is due again"))
        return pause, why


def _new_points(picture: Picture, vault: str) -> list[tuple[str, VmKey]]:
    """The items of which a recovery point is worth a request and newer than the one that is known."""
    observed = picture.observed
    found = []
    for name, key in picture.points:
        known = observed.points.get((name, key))
        told = observed.vaults[name].items[key].last_recovery_point if name == vault else None
        if told is not None and (known is None or known.time < told):
            found.append((name, key))
    return found
