"""Foreign text made harmless, one function a sink: no name from Git or Azure may command a terminal or a page."""

from __future__ import annotations

import unicodedata

from rich.cells import cell_len

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories without a glyph: controls, bidi and zero-width marks, surrogates, line separators."""


def terminal(text: str) -> str:
    r"""`text` on one line, each character that has no glyph of its own spelled out (`\n`, `\x1b`, `\u202e`)."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible(character) if _unseen(character) else character for character in text)


def shorten(text: str, cells: int) -> str:
    """`text` escaped for a terminal and cut in its middle to at most `cells` columns."""
    text = terminal(text)
    if cell_len(text) <= cells:
        return text
    head = _take(text, (cells - 1) - (cells - 1) // 3)
    tail = _take(text[::-1], (cells - 1) // 3)[::-1]
    return f"{head}…{tail}"


def _take(text: str, cells: int) -> str:
    taken: list[str] = []
    for character in text:
        cells -= cell_len(character)
        if cells < 0:
            break
        taken.append(character)
    return "".join(taken)


def _unseen(character: str) -> bool:
    return unicodedata.category(character) in _UNSEEN


def _visible(character: str) -> str:
    named = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(character)
    if named:
        return named
    number = ord(character)
    if number <= 0xFF:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"
