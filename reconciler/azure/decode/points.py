"""Recovery points: when each was taken, and how consistent it is."""

from __future__ import annotations

import msgspec

from reconciler.azure.decode.times import moment
from reconciler.model.desired import Consistency
from reconciler.model.observed import RecoveryPoint

_KINDS = {
    "AppConsistent": Consistency.APPLICATION,
    "FileSystemConsistent": Consistency.FILE_SYSTEM,
    "CrashConsistent": Consistency.CRASH,
}


class _PointProperties(msgspec.Struct, rename="camel"):
    recovery_point_time: str | None = None
    recovery_point_type: str | None = None


class WirePoint(msgspec.Struct, rename="camel"):
    id: str
    properties: _PointProperties


def latest(entries: list[WirePoint]) -> RecoveryPoint | None:
    """The youngest of a list; None when it has none."""
    found = [
        (at, entry.id, _KINDS.get(entry.properties.recovery_point_type or ""))
        for entry in entries
        if (at := moment(entry.properties.recovery_point_time))
    ]
    at, _, kind = max(found, key=lambda one: one[:2], default=(None, "", None))
    return RecoveryPoint(at, kind) if at is not None else None
