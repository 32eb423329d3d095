"""Take up what an earlier process started and did not see end."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping

import structlog

from reconciler.actions import ACTIONS
from reconciler.engine.follow import follow
from reconciler.engine.narrow import Narrow
from reconciler.engine.ports import Writer
from reconciler.engine.retries import CLOCKS, ruling
from reconciler.engine.run import Run
from reconciler.engine.schedule import subject_key
from reconciler.engine.send import UNKNOWN_SECONDS
from reconciler.engine.under_way import job_since, under_way
from reconciler.engine.verdict import BUSY, UNKNOWN_OUTCOME, matched
from reconciler.model.ids import fold
from reconciler.model.journal import JournalError
from reconciler.model.observed import Observed
from reconciler.model.outcome import Answer, AzureError, Done, Failed, OpenOperation, Outcome, Pending, Refused, Retry
from reconciler.planning.job_history import failure

RESUME_SECONDS = 15.0
"""How long a run waits at its begin for operations of earlier processes; those that go on are followed beside it."""

log = structlog.get_logger(__name__)


class Resumed:
    """The operations of earlier processes, followed beside the run; `busy` maps subjects where one runs → why."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._writer = Narrow(run.writer, asyncio.Semaphore(max(run.parallelism, 1)))
        self._open: Counter[str] = Counter()
        self._tasks: list[asyncio.Task[None]] = []
        self.busy: dict[str, str] = {}

    async def begin(self, seconds: float = RESUME_SECONDS) -> None:
        """Follow every operation the journal knows; comes back when all have ended, at the latest after `seconds`."""
        known = [one for one in self._run.journal.open_operations() if one.operation is not None]
        if not known:
            return
        self._run.progress.phase("Resuming", len(known))
        for opened in known:
            key = subject_key(opened.subject_id)
            self._open[key] += 1
            self.busy[key] = BUSY
            self._tasks.append(asyncio.create_task(self._follow(opened, key), name=opened.step_id))
        bound = asyncio.create_task(self._run.clock.sleep(seconds))
        ended = asyncio.create_task(_all(self._tasks))
        await asyncio.wait({bound, ended}, return_when=asyncio.FIRST_COMPLETED)
        for task in (bound, ended):
            task.cancel()
        await asyncio.gather(bound, ended, return_exceptions=True)

    async def leave(self) -> None:
        """Follow no more: what still runs stays open in the journal."""
        for task in self._tasks:
            task.cancel()
        for result in await asyncio.gather(*self._tasks, return_exceptions=True):
            if isinstance(result, BaseException) and not isinstance(result, asyncio.CancelledError):
                raise result

    async def _follow(self, opened: OpenOperation, key: str) -> None:
        if await resume(self._run, self._writer, opened):
            return
        self._open[key] -= 1
        if not self._open[key]:
            self.busy.pop(key, None)


async def resume(run: Run, writer: Writer, opened: OpenOperation) -> bool:
    """Follow one operation of an earlier process and record how it ended; whether it still runs."""
    told = log.bind(run=run.id, owner=opened.run, step=opened.step_id, subject=opened.subject_id)
    if opened.operation is None:
        return False
    try:
        answer = await follow(opened.operation, writer, run.clock, seconds=run.timeout, at_once=True)
        outcome = _meaning(opened, answer, run)
        if not isinstance(outcome, Pending):
            run.journal.record(opened.run, opened.step_id, outcome)
    except JournalError as error:
        run.halt(error)
        return True
    except Exception:
        told.exception("resuming broke")
        return True
    told.info("operation resumed", outcome=type(outcome).__name__)
    run.progress.advance()
    return isinstance(outcome, Pending)


async def _all(tasks: Collection[asyncio.Task[None]]) -> None:
    await asyncio.wait(tasks)


def _meaning(opened: OpenOperation, answer: Answer, run: Run) -> Outcome:
    match answer:
        case Done() | Pending():
            return answer
        case Refused(error=error):
            return _refusal(opened, error, run)
    return Retry(UNKNOWN_OUTCOME, UNKNOWN_SECONDS, AzureError("", answer.reason))


def _refusal(opened: OpenOperation, error: AzureError, run: Run) -> Retry | Failed:
    row = matched(opened.action, error, run.catalog).row
    return ruling(row.id, row.retry, 1, run.chance(), error)


def look_back(
    run: Run,
    observed: Observed,
    *,
    live: Collection[str] = (),
    vault: str | None = None,
    earlier: Collection[OpenOperation] | None = None,
) -> Mapping[str, str]:
    """Every VM on which a vault shows a job, whoever started it; requests that got no answer are closed elsewhere.

    Where a job runs, such a request may be its cause and stays open. Where one failed since, that was its end;
    elsewhere it took effect or was lost, and the plan knows which. Requests of the runs that are `live` may still be
    answered; of `vault` only is anything closed. With `earlier`, which were sent before the look, later ones of other
    runs are left alone: it cannot have seen them.
    """
    busy = {subject_key(key): BUSY for key in under_way(observed)}
    known = None if earlier is None else {(one.run, one.step_id) for one in earlier}
    for opened in run.journal.open_operations():
        answered = opened.operation is not None or opened.run in live
        seen = known is None or opened.run == run.id or (opened.run, opened.step_id) in known
        if seen and not answered and vault in {None, opened.vault} and subject_key(opened.subject_id) not in busy:
            run.journal.record(opened.run, opened.step_id, _as_its_job_ended(opened, observed, run))
    return busy


def _as_its_job_ended(opened: OpenOperation, observed: Observed, run: Run) -> Outcome:
    """How a job that failed since says it ended, else unknown. Azure's clock and ours may differ by some minutes."""
    if opened.at is None:
        return Retry(UNKNOWN_OUTCOME, 0.0)
    failed = [one.failed_at for one in run.journal.failures() if one.step_id == opened.step_id]
    job, since = ACTIONS[opened.action].job, max([opened.at - CLOCKS, *failed])
    found = job_since(observed, opened.vault, fold(opened.subject_id), job, since) if job else None
    error = failure(found) if found is not None else None
    return Retry(UNKNOWN_OUTCOME, 0.0) if error is None else _refusal(opened, error, run)
