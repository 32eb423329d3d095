"""The record of every write, newest first, and whether its chain of hashes holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reconciler.diagnostics.as_json import rfc3339
from reconciler.model.audit import AuditEntry, Chain, Head
from reconciler.model.call import Json
from reconciler.web.ports import Daemon
from reconciler.web.query import Query
from reconciler.web.sight import Sight

_SIZE = 50


@dataclass(frozen=True, slots=True)
class Audit:
    """`kept` is false where no record is kept. `before` continues the list; None at its end."""

    kept: bool
    entries: Sequence[AuditEntry]
    head: Head
    chain: Chain | None
    before: int | None

    def document(self) -> dict[str, Json]:
        return {
            "kept": self.kept,
            "entries": self.head.entries,
            "head": self.head.hash or None,
            "checked": _chain(self.chain),
            "audit": [entry_document(entry) for entry in self.entries],
            "before": self.before,
        }


def audit(_sight: Sight, query: Query, daemon: Daemon) -> Audit:
    """Blocks while the journal is read."""
    log = daemon.audit
    if log is None:
        return Audit(kept=False, entries=(), head=Head(), chain=None, before=None)
    before = query.number("before") or None
    found = log.audit(
        before=before, limit=_SIZE + 1, vault=query.text("vault") or None, subject=query.text("subject") or None
    )
    shown = found[:_SIZE]
    chain = daemon.chain() if daemon.chain is not None else None
    return Audit(
        kept=True,
        entries=shown,
        head=log.head(),
        chain=chain,
        before=shown[-1].number if len(found) > _SIZE else None,
    )


def entry_document(entry: AuditEntry) -> dict[str, Json]:
    return {
        "number": entry.number,
        "at": rfc3339(entry.at),
        "run": entry.run,
        "step": entry.step_id,
        "event": str(entry.event),
        "action": entry.action,
        "vault": entry.vault,
        "subject": {"name": entry.subject_name, "id": entry.subject_id},
        "revision": entry.revision,
        "actor": entry.actor,
        "epoch": entry.epoch,
        "method": entry.method,
        "path": entry.path,
        "before": dict(entry.before),
        "after": dict(entry.after),
        "correlation_id": entry.correlation_id,
        "request_id": entry.request_id,
        "outcome": entry.outcome or None,
        "code": entry.code or None,
        "previous": entry.previous,
        "hash": entry.hash,
    }


def _chain(chain: Chain | None) -> Json:
    if chain is None:
        return None
    return {"at": rfc3339(chain.checked_at), "up_to": chain.head.entries, "broken_at": chain.broken_at}
