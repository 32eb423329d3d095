"""Put back what a run changed only for a while, such as a VM started so that it can be registered."""

from __future__ import annotations

from collections.abc import Collection

import structlog

from reconciler.engine.follow import follow
from reconciler.engine.run import Run
from reconciler.engine.schedule import subject_key
from reconciler.model.call import Call
from reconciler.model.outcome import Done, Pending, Refused

log = structlog.get_logger(__name__)


async def settle(run: Run, step_id: str, call: Call) -> bool:
    """Send one put-back; true when it is owed by nobody any more. Safe to repeat."""
    told = log.bind(run=run.id, step=step_id)
    reason = run.stop_requested()
    if reason:
        told.warning("put-back waits", reason=reason)
        return False
    answer = await run.writer.submit(call, run.new_id())
    if isinstance(answer, Pending):
        answer = await follow(answer.operation, run.writer, run.clock, seconds=run.timeout)
    gone = isinstance(answer, Refused) and answer.error.status == 404
    if not (isinstance(answer, Done) or gone):
        told.warning("put-back still owed", answer=type(answer).__name__)
        return False
    for owner, owing, owed in run.journal.debts():
        if owed == call:
            run.journal.paid(owner, owing)
    told.info("put back")
    return True


async def settle_earlier(run: Run, busy: Collection[str]) -> None:
    """Settle what runs that died still owe, except on subjects where something still runs.

    Comes after the steps: what such a run started is used before it is put back.
    """
    owed = {call: step_id for owner, step_id, call in run.journal.debts() if owner != run.id}
    for call, step_id in owed.items():
        path = subject_key(call.path)
        if any(path.startswith(f"{subject}/") for subject in busy):
            continue
        try:
            await settle(run, step_id, call)
        except Exception:
            log.exception("put-back broke", run=run.id, step=step_id)
