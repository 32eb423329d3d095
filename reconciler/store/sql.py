"""Named statements and migrations, read from the .sql files of this folder: written once, for both databases."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources

_SHARED = ("queries.sql", "audit.sql", "lease.sql")
_NAME = re.compile(r"^-- ([a-z_]+) --$", re.ASCII | re.MULTILINE)
_PARAMETER = re.compile(r":([a-z_]+)", re.ASCII)
_IN_POSTGRES = (
    (re.compile(r"\) STRICT(, WITHOUT ROWID)?;"), ");"),
    (re.compile(r"\bINTEGER\b"), "BIGINT"),
    (re.compile(r"\bREAL\b"), "DOUBLE PRECISION"),
    (re.compile(r"\bTEXT\b"), 'TEXT COLLATE "C"'),
    (re.compile(r"^PRAGMA user_version = (\d+);$", re.MULTILINE), r"UPDATE journal_schema SET version = \1;"),
)
"""How a migration is said to PostgreSQL. Text is compared byte by byte there too."""


@cache
def queries(file: str) -> Mapping[str, str]:
    """Name → statement of each `-- name --` section of `file`."""
    text = resources.files(__package__).joinpath(file).read_text(encoding="utf-8")
    parts = _NAME.split(text)[1:]
    return {name: body.strip() for name, body in zip(parts[::2], parts[1::2], strict=True)}


@cache
def statements() -> Mapping[str, str]:
    """All that both databases understand, with `:name` for a parameter."""
    return {name: text for file in _SHARED for name, text in queries(file).items()}


@cache
def postgres_statements() -> Mapping[str, str]:
    """The same, with `%(name)s` for a parameter."""
    return {name: _PARAMETER.sub(r"%(\1)s", text) for name, text in statements().items()}


@cache
def migrations() -> tuple[tuple[int, str], ...]:
    """(version it leads to, script) of each file in `migrations/`, in order, as SQLite takes it."""
    folder = resources.files(__package__).joinpath("migrations")
    files = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".sql")), key=lambda entry: entry.name)
    return tuple((int(entry.name[:4]), entry.read_text(encoding="utf-8")) for entry in files)


@cache
def postgres_migrations() -> tuple[tuple[int, str], ...]:
    """The same, as PostgreSQL takes it."""
    return tuple((target, _translated(script)) for target, script in migrations())


def newest() -> int:
    """The schema version this program writes."""
    return migrations()[-1][0]


def _translated(script: str) -> str:
    for pattern, replacement in _IN_POSTGRES:
        script = pattern.sub(replacement, script)
    return script
