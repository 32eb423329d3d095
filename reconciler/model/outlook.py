"""What a policy will do: when it backs up, and which recovery points it keeps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from reconciler.model.backup_rules import BackupRules
from reconciler.model.status import NextBackup


class Keeper(StrEnum):
    """A tier of retention, the shortest first."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    YEARLY = "yearly"


@dataclass(frozen=True, slots=True)
class KeptPoint:
    """A recovery point that is still there. `day` is that of its backup on the policy's clock.

    `by` are the tiers that still keep it, in their order; the last of them lets go of it on `until`.
    """

    day: date
    by: tuple[Keeper, ...]
    until: date


@dataclass(frozen=True, slots=True)
class Outlook:
    """Of one policy that was always in force, at `at` (aware UTC).

    `runs` are its next backups, the soonest first; empty for a zone that nobody knows. `kept` are the recovery points
    of the last `days` days that would be there, oldest first and one a day, though `a_day` are made; `older` says of
    how many days beyond those. `today` is the date on the policy's clock.
    """

    rules: BackupRules
    at: datetime
    today: date
    runs: tuple[NextBackup, ...]
    days: int
    kept: tuple[KeptPoint, ...]
    older: int = 0
    a_day: int = 1
