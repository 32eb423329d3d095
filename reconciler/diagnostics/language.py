"""Which of the two languages of the troubleshooting table to speak."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

Language = Literal["en", "zh-TW"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
_ORDER = ("LC_ALL", "LC_MESSAGES", "LANG")
"""As POSIX has it: the first one that is set and not empty decides."""
_TRADITIONAL = frozenset({"zh_tw", "zh_hk", "zh_mo", "zh_hant"})


def language(environment: Mapping[str, str]) -> Language:
    """The language of the locale that the environment names; English for every locale but a Traditional Chinese one."""
    named = next((value for name in _ORDER if (value := environment.get(name, ""))), "")
    locale = named.partition(".")[0].partition("@")[0].replace("-", "_").lower()
    return "zh-TW" if "_".join(locale.split("_")[:2]) in _TRADITIONAL else "en"


def spoken(asked: str | None, environment: Mapping[str, str]) -> Language:
    """The language asked for by name, else that of the locale."""
    return next((known for known in LANGUAGES if known == asked), language(environment))
