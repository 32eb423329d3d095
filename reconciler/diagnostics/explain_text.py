"""One row of the troubleshooting table, as `reconcile explain CODE` shows it."""

from __future__ import annotations

from reconciler.diagnostics.catalog import Found, Row
from reconciler.diagnostics.paper import Paper

WHO = {
    "vm-owner": "the owner of the VM",
    "backup-operator": "whoever runs the backups",
    "subscription-owner": "the owner of the subscription",
    "author": "the author of the YAML",
    "azure": "Azure: it passes by itself",
    "nobody": "nobody",
}
_LABEL = 11


def render_found(text: str, found: Found, *, width: int = 80) -> Paper:
    """What was found for `text`: the row, or the names that are close to it."""
    page = Paper(width)
    if found.row is None:
        page.line(f"The table has no code {text}.")
        for suggestion in found.suggestions:
            page.line(f"did you mean {suggestion}?", indent=2)
        return page
    _row(page, found.row)
    if found.suggestions:
        page.blank()
        page.line(f"Under another operation the same code is: {', '.join(found.suggestions)}")
    return page


def _row(page: Paper, row: Row) -> None:
    page.line(f"{row.id}: {row.title}", style="bold")
    page.blank()
    entries = (
        ("met by", ", ".join(row.operations)),
        ("cause", row.cause),
        ("remedy", row.remedy),
        ("who acts", WHO[row.who]),
        ("retried", str(row.retry)),
        ("Azure says", ", ".join((*row.codes, *map(str, row.numbers)))),
        ("foreseen by", ", ".join(row.predicted_by)),
        ("source", f"{row.source}, checked {row.verified}"),
    )
    for label, text in entries:
        if text:
            page.line(f"{label.ljust(_LABEL)}  {text}", indent=2, hang=_LABEL + 2)
