"""What the manifests mean, as one number: the same for any order of files and documents, any comment, any layout."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from datetime import date
from enum import Enum
from typing import Any

from reconciler.model.desired import Desired

_NOT_MEANING = {"places", "span", "digest", "revision", "files"}
GENERATED = "@"
"""Stands in the name of a document without one; a written name cannot hold it."""


def digest(desired: Desired) -> str:
    """`sha256:` and 64 hexadecimal digits."""
    text = json.dumps(_canonical(desired), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _canonical(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            one.name: _canonical(_any_order(one.name, getattr(value, one.name)))
            for one in dataclasses.fields(value)
            if one.name not in _NOT_MEANING and not _generated(one.name, getattr(value, one.name))
        }
    if isinstance(value, tuple):
        parts = [_canonical(one) for one in value]
        return sorted(parts, key=_text) if parts and isinstance(parts[0], dict) else parts
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, date) else value


def _any_order(field: str, value: Any) -> Any:
    """A policy's vaults are kept in the order of the file, which means nothing."""
    return tuple(sorted(value)) if field == "vaults" and all(isinstance(one, str) for one in value) else value


def _generated(field: str, value: Any) -> bool:
    return field == "name" and GENERATED in value


def _text(part: Any) -> str:
    return json.dumps(part, sort_keys=True, ensure_ascii=False)
