"""Runs of the reconciler on a universe, one after another, each a process of its own with one journal among them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from random import Random
from typing import Any

from reconciler.azure.clouds import EMBEDDED
from reconciler.azure.connect import open_connection
from reconciler.diagnostics.as_json import plan_json
from reconciler.engine.chronicle import recall
from reconciler.engine.look import Look, look, scope_key
from reconciler.engine.reconcile import Result, reconcile_once
from reconciler.model.attempts import Circumstances
from reconciler.model.desired import Desired
from reconciler.model.journal import FREE, Debt, Fence, Mandate
from reconciler.model.outcome import Answer, Outcome, Pending, Retry
from reconciler.model.plan import Plan, Step
from reconciler.store.journal import Journal
from reconciler.store.sqlite import SqliteDatabase
from tests.simulation.content import before, content, held, operations, points, strengths
from tests.simulation.story import Pass, Story
from tests.simulation.universe import Universe
from tests.simulation.wire import Breaker, Straight, Wire

HOUR = 3600.0
_PASSING = {"absence-unconfirmed", "contested"}
"""Guards that time alone lifts."""
TIMEOUT = HOUR
"""Seconds that an operation is followed."""


class Crash(BaseException):
    """The process is dead: no handler of the program may run on it."""


def nowhere(_name: str) -> None:
    """No process dies."""


class Silence:
    """Implements the engine's Progress."""

    def phase(self, text: str, total: int | None = None) -> None: ...

    def advance(self, amount: int = 1) -> None: ...

    def step(self, step: Step, outcome: Outcome) -> None: ...

    def close(self) -> None: ...


class NotedJournal(Journal):
    """The real journal; what became durable is written into the story. The process can die before and after."""

    def __init__(self, story: Story, now: Callable[[], datetime], where: str = ":memory:") -> None:
        super().__init__(where, now)
        self.story = story
        self.process = 0
        self.boundary: Callable[[str], None] = nowhere

    def enter(self, config_digest: str, vaults: Collection[str]) -> int:
        self.boundary("before enter")
        turn = super().enter(config_digest, vaults)
        self.story.note(self.process, "enter", str(turn), "")
        self.boundary("after enter")
        return turn

    def begin(self, run: str, plan: Plan, revision: str | None) -> None:
        self.boundary("before begin")
        super().begin(run, plan, revision)
        self.story.note(self.process, "begin", run, "")
        self.story.passes[self.process].plan = plan
        self.boundary("after begin")

    def intend(
        self,
        run: str,
        step: Step,
        correlation_id: str,
        circumstances: Circumstances | None = None,
        mandate: Mandate = FREE,
    ) -> Fence | None:
        self.boundary("before intend")
        fence = super().intend(run, step, correlation_id, circumstances, mandate)
        if fence is None:
            self.story.note(self.process, "intend", run, step.id, correlation_id, step.call)
        self.boundary("after intend")
        return fence

    def intend_put_back(self, run: str, debt: Debt, correlation_id: str, mandate: Mandate = FREE) -> Fence | None:
        self.boundary("before put-back")
        fence = super().intend_put_back(run, debt, correlation_id, mandate)
        if fence is None:
            self.story.note(self.process, "intend", run, f"put-back {debt.step_id}", correlation_id, debt.call)
        self.boundary("after put-back")
        return fence

    def record_put_back(self, run: str, step_id: str, answer: Answer) -> None:
        self.boundary("before record put-back")
        super().record_put_back(run, step_id, answer)
        self.boundary("after record put-back")

    def record(self, run: str, step_id: str, outcome: Outcome) -> None:
        self.boundary("before record")
        super().record(run, step_id, outcome)
        self.story.note(self.process, type(outcome).__name__.lower(), run, step_id)
        self.boundary("after record")

    def owe(self, run: str, step: Step) -> None:
        self.boundary("before owe")
        super().owe(run, step)
        self.story.note(self.process, "owe", run, step.id, call=step.put_back)
        self.boundary("after owe")

    def paid(self, run: str, step_id: str) -> None:
        self.boundary("before paid")
        super().paid(run, step_id)
        self.story.note(self.process, "paid", run, step_id)
        self.boundary("after paid")

    def cross_out(self, run: str, debt: Debt, mandate: Mandate = FREE) -> Fence | None:
        self.boundary("before paid")
        fence = super().cross_out(run, debt, mandate)
        if fence is None:
            self.story.note(self.process, "paid", debt.run, debt.step_id)
        self.boundary("after paid")
        return fence

    def note(self, name: str, text: str | None) -> None:
        self.boundary("before note")
        super().note(name, text)
        self.boundary("after note")

    def forget(self, step_ids: Iterable[str]) -> None:
        self.boundary("before forget")
        super().forget(step_ids)
        self.boundary("after forget")

    def text(self) -> str:
        """All that it holds."""
        if not isinstance(self._database, SqliteDatabase):
            raise TypeError("a journal in memory is kept by SQLite")
        return "\n".join(self._database._connection.iterdump())


