"""Reconcile once: resume, look, carry out, look again, and say what became of each step."""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine, Mapping
from dataclasses import dataclass, replace
from random import SystemRandom
from uuid import uuid4

import structlog

from reconciler.diagnostics.catalog import Catalog, catalog
from reconciler.engine.apply import carry_out
from reconciler.engine.chronicle import Chronicle
from reconciler.engine.close import close
from reconciler.engine.debts import settle_earlier
from reconciler.engine.look import Look, glance, look, scope_key
from reconciler.engine.lookout import Lookout
from reconciler.engine.ports import Clock, Journal, Notebook, Progress, Reader, Writer, sizes
from reconciler.engine.resume import Resumed, look_back
from reconciler.engine.retries import ruling
from reconciler.engine.run import Halt, Run
from reconciler.engine.schedule import subject_key
from reconciler.engine.verdict import NOT_VERIFIED
from reconciler.model.desired import Desired
from reconciler.model.journal import JournalError, Mandate
from reconciler.model.limits import LIMITS
from reconciler.model.observed import Observed, Sizes
from reconciler.model.outcome import Done, Failed, Outcome, Pending, Retry
from reconciler.model.plan import Plan
from reconciler.planning import Brakes

PATIENCE = 600.0
"""Seconds that a step waits for what others do to its subject; a watch, which comes back by itself, needs none."""
LAG = (5.0, 10.0, 20.0, 40.0)
"""Seconds between closing looks while something that Azure called done is not to be seen: its lists lag behind."""

_RANDOM = SystemRandom()

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Result:
    """What a run did. `after` and `observed_after` are the closing look; the opening one where nothing was applied.

    `refused` says why nothing was applied though a plan was given; it is empty otherwise. `halt` is what the run met
    and could not get past: from then on nothing more was sent.
    """

    run: str
    plan: Plan
    outcomes: Mapping[str, Outcome]
    after: Plan
    observed_after: Observed
    refused: str = ""
    halt: Halt | None = None


def new_uuid() -> str:
    """A correlation id as Azure wants it."""
    return str(uuid4())


def reconcile_once(
    desired: Desired,
    reader: Reader,
    writer: Writer,
    journal: Journal,
    clock: Clock,
    progress: Progress,
    *,
    brakes: Brakes,
    targets: Collection[str],
    parallelism: int,
    timeout: float,
    stop_requested: Callable[[], str | None],
    reviewed_digest: str | None = None,
    reviewed_steps: Collection[str] = (),
    table: Catalog | None = None,
    new_id: Callable[[], str] = new_uuid,
    chance: Callable[[], float] = _RANDOM.random,
    patience: float = PATIENCE,
    epoch: int = 0,
    notes: Notebook | None = None,
) -> Coroutine[None, None, Result]:
    """One whole run. `timeout` is in seconds and bounds the following of one operation, which then stays pending.

    With `reviewed_digest` only that very plan is applied, or nothing; `reviewed_steps`, its step ids, then
    serve to say what is different. `stop_requested` is asked before each request that changes something.
    `chance` draws from [0, 1); `patience` is for how many seconds a step waits for what others do to its subject.
    `epoch` is that of the lease under which this runs, 0 without one. `notes` remember what earlier runs saw and did;
    without them nothing is remembered beyond this run.
    Raises JournalError when the journal cannot be used before anything was sent; what it meets later is in the result.
    """
    words = table or catalog()
    run = Run(
        new_id(),
        writer,
        journal,
        clock,
        progress,
        words,
        stop_requested,
        new_id,
        parallelism,
        timeout,
        chance,
        patience,
        Mandate(desired.revision, epoch),
    )
    looker = _Looker(desired, reader, journal, brakes, targets, progress, Chronicle(notes or _Blank()))
    return _reconcile(run, looker, lambda plan: _refusal(plan, reviewed_digest, reviewed_steps))


async def _reconcile(run: Run, looker: _Looker, refusal: Callable[[Plan], str]) -> Result:
    run = run.at_turn(run.journal.enter(looker.desired.digest, looker.vaults))
    resumed = Resumed(run)
    try:
        await resumed.begin()
        return await _apply(run, looker, refusal, resumed.busy)
    finally:
        await resumed.leave()


async def _apply(run: Run, looker: _Looker, refusal: Callable[[Plan], str], following: Mapping[str, str]) -> Result:
    run, earlier = run.looking(), run.journal.open_operations()
    first = await looker.look()
    looker.remember()
    busy = {**look_back(run, first.observed, earlier=earlier), **following}
    _forget_what_is_settled(run, first.plan)
    refused = refusal(first.plan)
    if refused or not first.plan.steps:
        await settle_earlier(run, busy, first.observed)
        return Result(run.id, first.plan, {}, first.plan, first.observed, refused, run.halted)
    run.journal.begin(run.id, first.plan, first.plan.revision)
    looker.chronicle.permitted(first.plan.steps)
    limits = {vault.name: LIMITS[vault.generation] for vault in looker.desired.vaults}
    claimed = await carry_out(
        first.plan,
        run,
        busy=busy,
        following=following,
        observed=first.observed,
        limits=limits,
        lookout=Lookout(looker.glance, run.clock),
        insist=bool(looker.targets),
    )
    last, outcomes = await _verify(run, looker, first.plan, claimed)
    try:
        looker.remember()
        busy = {**look_back(run, last.observed, earlier=earlier), **following}
        await settle_earlier(run, busy, last.observed)
        _remember(run, first.plan, claimed, outcomes)
        done = [step for step in first.plan.steps if isinstance(outcomes.get(step.id), Done)]
        looker.chronicle.mended(done, last.observed.taken_at)
        looker.chronicle.save()
    except JournalError as error:
        run.halt(error)
    log.info("run ended", run=run.id, steps=len(outcomes), still_wanted=len(last.plan.steps))
    return Result(run.id, first.plan, outcomes, last.plan, last.observed, "", run.halted)


