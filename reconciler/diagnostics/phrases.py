"""The page's own English in Traditional Chinese: whole sentences, with places for what is told in them."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib import resources
from typing import NamedTuple

from reconciler.diagnostics.language import Language

_PLACE = re.compile(r"\{(\w+)(?::([dslpw]))?\}|\[(\w+)\]")
_FOUND = {"d": "[0-9]+", "s": ".+?", "l": ".+?", "p": ".+?", "w": r"\S+", None: ".+?"}
_WITHIN_CHINESE = re.compile("(?<=[\u3400-\u9fff]) (?=[\u3400-\u9fff])")
"""What stands around a name, and not around one of our own words in its place."""
_BETWEEN = " · "
"""What parts the sums of a last line."""


class _Phrase(NamedTuple):
    pattern: re.Pattern[str]
    words: str
    kinds: dict[str, str | None]


class _Book:
    """Phrases by their first word, or under nothing where they begin with a place; the most telling ones first."""

    def __init__(self, phrases: dict[str, str]) -> None:
        self._exact = {english: words for english, words in phrases.items() if not _PLACE.search(english)}
        self._phrases: dict[str, list[_Phrase]] = defaultdict(list)
        for english, words in sorted(phrases.items(), key=lambda one: _openness(one[0])):
            if english not in self._exact:
                first = english.split(" ", 1)[0]
                self._phrases["" if _PLACE.search(first) else first].append(_phrase(english, words))
        self.of = lru_cache(maxsize=4096)(self._of)

    def _of(self, text: str) -> str:
        if text in self._exact:
            return self._exact[text]
        if _BETWEEN in text:
            return _BETWEEN.join(map(self.of, text.split(_BETWEEN)))
        for phrase in (*self._phrases[text.split(" ", 1)[0]], *self._phrases[""]):
            found = phrase.pattern.fullmatch(text)
            told = self._parts(phrase, found) if found else None
            if told is not None:
                return _WITHIN_CHINESE.sub("", phrase.words.format_map(told))
        return text

    def _parts(self, phrase: _Phrase, found: re.Match[str]) -> dict[str, str] | None:
        """What stands in the places; None where a phrase is wanted and none stands."""
        told = {}
        for name, part in found.groupdict().items():
            kind = phrase.kinds[name]
            told[name] = self._part(part, kind)
            if kind == "p" and told[name] == part:
                return None
        return told

    def _part(self, text: str, kind: str | None) -> str:
        if kind == "l":
            return "、".join(map(self.of, text.split(", ")))
        return self.of(text) if kind in {"s", "p"} else text


def spoken(text: str, language: Language) -> str:
    """A line of a page in a language; what is no phrase of ours, such as a name or Azure's words, stays as it is."""
    return text if language == "en" else _book().of(text)


@cache
def _book() -> _Book:
    return _Book({english: words for part in phrase_files() for english, words in part.items()})


def phrase_files() -> Iterator[dict[str, str]]:
    """Every `phrases*.zh-TW.toml`: English and Chinese."""
    for file in sorted(resources.files(__package__).iterdir(), key=lambda one: one.name):
        if file.name.startswith("phrases") and file.name.endswith(".zh-TW.toml"):
            yield tomllib.loads(file.read_text(encoding="utf-8"))


def _openness(english: str) -> tuple[int, int]:
    """The more of a phrase is fixed, the surer it is; a number is surer than a name."""
    return -len(_PLACE.sub("", english)), sum(kind != "d" for _, kind, _ in _PLACE.findall(english))


def _phrase(english: str, words: str) -> _Phrase:
    """`{n:d} VM[s]` as a pattern: a number, and `VM` or `VMs`."""
    pattern, kinds, end = "", dict[str, str | None](), 0
    for place in _PLACE.finditer(english):
        pattern += re.escape(english[end : place.start()])
        name, kind, letters = place.groups()
        pattern += f"(?:{letters})?" if letters else f"(?P<{name}>{_FOUND[kind]})"
        kinds |= {} if letters else {name: kind}
        end = place.end()
    return _Phrase(re.compile(pattern + re.escape(english[end:])), words, kinds)
