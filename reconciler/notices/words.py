"""A notice in words: for a mail, and for whoever reads an event."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.diagnostics.catalog import Catalog
from reconciler.diagnostics.catalog_words import who
from reconciler.diagnostics.escape import terminal
from reconciler.diagnostics.language import Language
from reconciler.diagnostics.phrases import spoken
from reconciler.notices.cause import Kind
from reconciler.notices.notice import MOST_NAMES, Notice

_HEADS = {
    Kind.FAILURE: ("Failure", "失敗"),
    Kind.DRIFT: ("Drift", "偏移"),
    Kind.COVERAGE: ("Coverage lost", "失去涵蓋"),
    Kind.REJECTED: ("Revision rejected", "修訂版遭拒"),
    Kind.BLIND: ("Cannot be read", "無法讀取"),
    Kind.LEASE: ("Lease lost", "失去租約"),
    Kind.EXPIRY: ("Ends soon", "即將到期"),
}
_LABELS = {
    "over": ("Over", "已解除"),
    "vault": ("Vault", "保存庫"),
    "subjects": ("Concerns", "對象"),
    "cause": ("Cause", "原因"),
    "remedy": ("What to do", "處理方式"),
    "who": ("Who acts", "由誰處理"),
    "page": ("See", "頁面"),
    "explain": ("More", "更多"),
}


@dataclass(frozen=True, slots=True)
class Wording:
    """`title`, `cause`, `remedy` and `who` come from the row of the table; `summary` is one line."""

    summary: str
    title: str
    cause: str
    remedy: str
    who: str
    body: str


def worded(notice: Notice, catalog: Catalog, language: Language, page: str = "") -> Wording:
    """`page` is the address of the daemon's page, or empty. Foreign names are made harmless."""
    row = catalog.rows.get(notice.code)
    words = row.told(language) if row is not None else None
    title = words.title if words is not None else notice.code
    cause, remedy = (words.cause, words.remedy) if words is not None else ("", "")
    acts = who(row.who, language) if row is not None else ""
    summary = _summary(notice, title, language)
    names = [terminal(name) for name in notice.subjects[:MOST_NAMES]]
    more = len(notice.subjects) - len(names)
    lines = [summary, ""]
    lines += [terminal(spoken(line, language)) for text in notice.texts[:MOST_NAMES] for line in text.splitlines()]
    facts = {
        "vault": terminal(notice.vault),
        "subjects": ", ".join(names) + (f" (+{more})" if more > 0 else ""),
        "cause": cause,
        "remedy": "" if notice.over else remedy,
        "who": "" if notice.over else acts,
        "explain": f"reconcile explain {notice.code}" if row is not None else "",
        "page": page,
    }
    lines += [""] + [f"{_label(name, language)}: {text}" for name, text in facts.items() if text]
    return Wording(summary, title, cause, remedy, acts, "\n".join(lines) + "\n")


def _summary(notice: Notice, title: str, language: Language) -> str:
    head = _HEADS[notice.kind][0 if language == "en" else 1]
    if notice.over:
        head = f"{_label('over', language)}: {head}"
    number = len(notice.subjects)
    whom = terminal(notice.subjects[0]) if number == 1 else f"{number}" if number else ""
    place = terminal(notice.vault)
    about = " · ".join(part for part in (place, whom) if part)
    return f"{head}: {title}{f' ({about})' if about else ''}"


def _label(name: str, language: Language) -> str:
    return _LABELS[name][0 if language == "en" else 1]
