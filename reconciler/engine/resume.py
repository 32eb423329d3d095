"""Take up what an earlier process started and did not see end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping

import structlog

from reconciler.engine.follow import follow
from reconciler.engine.run import Run
from reconciler.engine.schedule import subject_key
from reconciler.engine.send import UNKNOWN_SECONDS
from reconciler.engine.verdict import BUSY, UNKNOWN_OUTCOME, verdict
from reconciler.model.ids import fold
from reconciler.model.observed import Observed, VirtualMachine, VmKey
from reconciler.model.outcome import Answer, AzureError, Done, OpenOperation, Outcome, Pending, Refused, Retry, Unsure

log = structlog.get_logger(__name__)


async def resume(run: Run) -> Mapping[str, str]:
    """Follow every operation the journal knows to its end. The keys of subjects on which one still runs → why."""
    known = [opened for opened in run.journal.open_operations() if opened.operation is not None]
    if known:
        run.progress.phase("Resuming", len(known))
    width = asyncio.Semaphore(max(run.parallelism, 1))
    running = await asyncio.gather(*(_end(opened, run, width) for opened in known))
    return {subject_key(opened.subject_id): BUSY for opened, still in zip(known, running, strict=True) if still}


async def _end(opened: OpenOperation, run: Run, width: asyncio.Semaphore) -> bool:
    """Whether the operation still runs."""
    told = log.bind(run=run.id, owner=opened.run, step=opened.step_id, subject=opened.subject_id)
    if opened.operation is None:
        return False
    try:
        async with width:
            answer = await follow(opened.operation, run.writer, run.clock, seconds=run.timeout)
        outcome = _meaning(opened, answer, run)
        if not isinstance(outcome, Pending):
            run.journal.record(opened.run, opened.step_id, outcome)
    except Exception:
        told.exception("resuming broke")
        return True
    told.info("operation resumed", outcome=type(outcome).__name__)
    run.progress.advance()
    return isinstance(outcome, Pending)


def _meaning(opened: OpenOperation, answer: Answer, run: Run) -> Outcome:
    match answer:
        case Done() | Pending():
            return answer
        case Refused(error=error):
            return verdict(opened.action, error, run.catalog)
        case Unsure(reason=reason):
            return Retry(UNKNOWN_OUTCOME, UNKNOWN_SECONDS, AzureError("", reason))


def look_back(run: Run, observed: Observed) -> Mapping[str, str]:
    """Every VM on which a vault shows a job, whoever started it; requests that got no answer are closed elsewhere.

    Where a job runs, such a request may be its cause and stays open; elsewhere it took effect or was lost, and the
    plan knows which.
    """
    busy = {subject_key(key): BUSY for key in _under_way(observed)}
    for opened in run.journal.open_operations():
        if opened.operation is None and subject_key(opened.subject_id) not in busy:
            run.journal.record(opened.run, opened.step_id, Retry(UNKNOWN_OUTCOME, 0.0))
    return busy


def _under_way(observed: Observed) -> Iterator[VmKey]:
    """The VMs with a running job that changes their protection; a backup alone hinders nobody."""
    jobs = [job for vault in observed.vaults.values() for job in vault.jobs]
    containers = {job.container for job in jobs if job.running and job.operation != "Backup"}
    return (key for key, vm in observed.vms.items() if containers and _container(vm) in containers)


def _container(machine: VirtualMachine) -> str:
    """As `Job.container` spells it."""
    kind, owner = "iaasvmcontainerv2", machine.resource_group
    if machine.classic:
        kind, owner = "iaasvmcontainer", machine.cloud_service or ""
    return fold(f"{kind};{owner};{machine.name}")
