"""The jobs of the last day: filtered, and of each that failed what Azure said and which row that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reconciler.diagnostics.status_json import job_document
from reconciler.model.call import Json
from reconciler.model.ids import fold
from reconciler.model.status import JobEnd, JobStatus
from reconciler.web.paging import Part, part
from reconciler.web.query import Query
from reconciler.web.sight import Sight


@dataclass(frozen=True, slots=True)
class Jobs:
    """`ends` counts all jobs of the day, whatever the filter."""

    part: Part[JobStatus]
    ends: Mapping[str, int]
    operations: Sequence[str]
    vaults: Sequence[str]
    sight: Sight

    def document(self) -> dict[str, Json]:
        return {
            "total": self.part.total,
            "page": self.part.number,
            "pages": self.part.pages,
            "jobs": [job_document(job, self.sight.now) for job in self.part.rows],
        }


def jobs(sight: Sight, query: Query) -> Jobs:
    known = sight.board.status.jobs if sight.board.status is not None else ()
    ends = query.choices("end", tuple(JobEnd))
    operation, vault, code, text = (query.text(name) for name in ("operation", "vault", "code", "q"))
    words = fold(text).split()
    found = [
        job
        for job in known
        if (not ends or job.end in ends)
        and (not operation or job.job.operation == operation)
        and (not vault or job.vault == vault)
        and (not code or job.code == code)
        and all(word in fold(job.label) for word in words)
    ]
    counts: dict[str, int] = {}
    for job in known:
        counts[job.end] = counts.get(job.end, 0) + 1
    return Jobs(
        part(found, query.number("page", 1)),
        counts,
        sorted({job.job.operation for job in known}),
        sorted({job.vault for job in known}),
        sight,
    )
