"""No character without a glyph of its own reaches a terminal."""

from __future__ import annotations

import sys
import unicodedata

from rich.cells import cell_len

from reconciler.diagnostics.escape import shorten, terminal


def test_what_can_be_read_stays() -> None:
    text = "web-01 日本語 é «x» [bold] \\"
    assert terminal(text) == text


def test_what_cannot_be_seen_is_spelled_out() -> None:
    assert terminal("a\x1b[31m\n\r\t\x85\u202e\u200b\U000e0041") == "a\\x1b[31m\\n\\r\\t\\x85\\u202e\\u200b\\U000e0041"


def test_every_character_there_is() -> None:
    for number in range(sys.maxunicode + 1):
        character = chr(number)
        if unicodedata.category(character)[0] == "C" or character in "\u2028\u2029":
            assert terminal(character).isascii()


def test_a_long_name_keeps_both_ends() -> None:
    short = shorten("start" + "x" * 4096 + "end", 20)
    assert short.startswith("start")
    assert short.endswith("end")
    assert cell_len(short) == 20
    assert cell_len(shorten("日本語" * 50, 20)) <= 20
