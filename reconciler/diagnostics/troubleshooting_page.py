"""The docs page of the table: `python -m reconciler.diagnostics.troubleshooting_page [--check] FILE`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from reconciler.diagnostics.catalog import Catalog, Row, catalog
from reconciler.diagnostics.explain_text import WHO

_COMMAND = "python -m reconciler.diagnostics.troubleshooting_page docs/troubleshooting.md"


def page(table: Catalog) -> str:
    """The whole Markdown page: a list of all codes, then a section a row, in the order of the table."""
    return "\n".join(_lines(table)) + "\n"


def _lines(table: Catalog) -> Iterator[str]:
    yield "# Troubleshooting"
    yield ""
    yield "Whatever goes wrong, before an apply or in it, ends in one of these rows. `reconcile explain CODE` shows a"
    yield "row for its code, for Azure's code and for a number; a dry run names the rows it can foresee."
    yield ""
    yield f"Made by `{_COMMAND}`; a test keeps it fresh."
    yield from ("", "| code | met by | what it is | who acts |", "|---|---|---|---|")
    for row in table.rows.values():
        who = WHO[row.who].split(":")[0]
        yield f"| [`{row.id}`](#{row.id}) | {', '.join(row.operations)} | {_cell(row.title)} | {who} |"
    for row in table.rows.values():
        yield from _section(row)


def _section(row: Row) -> Iterator[str]:
    yield from ("", f"## {row.id}", "", f"**{_cell(row.title)}.** {_cell(row.cause)}", "", _cell(row.remedy), "")
    yield f"- Who acts: {WHO[row.who]}"
    yield f"- Tried again: {row.retry}"
    if row.codes or row.numbers:
        yield f"- Azure says: {', '.join(f'`{code}`' for code in (*row.codes, *row.numbers))}"
    if row.predicted_by:
        yield f"- A dry run foresees it by: {', '.join(row.predicted_by)}"
    yield f"- Source: {row.source}; checked {row.verified}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def main(arguments: Sequence[str]) -> int:
    """Write the page, or with `--check` only compare it: 0 fresh or written, 1 stale, 64 usage."""
    check = "--check" in arguments
    paths = [argument for argument in arguments if argument != "--check"]
    if len(paths) != 1:
        sys.stderr.write(f"usage: {_COMMAND}, or --check before the file\n")
        return 64
    path, text = Path(paths[0]), page(catalog())
    if not check:
        path.write_text(text, encoding="utf-8")
        return 0
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return 0
    sys.stderr.write(f"{path} is not what the table says; run: {_COMMAND}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
