"""Named queries, read from the .sql files of this folder."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources

_NAME = re.compile(r"^-- ([a-z_]+) --$", re.ASCII | re.MULTILINE)


@cache
def queries(file: str) -> Mapping[str, str]:
    """Name → statement of each `-- name --` section of `file`."""
    text = resources.files(__package__).joinpath(file).read_text(encoding="utf-8")
    parts = _NAME.split(text)[1:]
    return {name: body.strip() for name, body in zip(parts[::2], parts[1::2], strict=True)}


@cache
def migrations() -> tuple[tuple[int, str], ...]:
    """(version it leads to, script) of each file in `migrations/`, in order."""
    folder = resources.files(__package__).joinpath("migrations")
    files = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".sql")), key=lambda entry: entry.name)
    return tuple((int(entry.name[:4]), entry.read_text(encoding="utf-8")) for entry in files)
