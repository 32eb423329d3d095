"""Somebody else's text as a message repeats it."""

from __future__ import annotations


def brief(text: str, most: int = 80) -> str:
    """`text` on one line and at most `most` characters of it; what cannot be printed is escaped as in Python."""
    shown = text if len(text) <= most else f"{text[:most]}…"
    return shown if shown.isprintable() else repr(shown)[1:-1]
