"""What may be followed: the address, branch and folder of a repository, checked before anything is opened."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

_LONGEST = 2000
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|[0-9A-Fa-f:.]{2,45}")
_PATH = re.compile(r"[A-Za-z0-9._~/%+@!$&()*,;=:-]+")
_SHORT = re.compile(r"(?P<user>[^@:/]+)@(?P<host>[^@:/\[\]]+):(?P<path>[^:].*)")
"""`git@host:path`, the short form of an ssh address."""
_BRANCH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/+@#=,-]{0,199}")
_SHA = re.compile(r"[0-9a-f]{40}")
_OTHERS = {
    "http": "http:// is not encrypted: use https://",
    "git": "git:// is neither encrypted nor authenticated: use https:// or ssh://",
    "ext": "ext:: runs a command: use https:// or ssh://",
    "fd": "fd:: is no address of a repository: use https:// or ssh://",
    "file": "a repository on this machine is followed only together with the embedded vault: use https:// or ssh://",
}


class AddressError(ValueError):
    """The address, branch, folder or commit is not one that is followed; the message says why, and what to write."""


@dataclass(frozen=True, slots=True)
class Address:
    """`scheme` is https, ssh or file; `path` is as the remote takes it; `title` names it without credentials."""

    scheme: str
    host: str
    port: int | None
    user: str | None
    path: str

    @property
    def origin(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + (f":{self.port}" if self.port else "")

    @property
    def title(self) -> str:
        separator = "" if self.path.startswith("/") else "/"
        return self.path if self.scheme == "file" else f"{self.origin}{separator}{self.path}"


def parse(text: str, *, local: bool = False) -> Address:
    """The address of a repository: https://, ssh:// or git@host:path, and a path of this machine where `local`.

    Raises AddressError; its message holds nothing of the part that may be a password.
    """
    if not text or len(text) > _LONGEST or not text.isascii() or not text.isprintable() or " " in text or "\\" in text:
        raise AddressError("the address of the repository must be plain printable ASCII without blanks")
    if text.startswith("-"):
        raise AddressError("the address of the repository must not begin with a hyphen")
    if local and text.startswith(("/", "file:///")):
        return Address("file", "", None, None, unquote(text.removeprefix("file://")))
    short = _SHORT.fullmatch(text)
    if short and "://" not in text:
        return _checked(Address("ssh", short["host"].lower(), None, short["user"], short["path"]))
    if "::" in text.partition("/")[0]:
        raise AddressError(_OTHERS.get(text.partition("::")[0], "NAME:: runs a program: use https:// or ssh://"))
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise AddressError("the address of the repository is no URL: write https://HOST/PATH") from error
    if parts.scheme not in {"https", "ssh"}:
        reason = _OTHERS.get(parts.scheme, "write https://HOST/PATH, ssh://USER@HOST/PATH or USER@HOST:PATH")
        raise AddressError(f"this is no address that is followed: {reason}")
    return _from_url(parts, port)


def _from_url(parts: SplitResult, port: int | None) -> Address:
    if parts.password is not None or (parts.scheme == "https" and parts.username is not None):
        raise AddressError("credentials do not belong into the address: give the token with --git-token-file")
    if parts.query or parts.fragment or parts.netloc.endswith((":", "@")) or port == 0:
        raise AddressError("the address of the repository must be https://HOST/PATH, without anything behind it")
    path = parts.path
    if parts.scheme == "ssh" and path.startswith("/~"):
        path = path[1:]
    return _checked(Address(parts.scheme, parts.hostname or "", port, parts.username, path))


def _checked(address: Address) -> Address:
    if address.user is not None and not _USER.fullmatch(address.user):
        raise AddressError("the user in the address of the repository has characters that are not allowed")
    if not _HOST.fullmatch(address.host) or ".." in address.host:
        raise AddressError("the host in the address of the repository is no host name")
    decoded = unquote(address.path)
    segments = decoded.strip("/").split("/")
    if not _PATH.fullmatch(address.path) or not decoded.isprintable() or not decoded.strip("/"):
        raise AddressError("the path in the address of the repository has characters that are not allowed, or is empty")
    if any(segment in {"", ".", ".."} or segment.startswith("-") for segment in segments):
        raise AddressError("the path in the address of the repository must not hold `..`, `//` or a leading hyphen")
    return address


def branch(text: str) -> bytes:
    """The full name of a branch, as in `refs/heads/main`; AddressError unless the name is plain."""
    odd = any(part.startswith((".", "-")) or part.endswith((".", ".lock")) or not part for part in text.split("/"))
    if not _BRANCH.fullmatch(text) or odd or ".." in text or "@{" in text or text in {"HEAD", "@"}:
        raise AddressError(
            f"{text[:100]!r} is no name of a branch that is followed: letters, digits and . _ / + @ # = , - only"
        )
    return b"refs/heads/" + text.encode("ascii")


def folder(text: str) -> tuple[str, ...]:
    """The parts of a folder inside of the repository; none for its root. AddressError."""
    parts = [part for part in text.removesuffix("/").split("/") if part != "."]
    if text in {"", "."}:
        return ()
    if text.startswith("/") or any(part in {"", ".."} for part in parts) or "\\" in text or not text.isprintable():
        raise AddressError(
            f"{text[:100]!r} is no folder of a repository: write it relative to the root, as in backup/prod"
        )
    return tuple(parts)


def commit(text: str) -> str:
    """The full id of a commit; AddressError."""
    if not _SHA.fullmatch(text):
        raise AddressError(f"{text[:100]!r} is no id of a commit: give all 40 digits")
    return text
