"""Do one step: ask the memory, intent into the journal, request, follow, answer into the journal."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import structlog

from reconciler.engine.debts import settle
from reconciler.engine.follow import follow, wait
from reconciler.engine.lookout import Lookout
from reconciler.engine.memory import Memory
from reconciler.engine.narrow import Narrow
from reconciler.engine.run import Run
from reconciler.engine.schedule import subject_key
from reconciler.engine.turns import Turns
from reconciler.engine.verdict import INTERNAL_ERROR, UNCLASSIFIED, UNKNOWN_OUTCOME
from reconciler.model.journal import Debt, Fence, JournalError
from reconciler.model.outcome import Answer, AzureError, Done, Failed, Outcome, Pending, Refused, Retry, Skipped
from reconciler.model.plan import Step

UNKNOWN_SECONDS = 60.0
"""Until something whose outcome is unknown is looked at again."""
_BUSY = Retry("register-item-busy", UNKNOWN_SECONDS)
_THROTTLED_SENDS = 5
"""How often one call is sent in a run when Azure turns it away unread, with 429."""

log = structlog.get_logger(__name__)


class Sender:
    """Does steps for one run. A subject on which something of ours may still run gets no further step."""

    def __init__(
        self,
        run: Run,
        memory: Memory,
        lookout: Lookout | None,
        busy: Mapping[str, str],
        following: Mapping[str, str],
    ) -> None:
        """`busy` maps a subject's key to why it was taken at the begin; `following` is what is followed there now."""
        self._run = run
        self._busy = busy
        self._memory = memory
        self._turns = Turns(run, following, lookout)
        self._slots = asyncio.Semaphore(max(run.parallelism, 1))
        self._writer = Narrow(run.writer, self._slots)
        self._taken: dict[str, str] = {}
        self._free: set[str] = set()
        self._owing: set[str] = set()
        self._adrift: set[str] = set()
        """Steps that owe something, and whose operation did not end as it should."""
        self._culprits: dict[str, tuple[Step, Retry | Failed]] = {}

    async def do(self, step: Step) -> Outcome:
        """What became of the step; a fault of ours is its failure and nobody else's."""
        told = log.bind(run=self._run.id, step=step.id, action=step.action, subject=step.subject.name)
        try:
            outcome = await self._do(step)
        except JournalError as error:
            told.error("journal broke", error=str(error))
            self._run.halt(error)
            sent = self._taken.get(subject_key(step.subject.id)) == step.id
            outcome = Retry(UNKNOWN_OUTCOME, UNKNOWN_SECONDS, None, str(error)) if sent else Skipped(str(error))
        except Exception as fault:
            told.exception("step broke")
            outcome = Failed(INTERNAL_ERROR, None, f"{type(fault).__name__}: {fault}")
        if isinstance(outcome, Retry | Failed):
            self._culprits[subject_key(step.subject.id)] = step, outcome
        told.info("step ended", outcome=type(outcome).__name__, code=getattr(outcome, "code", None))
        return outcome

    async def put_back(self, step: Step, outcome: Outcome) -> Outcome:
        """Pay what `step` owes, unless something may still run on its subject: then a later run does.

        The outcome is `step`'s own, or that it could not be put back.
        """
        key = subject_key(step.subject.id)
        taken = self._taken.get(key, step.id)
        if step.id not in self._owing or taken != step.id or isinstance(outcome, Pending) or step.put_back is None:
            return outcome
        try:
            if key in self._culprits:
                self._memory.blame(step, *self._culprits[key])
            if step.id in self._adrift:
                await self._turns.at_rest(step)
            owed = await settle(self._run, Debt(self._run.id, step.id, step.put_back, step.vault), self._slots)
        except JournalError as error:
            self._run.halt(error)
            owed = str(error)
        except Exception:
            log.exception("put-back broke", run=self._run.id, step=step.id)
            owed = "the request to put it back broke"
        if owed and isinstance(outcome, Done):
            return Retry(UNKNOWN_OUTCOME, UNKNOWN_SECONDS, None, f"started, and not yet put back: {owed}")
        return outcome

    async def _do(self, step: Step) -> Outcome:
        because = self._taken.get(subject_key(step.subject.id)) or self._run.stop()
        if because:
            return Skipped(because)
        obstacle = None if step.call.reads_only else self._memory.obstacle(step)
        if obstacle is not None:
            return obstacle
        gone = await self._freed(step)
        if gone is not None:
            return gone
        if step.call.reads_only:
            return _checked(step, self._judge(step, await self._writer.submit(step.call, self._run.new_id())))
        return await self._change(step)

    async def _freed(self, step: Step) -> Outcome | None:
        """None once nobody else is at work on the subject and the step is still to be done."""
        key = subject_key(step.subject.id)
        because = self._busy.get(key)
        if because and key not in self._free:
            found = await self._turns.free(step, self._run.clock.monotonic() + self._run.patience)
            if isinstance(found, Retry):
                return Skipped(because)
            self._free.add(key)
            return found
        return Done() if self._turns.settled(step) else None

    async def _change(self, step: Step) -> Outcome:
        """Send; where another operation is in the way, let it end, take its result, and send again only if need be."""
        deadline, pause = self._run.clock.monotonic() + self._run.patience, 0.0
        while True:
            outcome = await self._attempt(step)
            if not (isinstance(outcome, Retry) and self._waits(outcome)):
                return outcome
            pause = max(outcome.after, 2 * pause)
            found = await self._turns.free(step, deadline, pause)
            if isinstance(found, Done):
                return found
            if found is not None or self._run.stop():
                return outcome

    def _waits(self, outcome: Retry) -> bool:
        row = self._run.catalog.rows.get(outcome.code)
        return row is not None and row.retry.rule == "wait"

    async def _attempt(self, step: Step) -> Outcome:
        subject = subject_key(step.subject.id)
        self._taken[subject] = step.id
        answer = await self._submit(step)
        if isinstance(answer, Retry | Skipped):
            del self._taken[subject]
            self._owe_nothing(step)
            return answer
        if isinstance(answer, Refused):
            self._owe_nothing(step)
        if isinstance(answer, Pending):
            # From here on the world may have changed, however the operation ends.
            answer = await follow(answer.operation, self._writer, self._run.clock, seconds=self._run.timeout)
        outcome = self._judge(step, answer)
        if not isinstance(answer, Done):
            self._adrift.add(step.id)
        elif step.put_back is not None:
            outcome = await self._turns.ready(step)
        if isinstance(answer, Done | Refused):
            self._run.journal.record(self._run.id, step.id, outcome)
            del self._taken[subject]
        return outcome

    def _owe_nothing(self, step: Step) -> None:
        if step.id in self._owing:
            self._run.journal.paid(self._run.id, step.id)
            self._owing.discard(step.id)

    async def _submit(self, step: Step) -> Answer | Retry | Skipped:
        """Send; again only where Azure turned the call away unread (429), for then nothing can have happened.

        Retry or Skipped when the call was never sent: the run was asked to stop, or its intent was refused.
        """
        answer: Answer | None = None
        sends = 0
        while True:
            async with self._slots:
                correlation_id = self._run.new_id()
                barred = self._barred(step, correlation_id)
                if barred is not None:
                    return answer or barred
                answer = await self._run.writer.submit(step.call, correlation_id)
            sends += 1
            if isinstance(answer, Pending):
                self._run.journal.record(self._run.id, step.id, answer)
            if not (isinstance(answer, Refused) and answer.error.status == 429):
                return answer
            self._run.journal.record(self._run.id, step.id, Skipped("throttled"))
            if sends == _THROTTLED_SENDS:
                return answer
            if not self._run.stop():
                await self._run.clock.sleep(wait(answer.error.retry_after, sends))

    def _barred(self, step: Step, correlation_id: str) -> Retry | Skipped | None:
        """Store the debt and the intent; why the request may not be sent. What cannot be noted is not sent either.

        No time passes between the two, nor before the request: a debt whose VM is off, another process crosses out.
        """
        run = self._run
        try:
            if step.put_back is not None:
                run.journal.owe(run.id, step)
                self._owing.add(step.id)
            because = run.stop()
            if because is not None:
                return Skipped(because)
            fence = run.journal.intend(run.id, step, correlation_id, self._memory.circumstances(step), run.mandate)
        except JournalError as error:
            run.halt(error)
            return Skipped(str(error))
        if fence is Fence.TAKEN:
            return _BUSY
        if fence is not None:
            run.halt(fence)
            return Skipped(fence)
        return None

    def _judge(self, step: Step, answer: Answer) -> Outcome:
        match answer:
            case Done() | Pending():
                return answer
            case Refused(error=error):
                return self._memory.ruling(step, error)
        return Retry(UNKNOWN_OUTCOME, UNKNOWN_SECONDS, AzureError("", answer.reason))


def _checked(step: Step, outcome: Outcome) -> Outcome:
    """A check that passed does not outweigh a fact that forbids; a row of the plan is better than no row."""
    vague = isinstance(outcome, Failed) and outcome.code == UNCLASSIFIED
    if step.predicted and (isinstance(outcome, Done) or vague):
        return Failed(step.predicted[0], getattr(outcome, "error", None))
    return outcome
