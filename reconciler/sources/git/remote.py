"""The remote of an address: the one place that knows which transports there are."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dulwich.client import GitClient, LocalGitClient

from reconciler.sources.git.address import Address
from reconciler.sources.git.trouble import TroubleError
from reconciler.sources.git.wire import Wire


@dataclass(frozen=True, slots=True)
class Access:
    """How to sign in, from the operator's settings only. `token` is asked anew at each look, as files are renewed.

    `user` is what HTTPS wants beside a token; most remotes take any name. `tls` None is the trust of the system.
    """

    user: str = "git"
    token: Callable[[], str | None] = lambda: None
    ssh_key: Path | None = None
    known_hosts: Path | None = None
    tls: ssl.SSLContext | None = None


def token_from(file: Path | None, variable: str | None) -> Callable[[], str | None]:
    """The token of a file, read at each look, or else that of a variable. Reading raises TroubleError."""

    def token() -> str | None:
        if file is None:
            return variable or None
        try:
            text = file.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise TroubleError("source-settings", f"the file of the token {file} cannot be read") from error
        if not text or not text.isprintable() or " " in text:
            raise TroubleError("source-settings", f"the file of the token {file} must hold the token and nothing else")
        return text

    return token


def connect(address: Address, access: Access, wire: Wire) -> tuple[GitClient, str]:
    """A client and the path to ask it for; nothing is sent yet. Raises TroubleError."""
    if address.scheme == "https":
        from reconciler.sources.git import https

        return https.client(address, wire, user=access.user, token=access.token(), tls=access.tls), ""
    if address.scheme == "ssh":
        from reconciler.sources.git import ssh as over_ssh

        return over_ssh.client(address, wire, key=access.ssh_key, known_hosts=access.known_hosts), address.path
    return LocalGitClient(), address.path
