"""The audit log as JSON: same log, same bytes (docs/journal.md)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from reconciler import __version__
from reconciler.diagnostics.as_json import rfc3339
from reconciler.diagnostics.escape import json_text
from reconciler.model.audit import AuditEntry, Chain
from reconciler.model.call import Json

FORMAT_VERSION = "1.0"


def log_json(entries: Sequence[AuditEntry], chain: Chain, *, title: str) -> str:
    """The document as text, ASCII only and with a newline at its end."""
    found = [entry_document(entry) for entry in entries]
    document: dict[str, Json] = {**_version(title), "chain": chain_document(chain), "entries": [*found]}
    return json_text(document, indent=2) + "\n"


def log_lines(entries: Iterable[AuditEntry], chain: Chain, *, title: str) -> Iterator[str]:
    """The same as JSON lines, each with its newline: the version, each entry, the chain."""
    yield json_text({"type": "version", **_version(title)}) + "\n"
    for entry in entries:
        yield json_text({"type": "entry", **entry_document(entry)}) + "\n"
    yield json_text({"type": "chain", **chain_document(chain)}) + "\n"


def entry_document(entry: AuditEntry) -> dict[str, Json]:
    """All that the hash of the entry covers, and the hash. `at` is spelled as it was hashed."""
    return {
        "number": entry.number,
        "at": entry.at.isoformat(timespec="microseconds"),
        "run": entry.run,
        "step_id": entry.step_id,
        "event": str(entry.event),
        "action": entry.action,
        "vault": entry.vault,
        "subject_name": entry.subject_name,
        "subject_id": entry.subject_id,
        "revision": entry.revision,
        "actor": entry.actor,
        "epoch": entry.epoch,
        "method": entry.method,
        "path": entry.path,
        "api": entry.api,
        "body": entry.body,
        "before": dict(entry.before),
        "after": dict(entry.after),
        "correlation_id": entry.correlation_id,
        "request_id": entry.request_id,
        "outcome": entry.outcome,
        "code": entry.code,
        "previous": entry.previous,
        "hash": entry.hash,
    }


def chain_document(chain: Chain) -> dict[str, Json]:
    return {
        "whole": chain.broken_at is None,
        "entries": chain.head.entries,
        "head": chain.head.hash,
        "broken_at": chain.broken_at,
        "trouble": chain.trouble,
        "checked_at": rfc3339(chain.checked_at),
    }


def _version(title: str) -> dict[str, Json]:
    return {"format_version": FORMAT_VERSION, "tool_version": __version__, "journal": title}
