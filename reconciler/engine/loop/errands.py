"""What is sent in one vault: each look judges what was sent before, and what it shows to be missing is begun."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import timedelta

from reconciler.engine.apply import carry_out
from reconciler.engine.debts import owed_earlier, settle_earlier
from reconciler.engine.look import Look
from reconciler.engine.lookout import Lookout
from reconciler.engine.loop.choice import belongs, obstacles, of_vault, sendable, vault_of
from reconciler.engine.loop.hub import Hub, Orders, Term
from reconciler.engine.loop.picture import Picture
from reconciler.engine.loop.works import Works, due_in, healed
from reconciler.engine.memory import Memory
from reconciler.engine.narrow import Narrow
from reconciler.engine.ports import Clock, Writer
from reconciler.engine.reconcile import by_its_rule
from reconciler.engine.resume import look_back, resume
from reconciler.engine.run import Run
from reconciler.engine.schedule import subject_key
from reconciler.model.board import StepResult
from reconciler.model.desired import Vault
from reconciler.model.journal import Fence, Mandate
from reconciler.model.limits import LIMITS
from reconciler.model.observed import Observed
from reconciler.model.outcome import Done, OpenOperation, Outcome, Skipped, word
from reconciler.model.plan import Plan, Step

KEPT = timedelta(hours=24)
"""How long the outcome of a step is shown that the plan does not speak of any more."""
SUPERSEDED = "a newer revision is in force"
ENDED = "an operation ended"
LOST = "another process is the one that writes"


class Errands:
    """Of one vault. `results` says what became of each step when it was last tried."""

    def __init__(
        self, vault: Vault, hub: Hub, ring: Callable[[str], None], glance: Callable[[], Awaitable[Look]]
    ) -> None:
        self.vault = vault
        self._hub = hub
        self._ring = ring
        self._glance = glance
        self.works = Works(self._ended)
        self.results: dict[str, StepResult] = {}

    def counts(self, plan: Plan) -> Mapping[str, int]:
        """How many steps of the plan ended how, and how many are held."""
        wanted = (self.results[step.id].outcome for step in plan.steps if step.id in self.results)
        return Counter([word(outcome) for outcome in wanted] + ["held" for _ in plan.held])

    def act(self, picture: Picture, begun: float, earlier: Collection[OpenOperation]) -> float | None:
        """Judge by a look that was begun at `begun`, and begin what is to be done; in how many seconds to look again.

        None where nothing but the interval is waited for. `earlier` is what was open when the look was begun. A look
        from before this term is not acted upon: it cannot have seen what the writer before us did.
        """
        plan, observed, term = of_vault(picture.plan, self.vault.name), picture.observed, self._hub.term
        if term is None:
            self.results.clear()
            return None
        if begun < term.began:
            return 0.0
        orders = self._hub.orders
        run = self._run(orders, term)
        again = [self._judge(run, plan, observed, begun)]
        busy = look_back(run, observed, live=self.works.runs, vault=self.vault.name, earlier=earlier)
        self._take_up(run)
        if orders.desired is picture.desired:
            again.append(self._begin(run, plan, observed, busy))
        self._pay(orders, term, busy, observed)
        return min((seconds for seconds in again if seconds is not None), default=None)

    def _judge(self, run: Run, plan: Plan, observed: Observed, begun: float) -> float | None:
        verdicts = self.works.judge(plan, observed, begun)
        done: set[str] = set()
        for step_id, (owner, step, outcome) in verdicts.ended.items():
            self._note(step, outcome)
            if isinstance(outcome, Done):
                done.add(step_id)
                self._hub.chronicle.mended([step], observed.taken_at)
            else:
                run.journal.record(owner, step_id, by_its_rule(run, outcome))
        self._hub.chronicle.save()
        self._tidy(plan, observed)
        settled = {subject_key(quiet.subject.id) for quiet in plan.quiet}
        known = (one for one in run.journal.failures() if belongs(one.step_id, self.vault.name))
        run.journal.forget(done | {one.step_id for one in known if subject_key(one.subject_id) in settled})
        return verdicts.again

    def _tidy(self, plan: Plan, observed: Observed) -> None:
        """What failed and is now seen done is done; what was done and is wanted no more is shown for a day."""
        wanted = {step.id for step in plan.steps} | {held.step.id for held in plan.held}
        now = observed.taken_at
        for step_id, result in list(self.results.items()):
            if healed(result.step, result.outcome, plan, observed):
                self._note(result.step, Done())
            elif step_id not in wanted and not (isinstance(result.outcome, Done) and now - result.at <= KEPT):
                del self.results[step_id]

    def _take_up(self, run: Run) -> None:
        """Follow what an earlier process, or an earlier term, started and did not see end."""
        writer = Narrow(run.writer, asyncio.Semaphore(max(run.parallelism, 1)))
        for opened in run.journal.open_operations():
            subject = subject_key(opened.subject_id)
            known = opened.operation is None or opened.run in self.works.runs or subject in self.works.taken
            if not known and self._mine(opened.vault):
                self.works.beside([subject], self._resume(run, writer, opened))

    async def _resume(self, run: Run, writer: Writer, opened: OpenOperation) -> None:
        await resume(run, writer, opened)
        self._ring(ENDED)

    def _begin(self, run: Run, plan: Plan, observed: Observed, busy: Mapping[str, str]) -> float | None:
        limits = {self.vault.name: LIMITS[self.vault.generation]}
        taken = self.works.taken
        stuck = dict(obstacles(plan, Memory(run, plan, observed, limits), busy.keys() - taken))
        for step in plan.steps:
            if step.id in stuck and subject_key(step.subject.id) not in taken:
                self._note(step, stuck[step.id], tried=False)
        todo = sendable(plan, stuck, taken)
        if todo.steps and self._hub.permit.forbidden() is None:
            run.journal.begin(run.id, todo, todo.revision)
            self._hub.chronicle.permitted(todo.steps)
            lookout = Lookout(self._glance, run.clock)
            work = carry_out(todo, run, observed=observed, limits=limits, lookout=lookout)
            self.works.begin(run.id, todo, self._carry(run, work))
        return min((due for outcome in stuck.values() if (due := due_in(outcome)) is not None), default=None)

    async def _carry(self, run: Run, work: Awaitable[Mapping[str, Outcome]]) -> Mapping[str, Outcome]:
        with self._hub.tools.tracer.span("run", vault=self.vault.name, run=run.id):
            outcomes = await work
        if run.halted is Fence.SUPERSEDED:
            self._hub.overtake(str(run.halted))
        return outcomes

    def _pay(self, orders: Orders, term: Term, busy: Mapping[str, str], observed: Observed) -> None:
        """Put back what an earlier process changed for a while, or an earlier run could not put back."""
        if self._hub.permit.barred() is not None:
            return
        run = self._run(orders, term, stop=self._hub.permit.barred)
        taken = self.works.taken | busy.keys()
        for debt in owed_earlier(run, self.works.runs):
            subject = subject_key(debt.call.path.rpartition("/")[0])
            if subject not in taken and self._mine(vault_of(debt.step_id)):
                self.works.beside([subject], settle_earlier(run, (), observed, [debt]))

    def _mine(self, vault: str) -> bool:
        """What belongs to a vault that nothing declares any more is the first one's."""
        watches = self._hub.watches
        return vault == self.vault.name or (vault not in watches and self.vault.name == min(watches))

    def _run(self, orders: Orders, term: Term, stop: Callable[[], str | None] | None = None) -> Run:
        tools = self._hub.tools

        def stopped() -> str | None:
            if self._hub.orders.desired is not orders.desired:
                return SUPERSEDED
            return self._hub.permit.forbidden() if self._hub.term is term else LOST

        return Run(
            tools.new_id(),
            tools.writer,
            tools.journal,
            term.clock,
            _Ends(self.works, term.clock),
            tools.catalog,
            stop or stopped,
            tools.new_id,
            tools.parallelism,
            tools.timeout,
            tools.chance,
            mandate=Mandate(orders.desired.revision, term.epoch, self._hub.turn(orders)),
        )

    def _ended(self, step: Step, outcome: Outcome) -> None:
        """A step has ended, as far as Azure says; only a look will show."""
        if not isinstance(outcome, Skipped):
            self._note(step, outcome)
        if not isinstance(outcome, Skipped) and not (step.call.reads_only and isinstance(outcome, Done)):
            self._ring(ENDED)

    def _note(self, step: Step, outcome: Outcome, *, tried: bool = True) -> None:
        before = self.results.get(step.id)
        at = self._hub.tools.clock.now()
        if before is not None and not tried and type(before.outcome) is type(outcome):
            at = before.at
        self.results[step.id] = StepResult(step, outcome, at)


class _Ends:
    """Implements the engine's Progress: all that a watch wants to be told is that a step has ended."""

    def __init__(self, works: Works, clock: Clock) -> None:
        self._works = works
        self._clock = clock

    def phase(self, text: str, total: int | None = None) -> None: ...

    def advance(self, amount: int = 1) -> None: ...

    def step(self, step: Step, outcome: Outcome) -> None:
        self._works.step_ended(step, outcome, self._clock.monotonic())

    def close(self) -> None: ...
