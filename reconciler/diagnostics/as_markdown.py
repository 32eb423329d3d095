"""A sheet in GitHub's Markdown, for a comment on a pull request and for the summary of a job.

The first line is a comment that no reader sees: by it the next report finds this one and takes its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from reconciler.diagnostics.annotations import azure_words
from reconciler.diagnostics.catalog_words import who
from reconciler.diagnostics.escape import html_text, markdown, markdown_code
from reconciler.diagnostics.possible import possible
from reconciler.diagnostics.sheet import SEVERITIES, Kind, Notice, Sheet, Table
from reconciler.diagnostics.subject_names import plural
from reconciler.model.plan import Severity

COMMENT = 65_536
"""Characters of a comment on a pull request. Source: GitHub's API refuses more ("body is too long")."""
JOB_SUMMARY = 1_000_000
"""Bytes of the summary of a step; the upload of more than 1 MiB is broken off. Source: GitHub Docs, job summaries."""

_HEADINGS = {Severity.ERROR: "Errors", Severity.WARNING: "Warnings", Severity.INFO: "Good to know"}
_ROWS = 200
"""Of one table; a screen of rows is read, a thousand are not."""
_ITEMS = 10
"""Of one section of a list, so that a long list is left out from its end and not altogether."""
_LONGEST = 600
"""Characters of one text: Azure's messages have no bound."""


def marker(sheet: Sheet) -> str:
    """`<!-- reconcile:plan:embedded -->`: one comment a kind of sheet and a scope."""
    scope = re.sub(r"[^A-Za-z0-9.:]+", "-", sheet.scope).strip("-")[:80]
    return f"<!-- reconcile:{sheet.kind}:{scope} -->"


def markdown_page(sheet: Sheet, *, limit: int = COMMENT, size: Callable[[str], int] = len) -> str:
    """The page; where it would be larger than `limit`, whole sections are left out from its end, and it says so."""
    sections, left = list(_sections(sheet)), list[str]()
    page = _page(sheet, sections, left)
    while sections and size(page) > limit:
        left.insert(0, sections.pop()[0])
        page = _page(sheet, sections, left)
    return page


def _page(sheet: Sheet, sections: Sequence[tuple[str, str]], left: Sequence[str]) -> str:
    facts = [f"- {markdown(_cut(f'{name}: {text}'))}" for name, text in sheet.facts]
    head = [marker(sheet), f"### {markdown(_cut(sheet.title))}", "", f"**{markdown(_cut(sheet.summary))}**"]
    parts = ["\n".join([*head, "", *facts] if facts else head), *(text for _, text in sections)]
    if left:
        names = "; ".join(left[:5]) + (f"; and {len(left) - 5} more" if len(left) > 5 else "")
        parts.append(f"Left out, for there is no room for it here: {markdown(_cut(names))}.")
    return "\n\n".join(parts) + "\n"


def _sections(sheet: Sheet) -> Iterator[tuple[str, str]]:
    """What is wrong before what is done; each has a title."""
    for severity in SEVERITIES:
        notices = [one for one in sheet.notices if one.severity is severity]
        for first in range(0, len(notices), _ITEMS):
            title = f"{_HEADINGS[severity]} ({len(notices)})"
            items = "\n".join(_item(one, sheet) for one in notices[first : first + _ITEMS])
            heading = "" if first else f"#### {title}\n\n"
            place = f"{title} from the {first + 1}th on" if first else title
            yield place, _folded(title, items) if severity is Severity.INFO else heading + items
    for table in sheet.tables:
        yield table.title, _folded(table.title, _table(table))


def _item(notice: Notice, sheet: Sheet) -> str:
    """One entry of a list: what, then what to do, where, and Azure's own words."""
    row = notice.row
    lines = [f"- {markdown_code(notice.code)} {markdown(_cut(notice.message))}"]
    if notice.hint:
        lines.append(f"  → {markdown(_cut(notice.hint))}")
    if notice.kind not in {Kind.MISTAKE, Kind.HELD}:
        lines.append(
            f"  → {markdown(_cut(row.told(sheet.language).remedy))} ({markdown(who(row.who, sheet.language))})"
        )
    if notice.or_else:
        lines.append(f"  {markdown(_cut(possible(notice.code, notice.or_else, sheet.language)))}")
    if notice.span.file:
        lines.append(f"  at {markdown_code(_cut(str(notice.span)))}")
    for note in notice.notes:
        place = f" at {markdown_code(_cut(str(note.span)))}" if note.span.file else ""
        lines.append(f"  {markdown(_cut(note.text))}{place}")
    lines += [f"  {markdown(_cut(text))}" for text in azure_words(notice)]
    return "  \n".join(lines)


def _folded(title: str, text: str) -> str:
    """Behind a click; the empty lines make the inside Markdown again."""
    plain = html_text(title)
    shown = plain if markdown(title) == title else f"<code>{plain}</code>"
    return f"<details><summary>{shown}</summary>\n\n{text}\n\n</details>"


def _table(table: Table) -> str:
    lines = [_row(table.heads), "|" + "---|" * len(table.heads)]
    lines += [_row([markdown(_cut(cell)) for cell in row]) for row in table.rows[:_ROWS]]
    more = len(table.rows) - _ROWS
    return "\n".join([*lines, *(["", f"and {plural(more, 'more row')}"] if more > 0 else [])])


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
