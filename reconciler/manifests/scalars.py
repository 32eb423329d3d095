"""What a plain scalar is: YAML 1.2's core schema and nothing of YAML 1.1 (`no`, `22:30` and `1_000` are text)."""

from __future__ import annotations

import re

Scalar = str | int | float | bool | None

_WORDS: dict[str, Scalar] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_A_NUMBER = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_LONGEST_NUMBER = 24
_MAY_BE_SPECIAL = frozenset("~nNtTfF+-.0123456789")


class NotANumberError(ValueError):
    """A number that no field can hold; its text is the reason."""


def resolve(text: str) -> Scalar:
    """The value of a plain scalar. Raises NotANumberError for infinities, NaN and numbers that are too long."""
    if text and text[0] not in _MAY_BE_SPECIAL:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _NOT_A_NUMBER.fullmatch(text):
        raise NotANumberError(f"{text} is not a number that can be used")
    whole = _INT.fullmatch(text) is not None
    if not whole and not _FLOAT.fullmatch(text):
        return text
    if len(text) > _LONGEST_NUMBER:
        raise NotANumberError(f"a number of {len(text)} characters is too long")
    if whole:
        return _integer(text)
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise NotANumberError(f"{text} is too large")
    return value


def _integer(text: str) -> int:
    bases = {"0o": 8, "0x": 16}
    return int(text[2:], bases[text[:2]]) if text[:2] in bases else int(text)
