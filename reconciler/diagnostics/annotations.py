"""Which notices an annotation is made of, and its words: what GitHub's and Azure's commands have in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from reconciler.diagnostics.catalog_words import who
from reconciler.diagnostics.escape import terminal
from reconciler.diagnostics.language import Language
from reconciler.diagnostics.possible import possible
from reconciler.diagnostics.sheet import SEVERITIES, Kind, Notice, counted
from reconciler.diagnostics.subject_names import plural
from reconciler.model.plan import Severity

_NOUNS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def annotated(notices: Sequence[Notice], most: int) -> Iterator[Notice]:
    """Of each severity the first `most`, the worst severity first."""
    for severity in SEVERITIES:
        yield from [one for one in notices if one.severity is severity][:most]


def left_out(notices: Iterable[Notice], most: int) -> str:
    """`and 3 more errors, 1 more notice; the whole report has them`, or nothing."""
    numbers = {severity: number - most for severity, number in counted(notices).items()}
    parts = [plural(number, f"more {_NOUNS[severity]}") for severity, number in numbers.items() if number > 0]
    return f"and {', '.join(parts)}; the whole report has them" if parts else ""


def text_of(notice: Notice, language: Language) -> str:
    """What is special, what to do, who acts: harmless lines, joined with line feeds."""
    lines = [notice.message, *notice.hint.split("\n")]
    if notice.kind not in {Kind.MISTAKE, Kind.HELD}:
        lines += [f"→ {notice.row.told(language).remedy}", f"Who acts: {who(notice.row.who, language)}."]
    lines.append(possible(notice.code, notice.or_else, language))
    lines += [f"{note.text} ({note.span})" if note.span.file else note.text for note in notice.notes]
    lines += azure_words(notice)
    return "\n".join(terminal(line) for line in lines if line)


def azure_words(notice: Notice) -> Iterator[str]:
    """What Azure said of the first subject, and where its support finds the request."""
    for error in notice.azure[:1]:
        yield f"Azure: {error.code or error.number or 'no code'}: {' '.join(error.message.split())}"
        if error.correlation_id:
            yield f"correlation id {error.correlation_id}"
