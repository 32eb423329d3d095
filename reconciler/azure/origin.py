"""The gate for addresses: only the configured scheme, host and port may be spoken to (I-43)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from reconciler.model.ids import fold

_PLAIN = re.compile(r"[!-~]+")
"""Printable ASCII without blanks: parsers differ on everything else, and a difference is a way out."""
_URL = re.compile(r"(?P<scheme>https?)://(?P<authority>[^/?]*)(?P<rest>(?:[/?].*)?)")
_AUTHORITY = re.compile(r"(?P<host>[a-z0-9.\-]+|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{1,5}))?")
_DEFAULT_PORTS = {"https": 443, "http": 80}


class ForeignOriginError(ValueError):
    """An address that is not below the configured endpoint; nothing was sent to it."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port, all of which an address must share to be sent a token. `host` is folded."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Origin:
        """The origin of an absolute URL. Raises ForeignOriginError for what is not plainly one."""
        if not _PLAIN.fullmatch(url) or any(mark in url for mark in "\\@#"):
            raise ForeignOriginError("the address holds a character that parsers read differently")
        match = _URL.fullmatch(url)
        authority = _AUTHORITY.fullmatch(fold(match["authority"])) if match else None
        if match is None or authority is None:
            raise ForeignOriginError("the address is not a plain http(s) URL")
        port = int(authority["port"]) if authority["port"] else _DEFAULT_PORTS[match["scheme"]]
        return cls(match["scheme"], authority["host"], port)

    def resolve(self, url: str) -> str:
        """`url` as an absolute address of this origin; one that starts with a single `/` is below it.

        Raises ForeignOriginError for any other origin. The message never holds the address: it may carry a signature.
        """
        absolute = f"{self}{url}" if url.startswith("/") and not url.startswith("//") else url
        found = Origin.of(absolute)
        if found != self:
            raise ForeignOriginError(f"the address is not at {self}; the token was not sent there")
        return absolute

    @property
    def loopback(self) -> bool:
        return self.host in {"localhost", "[::1]"} or re.fullmatch(r"127(\.[0-9]{1,3}){3}", self.host) is not None

    def __str__(self) -> str:
        port = "" if self.port == _DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}"
