"""Where a journal is: a path, or the address of a PostgreSQL database, and how to speak of it."""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote, urlsplit

_SCHEMES = ("postgresql://", "postgres://")
_NAMELESS = "postgresql://…"
_MASK = "***"


def is_postgres(where: str) -> bool:
    """Whether it is an address; anything else is a path."""
    return where.lower().startswith(_SCHEMES)


def title(where: str) -> str:
    """How people are told of it: without user, password and parameters."""
    if not is_postgres(where):
        return where
    if not is_sound(where):
        return _NAMELESS
    try:
        parts = urlsplit(where)
        host, port = parts.hostname or "", f":{parts.port}" if parts.port else ""
    except ValueError:
        return _NAMELESS
    return f"postgresql://{host}{port}{parts.path}"


def is_sound(where: str) -> bool:
    """Whether it is clear what in an address is the password: of one with a bare `@` or `/` in it, a part may pass for
    a host, and hosts are told."""
    authority, _, rest = where.partition("://")[2].partition("?")[0].partition("/")
    user = authority.rpartition("@")[0]
    return "@" not in rest and "@" not in user and user.count(":") < 2


def has_password(where: str) -> bool:
    """Whether whoever reads it can sign in with it."""
    return bool(_secrets(where))


def hushed(text: str, where: str) -> str:
    """`text` without the password that `where` has, whoever wrote it in there."""
    for secret in sorted(_secrets(where), key=len, reverse=True):
        text = text.replace(secret, _MASK)
    return text


def _secrets(where: str) -> set[str]:
    if not is_postgres(where):
        return set()
    rest = where.partition("://")[2]
    authority = rest.partition("?")[0].rpartition("@")[0]
    found = {authority.partition(":")[2]}
    for name, value in parse_qsl(rest.partition("?")[2]):
        if name in {"password", "sslpassword"}:
            found.add(value)
    return {spelling for secret in found if secret for spelling in (secret, unquote(secret))}
