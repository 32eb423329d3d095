"""Backup jobs: the list of a vault, and the errors of one."""

from __future__ import annotations

import msgspec

from reconciler.azure.decode.errors import UNREADABLE
from reconciler.azure.decode.times import moment
from reconciler.model.ids import fold
from reconciler.model.observed import Job, JobError
from reconciler.model.outcome import AzureError


class _ErrorDetail(msgspec.Struct, rename="camel"):
    error_code: int | None = None
    error_title: str | None = None
    error_string: str | None = None
    recommendations: list[str] | None = None


class _Properties(msgspec.Struct, rename="camel"):
    operation: str
    status: str
    container_name: str | None = None
    entity_friendly_name: str | None = None
    start_time: str | None = None
    end_time: str | None = None
    error_details: list[_ErrorDetail] | None = None
    activity_id: str | None = None


class WireJob(msgspec.Struct, rename="camel"):
    id: str
    name: str
    properties: _Properties


_DECODER = msgspec.json.Decoder(WireJob)


def job(wire: WireJob) -> Job:
    properties = wire.properties
    return Job(
        id=wire.name,
        operation=properties.operation,
        status=properties.status,
        container=fold(properties.container_name or ""),
        vm_name=properties.entity_friendly_name or "",
        start=moment(properties.start_time),
        end=moment(properties.end_time),
        errors=tuple(_error(detail) for detail in properties.error_details or ()),
        activity_id=properties.activity_id or "",
    )


def _error(wire: _ErrorDetail) -> JobError:
    recommendations = tuple(wire.recommendations or ())
    return JobError(wire.error_code or 0, wire.error_title or "", wire.error_string or "", recommendations)


def job_failure(body: bytes) -> AzureError | None:
    """The error of a job that failed or was cancelled, None for any other job and for what is no job."""
    try:
        found = job(_DECODER.decode(body))
    except UNREADABLE:
        return None
    if found.status not in {"Failed", "Cancelled"}:
        return None
    if not found.errors:
        return AzureError(f"Job{found.status}", f"The job {found.operation} ended as {found.status}.")
    first = found.errors[0]
    said = " ".join((first.message, *first.recommendations)).strip()
    return AzureError(first.title or f"Job{found.status}", said, number=first.number)