class MortalNow:
    """The journal's clock: it is asked inside of transactions, so a process can die there too."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self.boundary: Callable[[str], None] = nowhere

    def __call__(self) -> datetime:
        self.boundary("inside a transaction")
        return self._now()


@dataclass
class Life:
    """One case's processes. `desired` and `breaker` may be changed between them; `boundary` may kill one."""

    universe: Universe
    story: Story
    desired: Desired
    random: Random
    breaker: Breaker = field(default_factory=Straight)
    pace: Random | None = None
    boundary: Callable[[str], None] = nowhere
    thorough: bool = False
    epoch: int = 0
    stop: Callable[[], str | None] = lambda: None
    reviewed: str | None = None
    """The digest of the plan that is to be applied, or nothing."""
    where: str = ":memory:"
    """The journal's file, where several processes share it."""
    name: str = "0000"
    """Part of the ids of its requests, four digits."""
    closing: ExitStack = field(default_factory=ExitStack)

    def __post_init__(self) -> None:
        self._now = MortalNow(self.universe.clock.now)
        self.journal = self.closing.enter_context(NotedJournal(self.story, self._now, self.where))
        numbers = count(1)
        self._new_id = lambda: f"00000000-{self.name}-4000-8000-{next(numbers):012}"
        self.story.points = points(self.universe.world)
        self.story.strengths.append(strengths(self.universe.world))

    def lose_the_journal(self) -> None:
        """A new one, which knows nothing."""
        self._read_the_log()
        self.story.forgotten.append(self.story.place())
        self.journal.close()
        self.journal = self.closing.enter_context(NotedJournal(self.story, self._now))

    def wait(self, seconds: float) -> None:
        """Let time pass between two processes."""
        self.universe.loop.pass_time(seconds)
        self.universe.world.settle()

    def apply(self, targets: frozenset[str] = frozenset()) -> Pass:
        """One run to its end, or to its death."""
        made = self._begin(dry=False, targets=targets)
        return self._applied(made, self._complete(made, lambda: self._apply(made)))

    async def _apply(self, made: Pass) -> Result:
        clock = self.universe.clock
        wire = self._wire(made)
        async with open_connection(EMBEDDED, wire, clock=clock, random=self.random, writable=True) as azure:
            if azure.writer is None:
                raise RuntimeError("a connection for writing came without a writer")
            return await reconcile_once(
                made.desired,
                azure.reader,
                azure.writer,
                self.journal,
                clock,
                Silence(),
                brakes=self.story.scenario.brakes,
                targets=made.targets,
                parallelism=10,
                timeout=TIMEOUT,
                stop_requested=self.stop,
                reviewed_digest=self.reviewed,
                new_id=self._new_id,
                chance=self.random.random,
                notes=self.journal,
                epoch=self.epoch,
            )

    def _applied(self, made: Pass, result: object) -> Pass:
        if isinstance(result, Result):
            made.result, made.plan = result, result.plan
            made.output = plan_json(result.after, cloud="embedded")
        return self._end(made)

    def dry_run(self) -> Pass:
        """What a pull request would be told; what is remembered counts, as it does there."""
        past = replace(recall(self.journal), sizes=self.journal.last_sizes(scope_key(self.desired)))

        made = self._begin(dry=True, targets=frozenset())
        clock = self.universe.clock

        async def run() -> Look:
            async with open_connection(EMBEDDED, self._wire(made), clock=clock, random=self.random) as azure:
                return await look(self.desired, azure.reader, brakes=self.story.scenario.brakes, past=past, targets=())

        made.journal_before = self.journal.text()
        seen = self._complete(made, run)
        if isinstance(seen, Look):
            made.plan = seen.plan
            made.output = plan_json(seen.plan, cloud="embedded")
        made.journal_after = self.journal.text()
        return self._end(made)

    def busy(self, made: Pass) -> bool:
        """Whether there is something left that a later run is to come back to."""
        if made.result is None:
            return True
        waits = any(isinstance(outcome, Retry | Pending) for outcome in made.result.outcomes.values())
        waits = waits or any(one.guard in _PASSING for one in made.result.after.held)
        wrote = any(exchange.writes for exchange in self.story.of(made.number))
        return waits or wrote or bool(self.journal.debts()) or bool(self.journal.open_operations())

    def _wire(self, made: Pass) -> Wire:
        return Wire(self.universe, self.story, made.number, self.breaker, self.boundary, self.pace)

    def _begin(self, *, dry: bool, targets: frozenset[str]) -> Pass:
        made = Pass(len(self.story.passes), self.universe.loop.time(), self.desired, dry)
        made.targets, made.first, made.clock = targets, self.story.place(), self.universe.clock.now()
        made.before, made.journal = before(self.universe.world), self.where
        last = self.story.passes[-1] if self.story.passes else made
        made.era = last.era + (last.desired.digest != self.desired.digest)
        made.owed = tuple(debt.call for debt in self.journal.debts())
        made.free = getattr(self.breaker, "spent", True)
        self.journal.process = made.number
        self.journal.boundary = self._now.boundary = self.boundary
        self.story.passes.append(made)
        return made

    def _complete(self, made: Pass, run: Callable[[], Any]) -> object:
        try:
            return self.universe.loop.complete(run())
        except BaseException as fault:
            return _died(made, fault)

    def _end(self, made: Pass) -> Pass:
        self.journal.boundary = self._now.boundary = nowhere
        made.ended, made.last = self.universe.loop.time(), self.story.place()
        made.points, made.items = points(self.universe.world), held(self.universe.world)
        self.story.strengths.append(strengths(self.universe.world))
        return made

    def _read_the_log(self) -> None:
        """Which requests the audit log tells of, as (correlation id, method, path)."""
        before: int | None = None
        while page := self.journal.audit(before=before, limit=500):
            self.story.audited |= {(entry.correlation_id, entry.method, entry.path.partition("?")[0]) for entry in page}
            before = page[-1].number

    def finish(self) -> Story:
        """Close what was opened and note how the world ended."""
        self.story.end = content(self.universe.world)
        self.story.operations = operations(self.universe.world, self.universe.time.start)
        self._read_the_log()
        self.closing.close()
        return self.story


