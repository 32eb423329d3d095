"""The audit log as a person reads it: an entry a line, and whether the chain is whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.diagnostics.language import Language
from reconciler.diagnostics.paper import Paper
from reconciler.diagnostics.subject_names import plural
from reconciler.model.audit import AuditEntry, Chain, Event
from reconciler.model.call import Json, canonical

_WIDE = 110
"""Columns from which on there is room for who wrote, and by which revision."""
_REVISION = 8
_FOREIGN = (0, 1, 2, 4, 5, 6, 7)
"""All columns but the one that says what became of a request."""
_STYLES = {"done": "green", "failed": "bold red", "retry": "yellow", "accepted": "cyan", "intended": "dim"}


def render_log(
    entries: Sequence[AuditEntry],
    chain: Chain,
    *,
    title: str,
    matching: int,
    full: bool = False,
    width: int = 80,
    language: Language = "en",
) -> Paper:
    """`entries` are the last of those `matching`, oldest first. `full` adds all that is known of each."""
    page = Paper(width, language)
    page.line(f"Audit log of {title}", style="bold")
    if full:
        for entry in entries:
            _whole(page, entry)
    elif entries:
        page.blank()
        _table(page, entries)
    _count(page, len(entries), matching, chain.head.entries)
    page.blank()
    verdict(page, chain)
    return page


def verdict(page: Paper, chain: Chain) -> None:
    """What going through the whole log showed."""
    if chain.broken_at is None:
        entries = plural(chain.head.entries, "entry", "entries")
        head = f", head {chain.head.hash}" if chain.head.hash else ""
        page.line(f"chain whole, {entries}{head}", style="green")
        return
    page.line(f"chain broken at entry {chain.broken_at}: {chain.trouble}", style="bold red")
    page.line(
        "What was written before that entry is as it was; nothing from there on is proved. "
        "Compare with the heads that earlier runs printed, and with Azure's activity log.",
        indent=2,
        hang=0,
    )


def _table(page: Paper, entries: Sequence[AuditEntry]) -> None:
    wide = page.width >= _WIDE
    heads = ["no.", "time, UTC", "action", "", "on", *(["revision", "by"] if wide else []), "code"]
    rows = [
        [
            str(entry.number),
            f"{entry.at:%m-%d %H:%M:%S}",
            entry.action,
            _said(entry),
            entry.subject_name,
            *([(entry.revision or "")[:_REVISION], entry.actor] if wide else []),
            entry.code,
        ]
        for entry in entries
    ]
    page.table(heads, rows, [_STYLES.get(_said(entry), "") for entry in entries], styled=3, foreign=_FOREIGN)


def _whole(page: Paper, entry: AuditEntry) -> None:
    code = f"  [{entry.code}]" if entry.code else ""
    page.heading(
        f"{entry.number}  {entry.at:%Y-%m-%d %H:%M:%S} UTC  {entry.action} {entry.subject_name} "
        f"in {entry.vault}: {_said(entry)}{code}"
    )
    lease = f", epoch {entry.epoch}" if entry.epoch else ""
    lines = [
        f"by {entry.actor}, revision {entry.revision or 'none'}, run {entry.run}{lease}",
        f"{entry.method} {entry.path}  (api-version {entry.api})",
        f"correlation {entry.correlation_id}" + (f", Azure's {entry.request_id}" if entry.request_id else ""),
    ]
    lines += [f"{name}: {_state(state)}" for name, state in (("before", entry.before), ("after", entry.after)) if state]
    for line in (*lines, entry.hash):
        page.line(line, indent=4, hang=4)


def _said(entry: AuditEntry) -> str:
    return entry.outcome if entry.event is Event.ENDED else str(entry.event)


def _state(state: Mapping[str, Json]) -> str:
    return canonical(state)


def _count(page: Paper, shown: int, matching: int, entries: int) -> None:
    page.blank()
    if not entries:
        page.line(
            "Nothing is written in it. Another cloud has a journal of its own: --cloud. One elsewhere: --journal."
        )
    elif shown < matching:
        page.line(f"The last {shown} of {plural(matching, 'entry', 'entries')} that fit: --limit 0 shows all.")
    elif matching < entries:
        page.line(f"{plural(matching, 'entry', 'entries')} of {entries} fit.")
