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


async def settle(run: Run, owner: str, step_id: str, call: Call) -> bool:
    """Send one put-back of the run `owner`; true when nothing is owed any more. Safe to repeat."""
    told = log.bind(run=run.id, owner=owner, step=step_id)
    reason = run.stop_requested()
    if reason:
        told.warning("put-back waits", reason=reason)
        return False
    answer = await run.writer.submit(call, run.new_id())
    if isinstance(answer, Pending):
        answer = await follow(answer.operation, run.writer, run.clock, seconds=run.timeout)
    gone = isinstance(answer, Refused) and answer.error.status == 404
    if isinstance(answer, Done) or gone:
        run.journal.paid(owner, step_id)
        told.info("put back")
        return True
    told.warning("put-back still owed", answer=type(answer).__name__)
    return False


async def settle_all(run: Run, busy: Collection[str]) -> None:
    """Settle what a run that died still owes, except on subjects where something still runs."""
    for owner, step_id, call in run.journal.debts():
        path = subject_key(call.path)
        if not any(path.startswith(f"{subject}/") for subject in busy):
            await settle(run, owner, step_id, call)
