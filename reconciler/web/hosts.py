"""Which names the page answers to, and on which addresses it may listen at all.

A page elsewhere can make a browser resolve its own name to 127.0.0.1 (DNS rebinding) and then read whatever answers;
the name it sends gives it away.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})

_AUTHORITY = re.compile(r"(?P<host>\[[0-9a-f:.]{2,45}\]|[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?)(:(?P<port>[0-9]{1,5}))?")
_ORIGIN = re.compile(r"https?://(?P<authority>[^/?#@\s]+)")
_LAST_PORT = 65535


class ListenError(ValueError):
    """The page must not be served there; the message says why and what to do."""


def require_safe(host: str, names: Collection[str]) -> None:
    """ListenError where `host` is reachable from other machines and nobody has said by which names.

    The page shows an inventory and asks nobody who he is: beyond loopback something in front of it has to, and whoever
    gives the names by which that is reached says that there is such a thing.
    """
    if is_loopback(host) or names:
        return
    raise ListenError(
        f"{host} can be reached from other machines, and the page asks nobody who he is. Listen on 127.0.0.1, or put a "
        "proxy with TLS and sign-in in front and name it as people reach it: --page-host backup.example.com"
    )


def is_loopback(host: str) -> bool:
    """An address of this machine only; of names only `localhost` is one, for any other may lead elsewhere."""
    bare = host.removeprefix("[").removesuffix("]")
    try:
        return ipaddress.ip_address(bare).is_loopback
    except ValueError:
        return bare.lower() == "localhost"


def allowed_names(names: Collection[str]) -> frozenset[str]:
    """The names that are answered to, in lower case and without a port: those of loopback, and those given.

    ListenError for what is no name.
    """
    wrong = [name for name in names if host_of(name) != name.lower()]
    if wrong:
        raise ListenError(f"{wrong[0]!r} is no name of a host: write it without a scheme, port or path")
    return LOOPBACK_NAMES | {name.lower() for name in names}


def host_of(authority: str) -> str | None:
    """The host of a `Host` header, in lower case; None for anything but a plain name or address and a port."""
    match = _AUTHORITY.fullmatch(authority.lower())
    if match is None or int(match["port"] or 0) > _LAST_PORT:
        return None
    return match["host"]


def origin_host(origin: str) -> str | None:
    """The host of an `Origin` header; None for `null` and for whatever is none."""
    match = _ORIGIN.fullmatch(origin.lower())
    return host_of(match["authority"]) if match else None
