"""What an answer to a call means: done, accepted, refused, or nobody knows."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from reconciler.azure.decode.errors import azure_error, error_in, plain
from reconciler.azure.origin import ForeignOriginError, Origin
from reconciler.azure.pipeline import Broken, Reply
from reconciler.azure.waiting import retry_after
from reconciler.model.call import Call
from reconciler.model.outcome import Answer, AzureError, Done, Operation, Pending, Refused, Unsure

ASYNC_OPERATION = "azure-asyncoperation"
LOCATION = "location"

_NOT_CARRIED_OUT = {429, 503}
"""Server-side statuses by which a gateway says that it did not pass the request on."""


def answer(call: Call, result: Reply | Broken, origin: Origin, now: datetime) -> Answer:
    """The meaning of what came back for a call that was sent once. `now` is aware."""
    if isinstance(result, Broken):
        return Unsure(result.reason)
    return _named(_meaning(call, result, origin, now), result.headers.get("x-ms-request-id", ""))


def _meaning(call: Call, result: Reply, origin: Origin, now: datetime) -> Answer:
    wait = retry_after(result.headers.get("retry-after"), now)
    if result.status in {200, 201, 202, 204}:
        return _accepted(call, result, origin, wait)
    error = azure_error(result.status, result.body, result.correlation_id, wait)
    if result.status == 408 or (result.status >= 500 and result.status not in _NOT_CARRIED_OUT):
        return Unsure(f"{result.status} {error.code}: {error.message}")
    return Refused(error)


def _named(found: Answer, request_id: str) -> Answer:
    """The answer with what Azure calls the request."""
    match found:
        case Done() | Pending():
            return replace(found, request_id=request_id)
        case Refused(error=error):
            return Refused(replace(error, request_id=request_id))
    return found


def _accepted(call: Call, reply: Reply, origin: Origin, wait: float | None) -> Answer:
    links = [name for name in (ASYNC_OPERATION, LOCATION) if reply.headers.get(name)]
    if reply.status == 202 and not links:
        return Unsure("Azure accepted the request and named no operation to follow")
    if reply.status == 202 or ASYNC_OPERATION in links:
        return _pending(call, reply, origin, links[0], wait)
    return _finished(call, reply)


def _pending(call: Call, reply: Reply, origin: Origin, link: str, wait: float | None) -> Answer:
    try:
        url = origin.resolve(reply.headers[link])
    except ForeignOriginError as error:
        return Unsure(f"Azure accepted the request, but its operation cannot be followed: {error}")
    return Pending(Operation(url, link, wait, vanishing=call.method == "DELETE"))


def _finished(call: Call, reply: Reply) -> Answer:
    if not reply.body.strip():
        return Unsure("the pre-validation was answered without a word") if _validates(call) else Done()
    body = plain(reply.body)
    if not isinstance(body, dict):
        return Unsure(f"Azure answered {reply.status} with something that is not a resource")
    found = error_in(body) if "error" in body or "ErrorCode" in body else None
    if found:
        return Unsure(f"Azure answered {reply.status} with an error in it: {found[0]}: {found[1]}")
    if _validates(call):
        return _validated(body.get("status"), body.get("errorCode"), body.get("errorMessage"), reply)
    return Done()


def _validates(call: Call) -> bool:
    return call.path.endswith("/backupPreValidateProtection")


def _validated(status: object, code: object, message: object, reply: Reply) -> Answer:
    """A failed pre-validation comes under 200 (WIRE 7)."""
    if status == "Succeeded":
        return Done()
    if status not in {"Failed", "Invalid"}:
        return Unsure("the pre-validation ended in a state this version does not know")
    named = code if isinstance(code, str) and code else "PreValidationFailed"
    said = message if isinstance(message, str) else ""
    return Refused(AzureError(named, said, reply.status, 0, reply.correlation_id))
