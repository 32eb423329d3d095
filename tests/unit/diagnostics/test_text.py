"""Mistakes shown where they stand: the whole output is the expectation."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rich.cells import cell_len

from reconciler.diagnostics.diagnostic import Diagnostic, Note
from reconciler.diagnostics.excerpt import excerpt
from reconciler.diagnostics.text import render_diagnostics, tally
from reconciler.model.plan import Severity
from reconciler.model.span import Span

WEB = """apiVersion: reconciler/v1
kind: Protection
metadata: {name: web}
spec:
  vault: rsv-weu
  policy: daily-30d
\twide: 日本語 x
"""
LONG = "key: " + "a" * 150 + " BAD " + "z" * 100
SOURCES = {"examples/web.yaml": WEB, "long.yaml": LONG}
HELP = "declare it under `policies`, or name one of:\nspec: {policy: daily-7d}"


def here(line: int, column: int, end: int, file: str = "examples/web.yaml") -> Span:
    return Span(file, line, column, end)


NOT_FOUND = Diagnostic("policy-not-found", 'the vault "rsv-weu" has no policy "daily-30d"', here(6, 11, 20), HELP)
TWICE = Diagnostic("duplicate-key", "the key stands twice", here(5, 3, 8), notes=(Note("first here", here(3, 1, 9)),))
WIDE = Diagnostic("unknown-key", "not a key", here(7, 8, 11))
FAR = Diagnostic("unknown-key", "far to the right", here(1, 157, 160, "long.yaml"), severity=Severity.WARNING)
PLACELESS = Diagnostic("usage", "no file was given")
UNREAD = Diagnostic("unreadable", "cannot be read", here(1, 1, 2, "gone.yaml"))


def test_mistakes(same_as: Callable[[str, str], None]) -> None:
    page = render_diagnostics([WIDE, FAR, UNREAD, NOT_FOUND, TWICE, PLACELESS], SOURCES)
    same_as("mistakes.txt", page.plain)


def test_no_mistakes_say_nothing() -> None:
    assert render_diagnostics([], SOURCES).plain == ""


@pytest.mark.parametrize(
    ("found", "line"),
    [
        ([NOT_FOUND], "1 mistake in 1 file; nothing was sent to Azure"),
        ([NOT_FOUND, WIDE, UNREAD], "3 mistakes in 2 files; nothing was sent to Azure"),
        ([FAR], "1 warning in 1 file"),
        ([FAR, NOT_FOUND, TWICE], "2 mistakes and 1 warning in 2 files; nothing was sent to Azure"),
        ([PLACELESS], "1 mistake; nothing was sent to Azure"),
    ],
)
def test_the_count(found: list[Diagnostic], line: str) -> None:
    assert tally(found) == line


@pytest.mark.parametrize(
    ("line", "column", "end", "marked"),
    [
        ("  policy: daily", 11, 16, "daily"),
        ("\tpolicy: x", 2, 8, "policy"),
        ("日本: 語", 5, 6, "語"),
        ("a\x1b[31m: x", 9, 10, "x"),
        ("x" * 300 + "HERE" + "y" * 300, 301, 305, "HERE"),
        ("x" * 300 + "HERE", 301, 305, "HERE"),
        ("HERE" + "y" * 300, 1, 5, "HERE"),
        ("x" * 1_000_000 + "HERE" + "y" * 1_000_000, 1_000_001, 1_000_005, "HERE"),
    ],
)
def test_the_caret_stands_under_the_span(line: str, column: int, end: int, marked: str) -> None:
    piece = excerpt(line, column, end, 60)
    assert cell_len(piece.text) <= 60
    position, cells = 0, ""
    for character in piece.text:
        if piece.start <= position < piece.start + piece.length:
            cells += character
        position += cell_len(character)
    assert cells == marked


def test_of_a_million_characters_without_width_only_a_few_are_shown() -> None:
    assert len(excerpt("\u0301" * 1_000_000 + "HERE", 1_000_001, 1_000_005, 60).text) < 1_000


@pytest.mark.parametrize(("column", "end"), [(0, 0), (5, 5), (99, 120), (3, 1)])
def test_a_span_beyond_its_line_still_has_a_caret(column: int, end: int) -> None:
    piece = excerpt("short", column, end, 60)
    assert piece.length >= 1
    assert piece.start <= len("short")


@pytest.mark.parametrize("bad", ["\x1b[2J", "\u202e", "a\nb\r", "y" * 4096, "日" * 900])
def test_hostile_text_stays_in_its_lines(bad: str) -> None:
    found = Diagnostic("x", bad, here(1, 1, 4000, bad), bad, (Note(bad, here(1, 2, 3, bad)),))
    for line in render_diagnostics([found], {bad: f"key: {bad}"}).plain.split("\n"):
        assert line.isprintable()
        if "-->" not in line:
            assert cell_len(line) <= 80
