"""The activity log: who wrote what, when."""

from __future__ import annotations

import msgspec

from reconciler.azure.decode.times import moment
from reconciler.model.drift import Change


class _Value(msgspec.Struct):
    value: str = ""


class WireEvent(msgspec.Struct, rename="camel"):
    id: str
    event_timestamp: str
    caller: str = ""
    resource_id: str = ""
    correlation_id: str = ""
    operation_name: _Value = msgspec.field(default_factory=_Value)
    status: _Value = msgspec.field(default_factory=_Value)


_DONE = {"Succeeded", "Accepted"}
_WRITES = ("/write", "/delete", "/action")


def change(event: WireEvent) -> tuple[str, Change] | None:
    """The ARM id and what was done to it; None for what changed nothing, or says not who or when."""
    at = moment(event.event_timestamp)
    told = event.caller and event.resource_id and at is not None
    if not told or at is None or event.status.value not in _DONE or not event.operation_name.value.endswith(_WRITES):
        return None
    return event.resource_id, Change(event.caller, at, event.operation_name.value, event.correlation_id)
