"""Diagnostics for a person: the place, the line with a caret under the mistake, why, and what to write instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.cells import cell_len
from rich.console import Console

from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.diagnostics.escape import terminal
from reconciler.diagnostics.excerpt import excerpt
from reconciler.diagnostics.language import Language
from reconciler.diagnostics.paper import Paper, wrap
from reconciler.diagnostics.phrases import spoken
from reconciler.diagnostics.subject_names import plural
from reconciler.model.plan import Severity
from reconciler.model.span import Span

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.INFO: "bold blue"}
_NOUNS = {Severity.ERROR: "mistake", Severity.WARNING: "warning", Severity.INFO: "remark"}
Sources = Mapping[str, Sequence[str]]
"""The lines of each file."""
_RANK = {severity: rank for rank, severity in enumerate(Severity)}


def print_diagnostics(
    console: Console, diagnostics: Sequence[Diagnostic], sources: Mapping[str, str], language: Language = "en"
) -> None:
    """Print all of them in the order of the files, and a line that counts them.

    `sources` has the text of each file by the name its spans use; a file that is not there is named without an excerpt.
    """
    render_diagnostics(diagnostics, sources, width=console.width, language=language).print(console)


def render_diagnostics(
    diagnostics: Sequence[Diagnostic], sources: Mapping[str, str], *, width: int = 80, language: Language = "en"
) -> Paper:
    """The page of `print_diagnostics`; its `plain` is the text without style."""
    page = Paper(width, language)
    lines = {file: sources[file].split("\n") for file in _files(diagnostics) if file in sources}
    for diagnostic in in_order(diagnostics):
        page.blank()
        _diagnostic(page, diagnostic, lines)
    if diagnostics:
        page.blank()
        page.line(tally(diagnostics), style="bold")
    return page


def in_order(diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
    """By place, then worst first: the order in which a person goes through the files."""
    return sorted(diagnostics, key=lambda one: (one.span, _RANK[one.severity], one.code, one.message))


def tally(diagnostics: Sequence[Diagnostic]) -> str:
    """`3 mistakes in 2 files; nothing was sent to Azure`; the last part only if a mistake stopped the run."""
    parts = [
        plural(number, _NOUNS[severity])
        for severity in Severity
        if (number := sum(one.severity is severity for one in diagnostics))
    ]
    counted = " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))
    files = {one.span.file for one in diagnostics} - {""}
    where = f" in {plural(len(files), 'file')}" if files else ""
    stopped = any(one.severity is Severity.ERROR for one in diagnostics)
    return counted + where + ("; nothing was sent to Azure" if stopped else "")


def _files(diagnostics: Sequence[Diagnostic]) -> set[str]:
    return {span.file for one in diagnostics for span in (one.span, *(note.span for note in one.notes))}


def _diagnostic(page: Paper, diagnostic: Diagnostic, sources: Sources) -> None:
    spans = [diagnostic.span, *(note.span for note in diagnostic.notes)]
    gutter = max(len(str(span.line)) for span in spans) if any(span.file for span in spans) else 1
    style = _STYLES[diagnostic.severity]
    page.line(f"{diagnostic.severity}[{diagnostic.code}]: {diagnostic.message}", mark=style)
    _place(page, diagnostic.span, sources, gutter, "^", style)
    for note in diagnostic.notes:
        _labelled(page, gutter, "note", note.text)
        _place(page, note.span, sources, gutter, "-", "blue")
    if diagnostic.help:
        _labelled(page, gutter, "help", diagnostic.help)


def _place(page: Paper, span: Span, sources: Sources, gutter: int, caret: str, style: str) -> None:
    if not span.file:
        return
    edge = " " * gutter
    page.raw((f"{edge}--> ", "blue"), (terminal(str(span)), ""))
    lines = sources.get(span.file, [])
    if not 0 < span.line <= len(lines):
        return
    piece = excerpt(lines[span.line - 1], span.column, span.end_column, page.width - gutter - 3)
    number = str(span.line).rjust(gutter)
    page.raw((f"{number} |", "blue"), (f" {piece.text}".rstrip(), ""))
    page.raw((f"{edge} |", "blue"), (" " * (piece.start + 1), ""), (caret * piece.length, style))


def _labelled(page: Paper, gutter: int, label: str, text: str) -> None:
    """`= help: …`; each line of `text` starts a line, so that what is to be copied can stand alone."""
    start = " " * (gutter + 1) + f"= {spoken(label, page.language)}: "
    room = page.width - cell_len(start)
    for place, paragraph in enumerate(text.split("\n")):
        for number, piece in enumerate(wrap(spoken(paragraph, page.language), room, room)):
            head = start if not place and not number else " " * cell_len(start)
            page.raw((head if piece else "", "bold"), (piece, ""))
