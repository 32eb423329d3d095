"""Do one step: intent into the journal, request, answer into the journal, follow."""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from reconciler.engine.debts import settle
from reconciler.engine.follow import follow, wait
from reconciler.engine.run import Run
from reconciler.engine.schedule import subject_key
from reconciler.engine.verdict import INTERNAL_ERROR, UNCLASSIFIED, UNKNOWN_OUTCOME, verdict
from reconciler.model.outcome import Answer, AzureError, Done, Failed, Outcome, Pending, Refused, Retry, Skipped, Unsure
from reconciler.model.plan import Step

UNKNOWN_SECONDS = 60.0
"""Until something whose outcome is unknown is looked at again."""
_THROTTLED_SENDS = 5
"""How often one call is sent in a run when Azure turns it away unread, with 429."""

log = structlog.get_logger(__name__)


class Sender:
    """Does steps for one run. A subject on which something of ours may still run gets no further step."""

    def __init__(self, run: Run, busy: Mapping[str, str]) -> None:
        """`busy` maps a subject's key to why it is taken."""
        self._run = run
        self._taken = dict(busy)
        self._owing: set[str] = set()

    async def do(self, step: Step) -> Outcome:
        """What became of the step; a fault of ours is its failure and nobody else's."""
        told = log.bind(run=self._run.id, step=step.id, action=step.action, subject=step.subject.name)
        try:
            outcome = await self._do(step)
        except Exception as fault:
            told.exception("step broke")
            outcome = Failed(INTERNAL_ERROR, None, f"{type(fault).__name__}: {fault}")
        told.info("step ended", outcome=type(outcome).__name__, code=getattr(outcome, "code", None))
        return outcome

    async def put_back(self, step: Step, outcome: Outcome) -> None:
        """Pay what `step` owes, unless something may still run on its subject: then a later run does."""
        taken = self._taken.get(subject_key(step.subject.id), step.id)
        if step.id not in self._owing or taken != step.id or isinstance(outcome, Pending) or step.put_back is None:
            return
        try:
            await settle(self._run, step.id, step.put_back)
        except Exception:
            log.exception("put-back broke", run=self._run.id, step=step.id)

    async def _do(self, step: Step) -> Outcome:
        because = self._taken.get(subject_key(step.subject.id)) or self._run.stop_requested()
        if because:
            return Skipped(because)
        if step.call.reads_only:
            return _checked(step, self._judge(step, await self._run.writer.submit(step.call, self._run.new_id())))
        return await self._change(step)

    async def _change(self, step: Step) -> Outcome:
        if step.put_back is not None:
            self._run.journal.owe(self._run.id, step)
            self._owing.add(step.id)
        subject = subject_key(step.subject.id)
        self._taken[subject] = step.id
        answer = await self._submit(step)
        if isinstance(answer, Pending):
            answer = await follow(answer.operation, self._run.writer, self._run.clock, seconds=self._run.timeout)
        outcome = self._judge(step, answer)
        if isinstance(answer, Done | Refused):
            self._run.journal.record(self._run.id, step.id, outcome)
            del self._taken[subject]
        if isinstance(answer, Refused) and step.id in self._owing:
            self._run.journal.paid(self._run.id, step.id)
            self._owing.discard(step.id)
        return outcome

    async def _submit(self, step: Step) -> Answer:
        """Send; again only where Azure turned the call away unread (429), for then nothing can have happened."""
        for sends in range(1, _THROTTLED_SENDS + 1):
            correlation_id = self._run.new_id()
            self._run.journal.intend(self._run.id, step, correlation_id)
            answer = await self._run.writer.submit(step.call, correlation_id)
            throttled = isinstance(answer, Refused) and answer.error.status == 429
            if throttled or isinstance(answer, Pending):
                self._run.journal.record(self._run.id, step.id, self._judge(step, answer))
            if not (isinstance(answer, Refused) and throttled):
                return answer
            if sends == _THROTTLED_SENDS or self._run.stop_requested():
                break
            await self._run.clock.sleep(wait(answer.error.retry_after, sends))
            if self._run.stop_requested():
                break
        return answer

    def _judge(self, step: Step, answer: Answer) -> Outcome:
        match answer:
            case Done() | Pending():
                return answer
            case Refused(error=error):
                return verdict(step.action, error, self._run.catalog)
            case Unsure(reason=reason):
                return Retry(UNKNOWN_OUTCOME, UNKNOWN_SECONDS, AzureError("", reason))


def _checked(step: Step, outcome: Outcome) -> Outcome:
    """A check that passed does not outweigh a fact that forbids; a row of the plan is better than no row."""
    vague = isinstance(outcome, Failed) and outcome.code == UNCLASSIFIED
    if step.predicted and (isinstance(outcome, Done) or vague):
        return Failed(step.predicted[0], getattr(outcome, "error", None))
    return outcome
