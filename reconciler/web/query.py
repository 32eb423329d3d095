"""What a request asks for beyond its path: each value checked, and the address of the same page with another one."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from urllib.parse import urlencode

_LONGEST = 500
_NUMBER = re.compile(r"[0-9]{1,9}")


class QueryError(ValueError):
    """A value that the page cannot use; `name` is its parameter."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Query:
    """The parameters of one request, as (name, value) in their order; unknown ones are passed over."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self._pairs = [(name, value) for name, value in pairs if value]
        self._values: Mapping[str, str] = dict(self._pairs)

    def text(self, name: str) -> str:
        """Free text; empty when it is not given. QueryError for one that nobody typed."""
        value = self._values.get(name, "").strip()
        if len(value) > _LONGEST or "\x00" in value:
            raise QueryError(name)
        return value

    def choice(self, name: str, allowed: Collection[str], default: str = "") -> str:
        value = self.text(name) or default
        if value and value not in allowed:
            raise QueryError(name)
        return value

    def choices(self, name: str, allowed: Collection[str]) -> frozenset[str]:
        """Several values, the parameter repeated."""
        values = frozenset(value for own, value in self._pairs if own == name)
        if values - set(allowed):
            raise QueryError(name)
        return values

    def number(self, name: str, default: int = 0) -> int:
        value = self.text(name)
        if value and not (_NUMBER.fullmatch(value) and value.isascii()):
            raise QueryError(name)
        return int(value) if value else default

    def with_(self, **changed: str | int | None) -> str:
        """The query string with some parameters changed, and those that are None or empty left out."""
        kept = [(name, value) for name, value in self._pairs if name not in changed]
        added = [(name, str(value)) for name, value in changed.items() if value not in {None, ""}]
        return urlencode([*kept, *added], errors="replace")
