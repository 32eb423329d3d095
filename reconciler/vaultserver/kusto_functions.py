"""Scalar functions of the Kusto query language, on values as they stand in JSON, and on times."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any


def fold(value: Any) -> str:
    return as_text(value).lower()


def as_text(value: Any) -> str:
    """Kusto's `tostring`: JSON for bags and arrays, the empty string for null."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        return json.dumps(value, separators=(",", ":"))
    return value.isoformat() if isinstance(value, datetime) else str(value)


def as_time(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return value
    try:
        moment = datetime.fromisoformat(as_text(value).replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _number(kind: Callable[[Any], Any]) -> Callable[..., Any]:
    def convert(value: Any) -> Any:
        try:
            return kind(float(value))
        except (TypeError, ValueError):
            return None

    return convert


def _parsed(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _case(*values: Any) -> Any:
    for index in range(0, len(values) - 1, 2):
        if values[index]:
            return values[index + 1]
    return values[-1]


def _extract(pattern: Any, group: Any, text: Any) -> str:
    match = re.search(as_text(pattern), as_text(text))
    return match[int(group)] or "" if match and int(group) <= (match.re.groups) else ""


def _empty(value: Any) -> bool:
    return as_text(value) == ""


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "tolower": fold,
    "toupper": lambda value: as_text(value).upper(),
    "tostring": as_text,
    "toint": _number(int),
    "tolong": _number(int),
    "toreal": _number(float),
    "todouble": _number(float),
    "tobool": lambda value: {"true": True, "1": True, "false": False, "0": False}.get(fold(value)),
    "todatetime": as_time,
    "isempty": _empty,
    "isnotempty": lambda value: not _empty(value),
    "notempty": lambda value: not _empty(value),
    "isnull": lambda value: value is None,
    "isnotnull": lambda value: value is not None,
    "not": lambda value: not value,
    "strcat": lambda *values: "".join(map(as_text, values)),
    "strlen": lambda value: len(as_text(value)),
    "substring": lambda text, start, length=None: as_text(text)[start:][:length],
    "split": lambda text, mark, index=None: (
        as_text(text).split(mark) if index is None else as_text(text).split(mark)[index : index + 1]
    ),
    "replace_string": lambda text, old, new: as_text(text).replace(old, new),
    "trim": lambda pattern, text: re.sub(f"^({pattern})+|({pattern})+$", "", as_text(text)),
    "array_length": lambda value: len(value) if isinstance(value, list) else None,
    "bag_keys": lambda value: list(value) if isinstance(value, Mapping) else None,
    "coalesce": lambda *values: next((value for value in values if value is not None and value != ""), None),
    "iff": lambda test, yes, no: yes if test else no,
    "iif": lambda test, yes, no: yes if test else no,
    "case": _case,
    "extract": _extract,
    "parse_json": _parsed,
    "todynamic": _parsed,
    "pack": lambda *values: dict(zip(values[::2], values[1::2], strict=False)),
    "bag_pack": lambda *values: dict(zip(values[::2], values[1::2], strict=False)),
    "pack_array": lambda *values: list(values),
}
