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


def points(entries: list[WirePoint]) -> list[RecoveryPoint]:
    """All of a list that say when they were taken, the oldest first."""
    found = [
        (at, entry.id, _KINDS.get(entry.properties.recovery_point_type or ""))
        for entry in entries
        if (at := moment(entry.properties.recovery_point_time))
    ]
    return [RecoveryPoint(at, kind) for at, _, kind in sorted(found, key=lambda one: one[:2])]


def latest(entries: list[WirePoint]) -> RecoveryPoint | None:
    """The youngest of a list; None when it has none."""
    return next(reversed(points(entries)), None)
