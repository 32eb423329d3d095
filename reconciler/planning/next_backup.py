"""When a policy backs up next, how far apart its backups are, and what kind of recovery point the next one makes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from reconciler.model.backup_rules import Every, Schedule, Weekday
from reconciler.model.desired import Consistency, OsType
from reconciler.model.observed import ObservedPolicy, Power, VirtualMachine
from reconciler.model.status import NextBackup
from reconciler.model.zones import UnknownZoneError, iana_zone

START_LAG = timedelta(hours=2)
"""By how much Azure may start a scheduled backup late (facts E)."""

_WEEK = tuple(Weekday)
_DAYS_AHEAD = 9
_DAY = timedelta(days=1)
_LATEST_START = timedelta(hours=1)
"""Two offsets of one zone lie an hour apart: a start later than that tells nothing."""

OFF = frozenset({Power.STOPPED, Power.DEALLOCATED, Power.STOPPING, Power.DEALLOCATING})
"""A backup of such a VM is crash-consistent."""


class KeptOffset(NamedTuple):
    """`certain` is false where nothing shows which of its zone's offsets the service keeps."""

    offset: timedelta
    certain: bool


def next_backup(schedule: Schedule, after: datetime, last_start: datetime | None = None) -> NextBackup | None:
    """The first run later than `after`; None for a zone that nobody knows.

    The service keeps the distance from UTC that its zone had when the policy was saved, and follows no clock change
    (WIRE 5). Which one that was cannot be read: the start of the latest backup shows it, else today's is taken.
    """
    return next(next_backups(schedule, after, last_start), None)


def next_backups(schedule: Schedule, after: datetime, last_start: datetime | None = None) -> Iterator[NextBackup]:
    """All runs later than `after`, without end; none for a zone that nobody knows."""
    kept = kept_offset(schedule, after, last_start)
    if kept is None:
        return
    zone = _zone(iana_zone(schedule.time_zone))
    at = _first(schedule, after, kept.offset)
    while at is not None:
        yield NextBackup(at, at.astimezone(zone), schedule.time_zone, kept.certain)
        at = _first(schedule, at, kept.offset)


def kept_offset(schedule: Schedule, now: datetime, last_start: datetime | None) -> KeptOffset | None:
    """The distance from UTC by which the service runs a policy; None for a zone that nobody knows."""
    try:
        zone = _zone(iana_zone(schedule.time_zone))
    except UnknownZoneError:
        return None
    offsets = _offsets(zone, now)
    shown = _shown_by(schedule, offsets, last_start) if len(offsets) > 1 else offsets[0]
    return KeptOffset(offsets[0] if shown is None else shown, shown is not None)


def interval(schedule: Schedule) -> timedelta:
    """The longest time from one scheduled backup to the next."""
    starts = [day * _DAY + offset for day in weekdays(schedule) for offset in starts_of_day(schedule)]
    gaps = [later - earlier for earlier, later in zip(starts, [*starts[1:], starts[0] + 7 * _DAY], strict=True)]
    return max(gaps)


def expected_consistency(vm: VirtualMachine, policy: ObservedPolicy | None) -> Consistency | None:
    """Of the next recovery point, from operating system, power and policy (facts A.3); None when nothing tells.

    Linux makes an application-consistent one only with scripts in the guest, which cannot be seen from outside.
    """
    if vm.power in OFF or vm.provisioning_state == "Failed" or asks_for_crash_only(policy):
        return Consistency.CRASH
    if vm.os is OsType.LINUX:
        return Consistency.FILE_SYSTEM
    return Consistency.APPLICATION if vm.os is OsType.WINDOWS and vm.power is Power.RUNNING else None


def asks_for_crash_only(policy: ObservedPolicy | None) -> bool:
    """Whether an Enhanced policy leaves the guest alone on purpose."""
    if policy is None or "OnlyCrashConsistent" not in policy.properties:
        return False
    return bool(json.loads(policy.properties).get("snapshotConsistencyType") == "OnlyCrashConsistent")


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _offsets(zone: ZoneInfo, moment: datetime) -> list[timedelta]:
    """Those of a year around a moment, today's first."""
    found = [(moment + timedelta(days=days)).astimezone(zone).utcoffset() for days in (0, 91, 182, 273)]
    return list(dict.fromkeys(offset for offset in found if offset is not None))


def _shown_by(schedule: Schedule, offsets: list[timedelta], started: datetime | None) -> timedelta | None:
    """The offset by which a run lies closest before the start of a backup."""
    if started is None:
        return None
    late = {}
    for offset in offsets:
        run = _first(schedule, started - _LATEST_START, offset)
        if run is not None and run <= started:
            late[offset] = started - run
    return min(late, key=lambda offset: late[offset]) if late else None


def _first(schedule: Schedule, after: datetime, offset: timedelta) -> datetime | None:
    """The wall clock here is UTC moved by `offset`: one that never changes."""
    wall = after.astimezone(UTC) + offset
    day = wall.replace(hour=0, minute=0, second=0, microsecond=0) - _DAY
    runs = (run for number in range(_DAYS_AHEAD) for run in _runs(schedule, day + number * _DAY))
    return next((run - offset for run in runs if run > wall), None)


def _runs(schedule: Schedule, day: datetime) -> Iterator[datetime]:
    if day.weekday() in weekdays(schedule):
        yield from (day + offset for offset in starts_of_day(schedule))


def weekdays(schedule: Schedule) -> list[int]:
    """The days with backups, 0 for Monday."""
    if schedule.every is Every.WEEK:
        return [number for number, name in enumerate(_WEEK) if name in schedule.days]
    return list(range(len(_WEEK)))


def starts_of_day(schedule: Schedule) -> list[timedelta]:
    """When backups start, counted from midnight; those of a window may lie in the next day."""
    at = time.fromisoformat(schedule.at)
    start = timedelta(hours=at.hour, minutes=at.minute)
    if schedule.every is not Every.HOURS:
        return [start]
    steps = (timedelta(hours=hours) for hours in range(0, min(schedule.window + 1, 24), schedule.interval))
    return [start + step for step in steps]
