"""How it stands: what is protected, what ran, what differs, what is held, and what all this rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from reconciler.diagnostics.as_json import finding_document, held_document, rfc3339
from reconciler.diagnostics.status_json import vault_document
from reconciler.model.board import PassRecord, VaultState
from reconciler.model.call import Json
from reconciler.model.drift import SeenDrift
from reconciler.model.plan import Coverage, Finding, Held
from reconciler.model.status import JobEnd, VaultStatus
from reconciler.web.index import PROTECTED_WORDS, UNSEEN, WORDS
from reconciler.web.query import Query
from reconciler.web.sight import Sight, cause_id

_FEW = 5
_PASSES = 5
_WANTED = (*sorted(PROTECTED_WORDS), UNSEEN, "protection-error", "not-protected", "uncovered")


@dataclass(frozen=True, slots=True)
class VaultRow:
    """`fresh`: it was read within the bound, the last time at `seen_at`."""

    name: str
    status: VaultStatus | None
    state: VaultState | None
    seen_at: datetime | None
    fresh: bool


@dataclass(frozen=True, slots=True)
class Overview:
    """`counts` are VMs by word, `jobs` those of 24 hours by end; of long lists the first few, beside their length.

    `wanted` counts all that are protected or are to be, verified or not.
    """

    seen_at: datetime | None
    counts: Mapping[str, int]
    wanted: int
    jobs: Mapping[str, int]
    coverage: Coverage | None
    drift: tuple[SeenDrift, ...]
    drifting: int
    held: tuple[Held, ...]
    holding: int
    causes: tuple[Finding, ...]
    finding: int
    vaults: tuple[VaultRow, ...]
    passes: tuple[PassRecord, ...]

    def document(self) -> dict[str, Json]:
        return {
            "seen_at": rfc3339(self.seen_at) if self.seen_at is not None else None,
            "wanted": self.wanted,
            "vms": {word: self.counts.get(word, 0) for word in WORDS},
            "jobs_24h": {str(end): self.jobs.get(end, 0) for end in JobEnd},
            "drift": {"count": self.drifting, "first": [drift_document(one) for one in self.drift]},
            "held": {"count": self.holding, "first": [held_document(one) for one in self.held]},
            "findings": {
                "count": self.finding,
                "first": [{"id": cause_id(one), **finding_document(one)} for one in self.causes],
            },
            "vaults": [_vault(row) for row in self.vaults],
            "passes": [_pass(one) for one in self.passes],
        }


def overview(sight: Sight, _query: Query) -> Overview:
    board = sight.board
    status = {vault.name: vault for vault in board.status.vaults} if board.status is not None else {}
    rows = (
        VaultRow(name, status.get(name), board.vaults.get(name), sight.seen_at(name), name not in sight.stale)
        for name in sight.vault_names
    )
    ends: dict[str, int] = {}
    for job in board.status.jobs if board.status is not None else ():
        ends[job.end] = ends.get(job.end, 0) + 1
    return Overview(
        seen_at=sight.oldest,
        counts=sight.counts,
        wanted=sum(sight.counts.get(word, 0) for word in _WANTED),
        jobs=ends,
        coverage=board.plan.coverage if board.plan is not None else None,
        drift=board.drifts[:_FEW],
        drifting=len(board.drifts),
        held=sight.held[:_FEW],
        holding=len(sight.held),
        causes=sight.findings[:_FEW],
        finding=len(sight.findings),
        vaults=tuple(rows),
        passes=board.passes[:_PASSES],
    )


def drift_document(seen: SeenDrift) -> dict[str, Json]:
    drift, by = seen.drift, seen.by
    return {
        "kind": drift.kind,
        "vault": drift.vault,
        "subject": {"name": drift.label, "id": drift.subject},
        "found": drift.found,
        "corrected": drift.corrected,
        "since": rfc3339(seen.since),
        "by": {"caller": by.caller, "at": rfc3339(by.at), "operation": by.operation} if by is not None else None,
    }


def _vault(row: VaultRow) -> Json:
    state = row.state
    document: dict[str, Json] = {
        "name": row.name,
        "seen_at": rfc3339(row.seen_at) if row.seen_at is not None else None,
        "within_bound": row.fresh,
        "status": vault_document(row.status) if row.status is not None else None,
    }
    if state is not None:
        document |= {
            "running": state.running,
            "last_completed": rfc3339(state.last_completed) if state.last_completed is not None else None,
            "next_due": rfc3339(state.next_due) if state.next_due is not None else None,
            "why": state.why,
            "failures": state.failures,
            "trouble": state.trouble,
        }
    return document


def _pass(one: PassRecord) -> Json:
    return {
        "vault": one.vault,
        "began_at": rfc3339(one.began_at),
        "ended_at": rfc3339(one.ended_at),
        "revision": one.revision,
        "counts": dict(one.counts),
        "trouble": one.trouble,
    }
