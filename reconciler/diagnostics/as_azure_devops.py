"""Logging commands, by which Azure Pipelines lists what is wrong, with its place, above the log of a run."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.diagnostics.annotations import annotated, left_out, text_of
from reconciler.diagnostics.escape import azure_data, azure_property, ci_lines, terminal
from reconciler.diagnostics.sheet import Notice, Sheet
from reconciler.model.plan import Severity

SHOWN = 10
"""Issues of one type that are listed: more than a person reads on the page of a run."""


def azure_devops_commands(sheet: Sheet) -> Iterator[str]:
    """Lines, each with its newline: the worst first, remarks and what does not fit as lines of the log, a summary."""
    issues = [notice for notice in sheet.notices if notice.severity is not Severity.INFO]
    for notice in annotated(issues, SHOWN):
        yield _issue(notice, sheet)
    for notice in annotated(sheet.notices, SHOWN):
        if notice.severity is Severity.INFO:
            yield f"{ci_lines(terminal(notice.message))}\n"
    more = left_out(sheet.notices, SHOWN)
    for line in filter(None, (more, f"{sheet.title}: {sheet.summary}")):
        yield f"{ci_lines(terminal(line))}\n"
    if issues:
        yield "##vso[task.complete result=SucceededWithIssues;]\n"


def _issue(notice: Notice, sheet: Sheet) -> str:
    span = notice.span
    kind = "error" if notice.severity is Severity.ERROR else "warning"
    places = [("sourcepath", span.file), ("linenumber", str(span.line)), ("columnnumber", str(span.column))]
    found = [("type", kind), *(places if span.file else ()), ("code", notice.code)]
    properties = "".join(f"{name}={azure_property(value)};" for name, value in found)
    return f"##vso[task.logissue {properties}]{azure_data(text_of(notice, sheet.language))}\n"
