"""Counting what is asked of Azure, for whoever wants to know; nobody by default."""

from __future__ import annotations

import re
from typing import Protocol
from urllib.parse import urlsplit

_PROVIDER = "/providers/"
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9.]{1,60}", re.ASCII)


class Meter(Protocol):
    """Told after the fact; must not raise and not wait."""

    def asked(self, operation: str, code: str, seconds: float) -> None:
        """An exchange has ended: `code` is the HTTP status, or `broken` where no answer came."""
        ...

    def waited(self, seconds: float) -> None:
        """A request waited so long for its turn, because of Azure's limits."""
        ...

    def paused(self, subscription: str, seconds: float) -> None:
        """Azure asked for a pause of a whole subscription."""
        ...


class Silent:
    """Implements Meter."""

    def asked(self, operation: str, code: str, seconds: float) -> None: ...

    def waited(self, seconds: float) -> None: ...

    def paused(self, subscription: str, seconds: float) -> None: ...


def operation_of(method: str, url: str) -> str:
    """`GET backupProtectedItems`: the method and the kind of resource, without any name of one."""
    path = urlsplit(url).path.rstrip("/")
    if _PROVIDER not in path:
        return method
    kinds = path.rpartition(_PROVIDER)[2].split("/")[1:]
    last = kinds[-1] if len(kinds) % 2 else kinds[-2] if kinds else ""
    return f"{method} {last}" if _WORD.fullmatch(last) else method