async def _verify(
    run: Run, looker: _Looker, plan: Plan, claimed: Mapping[str, Outcome]
) -> tuple[Look, Mapping[str, Outcome]]:
    """The closing look; again after a while where it does not show what Azure called done."""
    last = await looker.look()
    outcomes = close(plan, claimed, last.plan, last.observed)
    for pause in LAG:
        unseen = any(isinstance(outcome, Failed) and outcome.code == NOT_VERIFIED for outcome in outcomes.values())
        if not unseen or run.stop():
            break
        await run.clock.sleep(pause)
        last = await looker.look()
        outcomes = close(plan, claimed, last.plan, last.observed)
    return last, outcomes


def _forget_what_is_settled(run: Run, plan: Plan) -> None:
    """Where nothing is to be done any more, old failures mean nothing to whatever comes next."""
    settled = {subject_key(quiet.subject.id) for quiet in plan.quiet if quiet.because != "not-targeted"}
    run.journal.forget(one.step_id for one in run.journal.failures() if subject_key(one.subject_id) in settled)


@dataclass(slots=True)
class _Looker:
    """The same look, before and after, by the same yardstick: how much was seen last, from the journal at first."""

    desired: Desired
    reader: Reader
    journal: Journal
    brakes: Brakes
    targets: Collection[str]
    progress: Progress
    chronicle: Chronicle
    _last: Sizes | None = None
    _begun: bool = False
    _news: bool = False

    @property
    def vaults(self) -> Collection[str]:
        return [vault.name for vault in self.desired.vaults]

    async def look(self) -> Look:
        self.progress.phase("Looking")
        if not self._begun:
            self._last, self._begun = self.journal.last_sizes(scope_key(self.desired)), True
        past = replace(self.chronicle.past, sizes=self._last)
        seen = await look(self.desired, self.reader, brakes=self.brakes, past=past, targets=self.targets)
        self.chronicle.looked(self.desired, seen.observed)
        now = sizes(seen.observed)
        if seen.observed.complete and not shrank(self._last, now, self.brakes.max_shrink):
            self._last, self._news = now, True
        return seen

    def remember(self) -> None:
        """What was seen, and how much of it, for the next run."""
        if self._news and self._last is not None:
            self.journal.remember_sizes(scope_key(self.desired), self._last)
            self._news = False
        self.chronicle.save()

    async def glance(self) -> Look:
        """In the middle of a run: what is still to be done, for those who wait."""
        past = replace(self.chronicle.past, sizes=None)
        return await glance(self.desired, self.reader, brakes=self.brakes, past=past, targets=self.targets)


def shrank(previous: Sizes | None, now: Sizes, most: float) -> bool:
    """A sudden loss does not become the measure of the next look: it stays suspect until the brake allows it."""
    if previous is None:
        return False
    return now.vms < previous.vms * (1 - most) or now.items < previous.items * (1 - most)


def _remember(run: Run, plan: Plan, claimed: Mapping[str, Outcome], outcomes: Mapping[str, Outcome]) -> None:
    """What the closing look said otherwise than Azure did, and what nobody answered; what is done has not failed."""
    for step_id, outcome in outcomes.items():
        changed = outcome != claimed[step_id] or isinstance(outcome, Retry)
        if changed and not isinstance(outcome, Pending):
            run.journal.record(run.id, step_id, by_its_rule(run, outcome))
    done = [step.id for step in plan.steps if step.put_back is None and isinstance(outcomes.get(step.id), Done)]
    run.journal.forget(done)


class _Blank:
    """A Notebook that keeps nothing."""

    def notes(self, prefix: str) -> Mapping[str, str]:
        del prefix
        return {}

    def note(self, name: str, text: str | None) -> None: ...


def by_its_rule(run: Run, outcome: Outcome) -> Outcome:
    """What is shown as failed because nobody saw it done is tried again when its row says so."""
    if not (isinstance(outcome, Failed) and outcome.code == NOT_VERIFIED):
        return outcome
    return ruling(outcome.code, run.catalog.row(outcome.code).retry, 1, run.chance(), outcome.error)


def _refusal(plan: Plan, reviewed: str | None, reviewed_steps: Collection[str]) -> str:
    if reviewed is None or reviewed == plan.digest:
        return ""
    now = {step.id for step in plan.steps}
    before = set(reviewed_steps)
    parts = [f"what was reviewed ({reviewed}) is not what would be done now ({plan.digest})"]
    if before:
        parts += [f"new: {step_id}" for step_id in sorted(now - before)]
        parts += [f"no longer needed: {step_id}" for step_id in sorted(before - now)]
        if now == before:
            parts.append("the steps are the same, but a fact that they rest on has changed")
    return "\n".join(parts)
