"""Spans of time as a person says them."""

from __future__ import annotations

from datetime import timedelta

from reconciler.diagnostics.language import Language

_CHINESE = {"day": "天", "hour": "小時", "minute": "分鐘"}


def age_words(age: timedelta, language: Language = "en") -> str:
    """`40 minutes`, `11 hours`, `3 days`: whole units, rounded down; hours up to two days."""
    minutes = int(age.total_seconds()) // 60
    if minutes < 1:
        return "不到 1 分鐘" if language == "zh-TW" else "less than a minute"
    for size, unit, fewest in ((1440, "day", 2), (60, "hour", 1)):
        if minutes >= size * fewest:
            return _count(minutes // size, unit, language)
    return _count(minutes, "minute", language)


def short_age(age: timedelta) -> str:
    """The same for a table: `40 min`, `11 h`, `3 d`."""
    if age < timedelta(minutes=1):
        return "< 1 min"
    number, unit = age_words(age).split(" ")
    return f"{number} {unit[:3] if unit.startswith('minute') else unit[0]}"


def _count(number: int, unit: str, language: Language) -> str:
    if language == "zh-TW":
        return f"{number} {_CHINESE[unit]}"
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
