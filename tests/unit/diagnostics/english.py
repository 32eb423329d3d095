"""What of a page in Chinese is still English."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from reconciler.actions import ACTIONS

_QUOTED = r"`[^`]*`|'[^']*'|\"[^\"]*\"|\([^()]*Time\)"
_NAMES = re.compile(rf"{_QUOTED}|--[a-z-]+( \S+)?|reconcile [a-z-]+|\S*[/@_=]\S*|\b(?:Protection|Exemption|Pause) \S+")
"""What stays: code, quoted names, documents, options and commands, paths, zones."""
_WORDS = re.compile(r"(?<![^\s(（])([a-z]{2,}(?: [a-z]{2,})+)(?![^\s.,;:)）])")
_WORD = re.compile(r"(?<![\w-])[A-Za-z][a-z]+(?![\w-])")
_EXCERPT = re.compile(r" *\d* \| ")
_CHINESE = re.compile("[\u3000-\u9fff\uff00-\uffef]")


def english(lines: Iterable[str]) -> list[str]:
    """The lines with two words of English in a row, or with several and no Chinese; those of Azure are left out."""
    return [line for line in _ours(lines) if _is_english(_NAMES.sub("", line).strip())]


def _is_english(text: str) -> bool:
    said = [words for words in _WORDS.findall(text) if not set(words.split(" ")) <= ACTIONS.keys()]
    return bool(said) or (not _CHINESE.search(text) and len(set(_WORD.findall(text)) - ACTIONS.keys()) > 1)


def _ours(lines: Iterable[str]) -> Iterator[str]:
    """Without lines of a manifest, and what Azure said: from its name on, and whatever stands deeper below."""
    depth: int | None = None
    for line in lines:
        start = len(line) - len(line.lstrip())
        if depth is not None and start > depth and "識別碼" not in line:
            continue
        depth = start if line.lstrip().startswith("Azure: ") else None
        if depth is None and not _EXCERPT.match(line):
            yield line
