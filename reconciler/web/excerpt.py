"""The lines of a manifest around a place."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.model.span import Span

_AROUND = 4
_WIDEST = 200


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Numbered lines; the one of the place is marked."""

    file: str
    lines: tuple[tuple[int, str, bool], ...]


def excerpt(text: str, span: Span) -> Excerpt | None:
    """None when the text has no such line: it is not the one that the place is in."""
    lines = text.splitlines()
    if not 0 < span.line <= len(lines):
        return None
    first = max(_document_start(lines, span.line), span.line - _AROUND)
    last = min(span.line + _AROUND, len(lines))
    shown = []
    for number in range(first, last + 1):
        line = lines[number - 1]
        if number > span.line and line.startswith("---"):
            break
        shown.append((number, line if len(line) <= _WIDEST else f"{line[:_WIDEST]}…", number == span.line))
    return Excerpt(span.file, tuple(shown))


def _document_start(lines: list[str], number: int) -> int:
    """The first line of the document that a line is in."""
    while number > 1 and not lines[number - 2].startswith("---"):
        number -= 1
    return number
