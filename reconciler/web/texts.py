"""The words of the page: one data file a language, looked up by key."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType

from reconciler.diagnostics.language import LANGUAGES, Language

Text = str | Mapping[str, str]
"""A text, or its two forms: `one` and `other`."""


@cache
def texts(language: Language) -> Mapping[str, Text]:
    """All texts of a language by dotted key, read once."""
    source = resources.files("reconciler.web").joinpath("texts", f"{language}.toml").read_text(encoding="utf-8")
    return MappingProxyType(dict(_flat(tomllib.loads(source))))


def _flat(table: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, Text]]:
    for name, value in table.items():
        if isinstance(value, str) or (isinstance(value, dict) and set(value) == {"one", "other"}):
            yield f"{prefix}{name}", value
        elif isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")


def say(language: Language, key: str, **given: object) -> str:
    """The text of a key with its `{places}` filled; `n` chooses between `one` and `other`. KeyError for no text."""
    text = texts(language)[key]
    if not isinstance(text, str):
        text = text["one" if given.get("n") in {1, "1"} else "other"]
    return text.format(**given) if given else text


def accepted(header: str) -> Language:
    """The language of an `Accept-Language` header: the first of ours by its weights, else English."""
    wanted: list[tuple[float, int, Language]] = []
    for place, part in enumerate(header.split(",")[:20]):
        tag, _, weight = part.partition(";")
        found = _known(tag.strip().lower())
        if found is not None:
            wanted.append((-_weight(weight), place, found))
    best = min(wanted, default=None)
    return "en" if best is None or best[0] == 0 else best[2]


def _known(tag: str) -> Language | None:
    """Chinese counts when it is the traditional one: by its script or where it is written so."""
    parts = tag.split("-")
    if parts[0] == "en":
        return "en"
    if parts[0] == "zh" and {"hant", "tw", "hk", "mo"} & set(parts[1:]):
        return "zh-TW"
    return None


def _weight(text: str) -> float:
    name, _, value = text.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        weight = float(value)
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0


def language_of(asked: str, header: str) -> Language:
    """The language asked for by name, else the browser's."""
    return next((known for known in LANGUAGES if known.lower() == asked.lower()), None) or accepted(header)
