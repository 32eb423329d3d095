"""What the jobs of the last day tell about a VM: which failed, with what, and which row that is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import timedelta

from reconciler.diagnostics.catalog import Judged, Row, catalog
from reconciler.model.ids import fold
from reconciler.model.observed import Job, Observed, ProtectedItem
from reconciler.model.outcome import AzureError

WINDOW = timedelta(hours=24)
"""How far back the jobs of a vault are read."""

BACKUP = "Backup"
CONFIGURE = "ConfigureBackup"
OPERATIONS = {BACKUP: "backup", CONFIGURE: "protect", "Register": "register"}
"""What the table calls the operations of jobs."""

History = Mapping[tuple[str, str], list[Job]]
"""By vault and folded container, newest first."""


def history(observed: Observed) -> History:
    found: dict[tuple[str, str], list[Job]] = defaultdict(list)
    for name, vault in observed.vaults.items():
        for job in vault.jobs:
            found[name, fold(job.container)].append(job)
    for jobs in found.values():
        jobs.sort(key=lambda job: (job.start is not None, job.start, job.id), reverse=True)
    return found


def container_of(item: ProtectedItem) -> str:
    """How jobs name the VM of an item: its own name, without the type in front."""
    return fold(item.id.rpartition("/")[2].partition(";")[2])


def latest(jobs: list[Job], operation: str) -> Job | None:
    return next((job for job in jobs if job.operation == operation), None)


def failure(job: Job) -> AzureError | None:
    """What a failed or cancelled job says; None for any other."""
    if job.status not in {"Failed", "Cancelled"}:
        return None
    if not job.errors:
        text = f"The job {job.operation} ended as {job.status}."
        return AzureError(f"Job{job.status}", text, correlation_id=job.activity_id)
    first = job.errors[0]
    said = " ".join((first.message, *first.recommendations)).strip()
    return AzureError(first.title or f"Job{job.status}", said, number=first.number, correlation_id=job.activity_id)


def judged(job: Job, facts: Collection[str] = (), fine: Collection[str] = ()) -> Judged | None:
    """The row of the table that a failed job met, and those that it may be instead; facts as `Catalog.judged` knows."""
    error = failure(job)
    return None if error is None else catalog().judged(OPERATIONS.get(job.operation, "any"), error, facts, fine)


def row_of(job: Job) -> Row | None:
    """The row of the table that a failed job met."""
    found = judged(job)
    return None if found is None else found.row
