"""What happened to one VM, from the audit, the jobs of its vault and its recovery points."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from reconciler.model.audit import AuditEntry
from reconciler.model.audit import Event as Told
from reconciler.model.board import StepResult
from reconciler.model.ids import fold
from reconciler.model.observed import Job, Observed, RecoveryPoint, VmKey
from reconciler.model.outcome import Failed, Retry, word
from reconciler.model.plan import Step, SubjectKind
from reconciler.model.timeline import Event, EventKind, Timeline
from reconciler.planning.job_history import container_of, failure, row_of
from reconciler.planning.situation import container_key


def timeline(
    observed: Observed,
    vault: str,
    key: VmKey,
    entries: Iterable[AuditEntry],
    points: Iterable[RecoveryPoint],
    *,
    results: Iterable[StepResult] = (),
    since: datetime | None = None,
    gaps: tuple[str, ...] = (),
) -> Timeline:
    """`entries` and `results` may be of any VM and in any order; `points` are those of this one, read from `since` on.

    Of `results` those count that the audit log does not tell: checks, which write nothing, and a vault's discovery.
    """
    events = [
        *_requests(one for one in entries if one.vault == vault and fold(one.subject_id) == key),
        *(_of_job(vault, job, job.start) for job in jobs_of(observed, vault, key) if job.start is not None),
        *(Event(point.time, EventKind.POINT, vault=vault, consistency=point.consistency) for point in points),
        *(_of_result(one) for one in results if one.step.vault == vault and _concerns(one.step, key)),
    ]
    events.sort(key=lambda event: (event.at, event.kind, event.number), reverse=True)
    return Timeline(tuple(events), gaps, since)


def jobs_of(observed: Observed, vault: str, key: VmKey) -> Iterator[Job]:
    """The jobs that run, or ran lately, for one VM."""
    seen, vm = observed.vaults.get(vault), observed.vms.get(key)
    if seen is None:
        return
    item = seen.items.get(key)
    own = {container_key(vm)} if vm is not None else set()
    own |= {container_of(item)} if item is not None else set()
    yield from (job for job in seen.jobs if fold(job.container) in own)


def _requests(entries: Iterable[AuditEntry]) -> Iterator[Event]:
    """One event a request: when it was intended, and how it ended."""
    sent: dict[tuple[str, str, str], dict[Told, AuditEntry]] = {}
    for entry in sorted(entries, key=lambda one: one.number):
        sent.setdefault((entry.run, entry.step_id, entry.correlation_id), {})[entry.event] = entry
    yield from map(_of_request, sent.values())


def _of_request(told: Mapping[Told, AuditEntry]) -> Event:
    first, last = next(iter(told.values())), tuple(told.values())[-1]
    ended = told.get(Told.ENDED)
    return Event(
        at=first.at,
        kind=EventKind.REQUEST,
        what=first.action,
        vault=first.vault,
        until=ended.at if ended is not None else None,
        outcome=last.outcome or str(last.event),
        code=last.code,
        reference=last.request_id or last.correlation_id,
        actor=first.actor,
        revision=first.revision,
        number=first.number,
    )


def _concerns(step: Step, key: VmKey) -> bool:
    if step.subject.kind is SubjectKind.VM:
        return step.call.reads_only and fold(step.subject.id) == key
    return step.action == "discover"


def _of_result(one: StepResult) -> Event:
    error = one.outcome.error if isinstance(one.outcome, Failed | Retry) else None
    return Event(
        at=one.at,
        kind=EventKind.REQUEST,
        what=one.step.action,
        vault=one.step.vault,
        outcome=word(one.outcome),
        code=one.outcome.code if isinstance(one.outcome, Failed | Retry) else "",
        message=error.message if error is not None else "",
        reference=error.correlation_id if error is not None else "",
    )


def _of_job(vault: str, job: Job, start: datetime) -> Event:
    error, row = failure(job), row_of(job)
    return Event(
        at=start,
        kind=EventKind.JOB,
        what=job.operation,
        vault=vault,
        until=job.end,
        outcome=job.status,
        code=row.id if row is not None else "",
        message=error.message if error is not None else "",
        reference=job.activity_id,
    )
