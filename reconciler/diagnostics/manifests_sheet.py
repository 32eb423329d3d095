"""The mistakes of manifests as a sheet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePath

from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.diagnostics.language import Language
from reconciler.diagnostics.sheet import Case, Kind, Notice, Sheet, Verdict, worst_first
from reconciler.diagnostics.text import in_order, tally
from reconciler.model.plan import Severity

_ALL = "manifests"
"""The suite of mistakes that stand in no file."""


def manifests_sheet(
    diagnostics: Sequence[Diagnostic], files: Iterable[str], summary: str, language: Language = "en"
) -> Sheet:
    """`files` are all that were read, `summary` says what is in them when nothing is wrong."""
    ordered = in_order(diagnostics)
    read = sorted({*files, *(one.span.file for one in ordered)} - {""})
    return Sheet(
        kind="manifests",
        title="Manifests",
        summary=tally(ordered) if ordered else summary,
        scope=", ".join(sorted({PurePath(name).parts[0] for name in read})),
        notices=worst_first(_notice(one) for one in ordered),
        cases=(*_faults(ordered), *_sound(ordered, read)),
        language=language,
    )


def _notice(one: Diagnostic) -> Notice:
    return Notice(one.code, one.severity, one.message, Kind.MISTAKE, (), one.span, "", one.help, one.notes)


def _faults(diagnostics: Iterable[Diagnostic]) -> Iterable[Case]:
    for one in diagnostics:
        verdict = Verdict.FAILED if one.severity is Severity.ERROR else Verdict.PASSED
        place = f" at {one.span.line}:{one.span.column}" if one.span.file else ""
        said = (one.message, *([one.help] if one.help else []), *(f"{note.text} ({note.span})" for note in one.notes))
        yield Case(one.span.file or _ALL, "mistake", f"{one.code}{place}", verdict, one.code, said, one.span)


def _sound(diagnostics: Iterable[Diagnostic], files: Iterable[str]) -> Iterable[Case]:
    """Every file that has no mistake is a test that passed."""
    faulty = {one.span.file for one in diagnostics if one.severity is Severity.ERROR}
    return (Case(name, "file", "is valid", Verdict.PASSED) for name in files if name not in faulty)
