"""What a policy will do: when it backs up, and which recovery points it keeps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from reconciler.model.status import NextBackup


class Tier(StrEnum):
    """Of retention, shortest first."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    YEARLY = "yearly"


@dataclass(frozen=True, slots=True)
class KeptPoint:
    """A recovery point that is still there. `day` is that of its backup on the policy's clock.

    `tiers` are those that keep it, shortest first; the last of them goes last, on `until`.
    """

    day: date
    tiers: tuple[Tier, ...]
    until: date


@dataclass(frozen=True, slots=True)
class Outlook:
    """Of one policy in force since long before `days` ago.

    `runs` are its next backups, the soonest first; empty for a zone that nobody knows. `kept` are the recovery points
    of the last `days` days that would be there at `at`, oldest first; `older` says how many beyond those.
    """

    at: datetime
    runs: tuple[NextBackup, ...]
    days: int
    kept: tuple[KeptPoint, ...]
    older: int = 0
