"""The policies of each vault: when they run, what they keep, and who has them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from reconciler.diagnostics.as_json import rfc3339, source_document
from reconciler.diagnostics.status_json import run_document
from reconciler.model.call import Json
from reconciler.model.desired import BackupPolicy
from reconciler.model.ids import fold
from reconciler.model.observed import ObservedPolicy
from reconciler.model.outlook import Outlook
from reconciler.model.plan import Step, SubjectKind
from reconciler.model.status import NextBackup
from reconciler.web.paging import Part, part
from reconciler.web.ports import Insight
from reconciler.web.query import Query
from reconciler.web.sight import Sight

_SIZE = 25
_CALENDAR_DAYS = 7
_MONTH_DAYS = 35


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """One policy in one vault: `declared` in a manifest, `present` in the vault, or both. `items` counts its VMs."""

    vault: str
    name: str
    declared: BackupPolicy | None
    present: ObservedPolicy | None
    items: int
    outlook: Outlook | None = None

    def runs_on(self, day: date) -> list[NextBackup]:
        return [run for run in self.outlook.runs if run.at.date() == day] if self.outlook is not None else []


@dataclass(frozen=True, slots=True)
class Policies:
    part: Part[PolicyRow]
    days: Sequence[date]

    def document(self) -> dict[str, Json]:
        return {
            "total": self.part.total,
            "page": self.part.number,
            "pages": self.part.pages,
            "policies": [_row(row) for row in self.part.rows],
        }


@dataclass(frozen=True, slots=True)
class Policy:
    """`weeks` are the rows of its calendar, Monday to Sunday, in UTC; `changes` are the steps that change it."""

    row: PolicyRow
    weeks: Sequence[Sequence[date]]
    changes: tuple[Step, ...]
    today: date

    def document(self) -> dict[str, Json]:
        outlook = self.row.outlook
        kept: list[Json] = []
        if outlook is not None:
            kept = [
                {"day": point.day.isoformat(), "by": [str(one) for one in point.by], "until": point.until.isoformat()}
                for point in outlook.kept
            ]
        return {
            **_row(self.row),
            "runs": [run_document(run) for run in outlook.runs] if outlook is not None else [],
            "kept": kept,
            "older": outlook.older if outlook is not None else 0,
        }


def policies(sight: Sight, query: Query, insight: Insight | None) -> Policies:
    vault, words = query.text("vault"), fold(query.text("q")).split()
    found = [
        row
        for row in rows(sight)
        if (not vault or row.vault == vault) and all(word in fold(row.name) for word in words)
    ]
    shown = part(found, query.number("page", 1), _SIZE)
    filled = [_foreseen(sight, row, insight) for row in shown.rows]
    today = sight.now.date()
    return Policies(
        Part(filled, shown.total, shown.number, shown.pages, shown.first),
        [today + timedelta(days=ahead) for ahead in range(_CALENDAR_DAYS)],
    )


def policy(sight: Sight, vault: str, name: str, insight: Insight | None) -> Policy | None:
    """None for a policy that is neither declared nor seen."""
    wanted = fold(name)
    row = next((row for row in rows(sight) if row.vault == vault and fold(row.name) == wanted), None)
    if row is None:
        return None
    today = sight.now.date()
    monday = today - timedelta(days=today.weekday())
    days = [monday + timedelta(days=ahead) for ahead in range(_MONTH_DAYS)]
    both = (*sight.steps, *(held.step for held in sight.held))
    own = fold(f"{vault}/{name}")
    changes = [step for step in both if step.subject.kind is SubjectKind.POLICY and fold(step.subject.name) == own]
    weeks = [days[start : start + 7] for start in range(0, _MONTH_DAYS, 7)]
    return Policy(_foreseen(sight, row, insight), weeks, tuple(changes), today)


def rows(sight: Sight) -> Iterator[PolicyRow]:
    """By vault and name, declared ones first."""
    desired, observed = sight.board.desired, sight.board.observed
    for vault in sight.vault_names:
        seen = observed.vaults.get(vault) if observed is not None else None
        declared = {
            fold(one.name): one
            for one in (desired.policies if desired is not None else ())
            if any(fold(name) == fold(vault) for name in one.vaults)
        }
        present = dict(seen.policies) if seen is not None else {}
        counts: dict[str, int] = {}
        for item in seen.items.values() if seen is not None else ():
            own = fold(item.policy_name or item.policy_id.rpartition("/")[2])
            counts[own] = counts.get(own, 0) + 1
        for key in sorted({*declared, *present}, key=lambda key: (key not in declared, key)):
            name = declared[key].name if key in declared else present[key].name
            yield PolicyRow(vault, name, declared.get(key), present.get(key), counts.get(key, 0))


def _foreseen(sight: Sight, row: PolicyRow, insight: Insight | None) -> PolicyRow:
    outlook = insight.outlook(sight.board, row.vault, row.name) if insight is not None else None
    return PolicyRow(row.vault, row.name, row.declared, row.present, row.items, outlook)


def _row(row: PolicyRow) -> dict[str, Json]:
    first = row.outlook.runs[0] if row.outlook is not None and row.outlook.runs else None
    return {
        "vault": row.vault,
        "name": row.name,
        "declared": source_document(row.declared.span) if row.declared is not None else None,
        "in_vault": row.present is not None,
        "vms": row.items,
        "next_backup": run_document(first),
        "as_of": rfc3339(row.outlook.at) if row.outlook is not None else None,
    }