def together(lives: Sequence[Life], late: Sequence[float]) -> list[Pass]:
    """Runs of several processes at the same time, on the same world; each begins so many seconds `late`."""
    passes = [life._begin(dry=False, targets=frozenset()) for life in lives]

    async def all_of_them() -> list[object]:
        runs = [_later(life, made, wait) for life, made, wait in zip(lives, passes, late, strict=True)]
        return list(await asyncio.gather(*runs, return_exceptions=True))

    results = lives[0].universe.loop.complete(all_of_them())
    for life, made, result in zip(lives, passes, results, strict=True):
        life._applied(made, _died(made, result) if isinstance(result, BaseException) else result)
    return passes


async def _later(life: Life, made: Pass, seconds: float) -> Result:
    await asyncio.sleep(seconds)
    return await life._apply(made)


def _died(made: Pass, fault: BaseException) -> object:
    """Nothing came of it. Write down what a process died of: of the death that was meant for it, or of an error."""
    deaths, others = _sorted(fault)
    if others:
        made.error = "; ".join(f"{type(one).__name__}: {one}" for one in others)[:500]
    made.crashed = deaths[0] if deaths else ""
    if not deaths and not isinstance(fault, Exception):
        raise fault
    return None


def _sorted(fault: BaseException) -> tuple[list[str], list[BaseException]]:
    """Where the process was killed, and what else went wrong."""
    if isinstance(fault, BaseExceptionGroup):
        found = [_sorted(one) for one in fault.exceptions]
        return [death for deaths, _ in found for death in deaths], [one for _, others in found for one in others]
    return ([str(fault)], []) if isinstance(fault, Crash) else ([], [fault])
