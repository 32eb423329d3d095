"""Names that an enemy gives to things in Azure, in Git and in YAML, to command whatever shows them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

GROUPS: Mapping[str, list[str]] = json.loads(
    (Path(__file__).parents[1] / "cases" / "hostile_names.json").read_text(encoding="utf-8")
)
"""By what they are to command: terminals, CI agents, pages, and data. `unseen` and `lookalikes` mislead people."""
_OVER_AND_OVER = {
    2000: ("é", "日", "<", "`", "|", "\\", "&", "%", "(", "[", "*", "-", "#", "x ", "e\u0301", "_x"),
    500: ("x\n", "@a ", "::", "##[", "\x1b[31m", "\u202e", "%0A", "]]>", '"', "1;"),
}
LONG = ("x" * 255, "x" * 4096, *(text * times for times, texts in _OVER_AND_OVER.items() for text in texts))
FRAMES = ("{}", "web-01{}", "{}web-01", "x\n{}")
"""Alone, behind a name, before one, and on a line of its own."""


def _names() -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for group, texts in GROUPS.items():
        for place, text in enumerate(texts):
            for number, frame in enumerate(FRAMES):
                framed = frame.replace("{}", text)
                if framed not in seen:
                    seen.add(framed)
                    yield f"{group}-{place:03}-{number}", framed
    yield from ((f"long-{place:03}", text) for place, text in enumerate(LONG))


NAMES: Mapping[str, str] = dict(_names())
"""By an id that stays as long as nothing is put before it in its group."""
