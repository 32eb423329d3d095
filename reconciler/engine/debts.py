"""Put back what a run changed only for a while, such as a VM started so that it can be registered."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import structlog

from reconciler.engine.follow import follow
from reconciler.engine.ports import Writer
from reconciler.engine.run import Run
from reconciler.engine.schedule import subject_key
from reconciler.model.call import Call
from reconciler.model.observed import Observed, Power, VmKey
from reconciler.model.outcome import Done, Pending, Refused

_OFF = frozenset({Power.STOPPED, Power.STOPPING, Power.DEALLOCATED, Power.DEALLOCATING})

log = structlog.get_logger(__name__)


async def settle(run: Run, step_id: str, call: Call, writer: Writer) -> str:
    """Send one put-back; why it is still owed, or an empty text. Safe to repeat."""
    told = log.bind(run=run.id, step=step_id)
    reason = run.stop_requested()
    if reason:
        told.warning("put-back waits", reason=reason)
        return reason
    answer = await writer.submit(call, run.new_id())
    if isinstance(answer, Pending):
        answer = await follow(answer.operation, writer, run.clock, seconds=run.timeout)
    gone = isinstance(answer, Refused) and answer.error.status == 404
    if not (isinstance(answer, Done) or gone):
        told.warning("put-back still owed", answer=type(answer).__name__)
        return f"{answer.error.code}: {answer.error.message}" if isinstance(answer, Refused) else "it has not ended"
    _pay(run, call)
    told.info("put back")
    return ""


def owed_earlier(run: Run, live: Collection[str] = ()) -> Mapping[Call, str]:
    """What runs that are neither this one nor `live` still owe, and the step that owes it."""
    return {call: step_id for owner, step_id, call in run.journal.debts() if owner != run.id and owner not in live}


async def settle_earlier(
    run: Run, busy: Collection[str], observed: Observed, owed: Mapping[Call, str] | None = None
) -> None:
    """Settle what runs that died still owe, or `owed` of it, except on subjects where something still runs.

    Comes after the steps: what such a run started is used before it is put back. A VM seen off owes nothing.
    """
    owed = owed_earlier(run) if owed is None else owed
    for call, step_id in owed.items():
        subject = subject_key(call.path.rpartition("/")[0])
        if subject in busy:
            continue
        try:
            if is_off(subject, observed):
                _pay(run, call)
            else:
                await settle(run, step_id, call, run.writer)
        except Exception:
            log.exception("put-back broke", run=run.id, step=step_id)


def is_off(key: VmKey, observed: Observed) -> bool:
    """Whether the VM was seen off, or on its way there."""
    vm = observed.vms.get(key)
    return vm is not None and vm.power in _OFF


def _pay(run: Run, call: Call) -> None:
    """Whoever owes this, owes it no more."""
    for owner, owing, owed in run.journal.debts():
        if owed == call:
            run.journal.paid(owner, owing)
