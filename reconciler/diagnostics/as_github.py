"""Workflow commands, by which GitHub shows what is wrong on the lines of the YAML in a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.diagnostics.annotations import annotated, left_out, text_of
from reconciler.diagnostics.escape import ci_lines, github_data, github_property, terminal
from reconciler.diagnostics.sheet import Notice, Sheet
from reconciler.model.plan import Severity

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
SHOWN = 10
"""Annotations of one severity that GitHub shows of a step; it drops the rest without a word."""


def github_commands(sheet: Sheet) -> Iterator[str]:
    """Lines, each with its newline: the worst first, what does not fit as a number, and the summary."""
    for notice in annotated(sheet.notices, SHOWN):
        yield _command(notice, sheet)
    more = left_out(sheet.notices, SHOWN)
    if more:
        yield f"::notice title={github_property(sheet.title)}::{github_data(more)}\n"
    yield f"{ci_lines(terminal(f'{sheet.title}: {sheet.summary}'))}\n"


def _command(notice: Notice, sheet: Sheet) -> str:
    span = notice.span
    places = [("file", span.file), ("line", str(span.line)), ("endLine", str(span.line))] if span.file else []
    places += [("col", str(span.column)), ("endColumn", str(span.end_column))] if span.column else []
    title = f"{notice.row.told(sheet.language).title} [{notice.code}]"
    properties = ",".join(f"{name}={github_property(value)}" for name, value in (*places, ("title", title)))
    return f"::{_COMMANDS[notice.severity]} {properties}::{github_data(text_of(notice, sheet.language))}\n"
