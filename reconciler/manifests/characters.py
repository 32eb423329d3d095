"""What is reviewed is what is parsed: a file is UTF-8, and holds no character that a reviewer cannot see (I-41)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from reconciler.diagnostics import escape
from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.model.span import Span

_BOM = "\ufeff"
_BLANKS = {" ", "\u3000"}
"""The space, and the one of Chinese and Japanese text, which is seen by its width; others pass for a space."""
_REPORTED = 20


def unseen(character: str) -> bool:
    """Whether a character is drawn as nothing or as another one's space, moves its neighbours, or means nothing yet."""
    if character == "\n" or character in _BLANKS:
        return False
    return escape.unseen(character) or unicodedata.category(character) == "Zs"


def spell(character: str) -> str:
    """`U+202E RIGHT-TO-LEFT OVERRIDE`."""
    name = unicodedata.name(character, "")
    return f"U+{ord(character):04X} {name}".strip()


def decode(content: bytes, file: str) -> tuple[str | None, list[Diagnostic]]:
    """The text of a file, without a byte order mark at its start; None when it may not be parsed at all.

    CR LF is reported and read as LF, so that the rest of a file saved on Windows is checked in the same run.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        return None, [_not_utf8(content, error.start, file)]
    text = text.removeprefix(_BOM)
    found: list[Diagnostic] = []
    if "\r\n" in text:
        found.append(_line_ends(text, file))
        text = text.replace("\r\n", "\n")
    hidden = {character for character in set(text) if unseen(character)}
    if not hidden:
        return text, found
    return None, found + list(_hidden(text, hidden, file))


def _not_utf8(content: bytes, start: int, file: str) -> Diagnostic:
    line_start = content.rfind(b"\n", 0, start) + 1
    column = len(content[line_start:start].decode("utf-8", "replace")) + 1
    place = Span(file, content.count(b"\n", 0, start) + 1, column, column + 1)
    utf16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    message = "the file is UTF-16, not UTF-8" if utf16 else f"byte 0x{content[start]:02x} is not UTF-8 text"
    return Diagnostic("yaml-encoding", message, place, "save the file as UTF-8 (in an editor: Save with Encoding)")


def _line_ends(text: str, file: str) -> Diagnostic:
    before = text[: text.index("\r\n")]
    column = len(before) - (before.rfind("\n") + 1) + 1
    return Diagnostic(
        "yaml-line-ends",
        "the lines end as on Windows (CR LF)",
        Span(file, before.count("\n") + 1, column, column + 1),
        "convert the file with `dos2unix`, and put `*.yaml text eol=lf` into .gitattributes so that it stays so",
    )


def _hidden(text: str, hidden: set[str], file: str) -> Iterator[Diagnostic]:
    reported = 0
    for number, line in enumerate(text.split("\n"), 1):
        if hidden.isdisjoint(line):
            continue
        for column, character in enumerate(line, 1):
            if character in hidden:
                yield _refusal(character, Span(file, number, column, column + 1))
                reported += 1
            if reported == _REPORTED:
                return


def _refusal(character: str, place: Span) -> Diagnostic:
    if character == "\t":
        return Diagnostic("yaml-character", "a tab stands here", place, "use spaces")
    message = f"a character that cannot be seen stands here: {spell(character)}"
    return Diagnostic("yaml-character", message, place, "delete it, and type the text around it again")
