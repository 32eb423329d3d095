"""The one reader of long-running operations: every family and spelling of them (WIRE 2.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from reconciler.azure.answers import ASYNC_OPERATION
from reconciler.azure.decode.errors import azure_error, error_in, plain
from reconciler.azure.pipeline import Reply
from reconciler.model.ids import fold
from reconciler.model.outcome import Answer, AzureError, Done, Operation, Pending, Refused, Unsure

_RUNNING: Final = frozenset(
    {"inprogress", "running", "accepted", "pending", "started", "creating", "updating", "deleting", "provisioning"}
)
_ENDED_BADLY: Final = frozenset({"failed", "canceled", "cancelled"})
_VAULT = re.compile(
    r"(/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.RecoveryServices/vaults/[^/]+)/", re.I
)
_JOB = re.compile(r"[0-9A-Za-z\-]{1,64}")


def vault_of(operation: Operation) -> str:
    """The path of the vault whose operation it is, empty for one outside of any vault."""
    match = _VAULT.match(unquote(urlsplit(operation.url).path))
    return match[1] if match else ""


def read(operation: Operation, reply: Reply, wait: float | None) -> tuple[Answer, str]:
    """What one look at an operation says, and the id of the job that tells more (or empty). `wait` is in seconds."""
    later = Pending(replace(operation, retry_after=wait))
    if reply.status in {408, 429} or reply.status >= 500:
        return later, ""
    if reply.status == 404:
        return _gone(operation, reply), ""
    if reply.status not in {200, 201, 202, 204}:
        error = azure_error(reply.status, reply.body, reply.correlation_id, wait)
        if operation.kind == ASYNC_OPERATION or reply.status in {401, 403}:
            return Unsure(f"the operation cannot be read: {reply.status} {error.code}: {error.message}"), ""
        return (Refused(error) if reply.status >= 400 else Unsure("the operation was redirected")), ""
    if operation.kind == ASYNC_OPERATION:
        return _status(operation, reply, later)
    return _location(reply, later), ""


def _gone(operation: Operation, reply: Reply) -> Answer:
    """The poll of a resource's own delete ends when the resource takes its operations with it."""
    if operation.vanishing and error_in(plain(reply.body)):
        return Done()
    return Unsure("Azure no longer knows the operation")


def _location(reply: Reply, later: Pending) -> Answer:
    if reply.status == 202:
        return later
    found = error_in(plain(reply.body)) if reply.body.strip() else None
    return Unsure(f"the result is an error under {reply.status}: {found[0]}: {found[1]}") if found else Done()


def _status(operation: Operation, reply: Reply, later: Pending) -> tuple[Answer, str]:
    body = plain(reply.body)
    if reply.status == 202 and not reply.body.strip():
        return later, ""
    if not isinstance(body, dict) or not isinstance(body.get("status"), str):
        return Unsure(f"the operation answered {reply.status} without a status"), ""
    if not _same(operation, body.get("name")):
        return Unsure("the answer is about another operation"), ""
    status, job = fold(body["status"]), _job(body)
    if status in _RUNNING:
        return later, ""
    if status == "succeeded":
        return _succeeded(body, job)
    if status in _ENDED_BADLY:
        return Refused(_failure(body, reply.correlation_id)), job
    return Unsure(f"the operation is in a state this version does not know: {body['status'][:80]!r}"), ""


def _succeeded(body: Mapping[str, Any], job: str) -> tuple[Answer, str]:
    properties = body.get("properties")
    failed = properties.get("failedJobsError") if isinstance(properties, dict) else None
    if isinstance(failed, dict) and failed:
        first = next(iter(failed.values()))
        said = first if isinstance(first, str) else "one of its jobs failed"
        return Refused(AzureError("PartiallyFailed", f"{len(failed)} of the operation's jobs failed: {said}")), job
    return Done(job), job


def _same(operation: Operation, name: object) -> bool:
    """Whether an answer is about the operation that was asked for; many leave the name out."""
    asked = unquote(urlsplit(operation.url).path).rstrip("/").rpartition("/")[2]
    return not isinstance(name, str) or not name or fold(name) == fold(asked)


def _job(body: Mapping[str, Any]) -> str:
    """The first job an operation names; its id is checked, as it becomes a segment of a path."""
    properties = body.get("properties")
    if not isinstance(properties, dict):
        return ""
    several = properties.get("jobIds")
    one = properties.get("jobId") or (several[0] if isinstance(several, list) and len(several) == 1 else "")
    return one if isinstance(one, str) and _JOB.fullmatch(one) else ""


def _failure(body: Mapping[str, Any], correlation_id: str) -> AzureError:
    code, message = error_in(body) or (f"Operation{body['status'].capitalize()}", "Azure gave no reason.")
    return AzureError(code, message, correlation_id=correlation_id)
