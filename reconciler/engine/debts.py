"""Put back what a run changed only for a while, such as a VM started so that it can be registered."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AbstractAsyncContextManager, nullcontext

import structlog

from reconciler.engine.follow import follow
from reconciler.engine.narrow import Narrow
from reconciler.engine.run import Run
from reconciler.engine.schedule import subject_key
from reconciler.model.call import Call
from reconciler.model.journal import Debt, JournalError
from reconciler.model.observed import Observed, Power, VmKey
from reconciler.model.outcome import Done, Pending, Refused

_OFF = frozenset({Power.STOPPED, Power.STOPPING, Power.DEALLOCATED, Power.DEALLOCATING})

log = structlog.get_logger(__name__)


async def settle(
    run: Run, debt: Debt, slots: AbstractAsyncContextManager[object] | None = None, *, seen: bool = True
) -> str:
    """Send one put-back; why it is still owed, or an empty text. Safe to repeat.

    `slots` is held for each request; the journal is asked once it is had, immediately before the request. Of a VM that
    was `seen`, a 404 proves nothing: it may run on, and cost.
    """
    slot = slots or nullcontext()
    told = log.bind(run=run.id, step=debt.step_id)
    correlation_id = run.new_id()
    async with slot:
        reason = _barred(run, debt, correlation_id)
        if reason:
            told.warning("put-back waits", reason=reason)
            return reason
        answer = await run.writer.submit(debt.call, correlation_id)
    if isinstance(answer, Pending):
        run.journal.record_put_back(run.id, debt.step_id, answer)
        answer = await follow(answer.operation, Narrow(run.writer, slot), run.clock, seconds=run.timeout)
    run.journal.record_put_back(run.id, debt.step_id, answer)
    gone = isinstance(answer, Refused) and answer.error.status == 404 and not seen
    if not (isinstance(answer, Done) or gone):
        told.warning("put-back still owed", answer=type(answer).__name__)
        return f"{answer.error.code}: {answer.error.message}" if isinstance(answer, Refused) else "it has not ended"
    _pay(run, debt.call)
    told.info("put back")
    return ""


def _barred(run: Run, debt: Debt, correlation_id: str) -> str:
    """Store the intent; why the request may not be sent, or an empty text."""
    because = run.stop()
    if because is not None:
        return because
    try:
        fence = run.journal.intend_put_back(run.id, debt, correlation_id, run.mandate)
    except JournalError as error:
        run.halt(error)
        return str(error)
    if fence is not None and fence.ends_the_run:
        run.halt(fence)
    return fence or ""


def owed_earlier(run: Run, live: Collection[str] = ()) -> Collection[Debt]:
    """What runs that are neither this one nor `live` still owe; each request once, and none that this run owes too."""
    debts = run.journal.debts()
    own = {debt.call for debt in debts if debt.run == run.id}
    earlier = (debt for debt in debts if debt.run not in live and debt.call not in own)
    return {debt.call: debt for debt in earlier}.values()


async def settle_earlier(
    run: Run, busy: Collection[str], observed: Observed, owed: Collection[Debt] | None = None
) -> None:
    """Settle what runs that died still owe, or `owed` of it, except on subjects where something still runs.

    Comes after the steps: what such a run started is used before it is put back. A VM seen off owes nothing.
    """
    for debt in owed_earlier(run) if owed is None else owed:
        subject = subject_key(debt.call.path.rpartition("/")[0])
        if subject in busy:
            continue
        try:
            if is_off(subject, observed):
                _cross_out(run, debt.call)
            else:
                await settle(run, debt, seen=_may_be_there(subject, observed))
        except JournalError:
            raise
        except Exception:
            log.exception("put-back broke", run=run.id, step=debt.step_id)


def is_off(key: VmKey, observed: Observed) -> bool:
    """Whether the VM was seen off, or on its way there."""
    vm = observed.vms.get(key)
    return vm is not None and vm.power in _OFF


def _may_be_there(key: VmKey, observed: Observed) -> bool:
    """Whether the VM was seen, or not all VMs were."""
    return key in observed.vms or any(gap.vault is None for gap in observed.gaps)


def _cross_out(run: Run, call: Call) -> None:
    """Whoever owes this, owes it no more; but where another run may have started the VM since, it is still owed."""
    for debt in run.journal.debts():
        if debt.call == call and (fence := run.journal.cross_out(run.id, debt, run.mandate)):
            log.info("debt stays", run=run.id, owner=debt.run, step=debt.step_id, reason=fence)


def _pay(run: Run, call: Call) -> None:
    """Whoever owes this, owes it no more."""
    for debt in run.journal.debts():
        if debt.call == call:
            run.journal.paid(debt.run, debt.step_id)
