"""Git over SSH: no program, no agent, no key but the one given, and no host whose key is not known."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import IO, cast

import paramiko
from dulwich.client import SSHGitClient, SSHVendor, SubprocessWrapper
from dulwich.protocol import Protocol

from reconciler.sources.git.address import Address
from reconciler.sources.git.trouble import TroubleError
from reconciler.sources.git.wire import CONNECT, SILENCE, Wire

_PORT = 22


def client(address: Address, wire: Wire, *, key: Path | None, known_hosts: Path | None) -> SSHGitClient:
    """A client for one host, which must be in `known_hosts`; `key` is a private key without a passphrase."""
    if known_hosts is None:
        raise TroubleError("source-settings", "ssh needs the keys of its hosts: give the file with --git-known-hosts")
    if key is None:
        raise TroubleError("source-settings", "ssh needs a key to sign in with: give the file with --git-ssh-key")
    vendor = _Vendor(wire, _key(key), _hosts(known_hosts))
    made = _Client(address.host, address.port, address.user, vendor=vendor)
    made.wire = wire
    return made


class _Client(SSHGitClient):
    """Leaves no conversation open that breaks off before it has begun."""

    wire: Wire

    def _connect(
        self, cmd: bytes, path: str | bytes, protocol_version: int | None = None
    ) -> tuple[Protocol, Callable[[], bool], IO[bytes] | None]:
        made = super()._connect(cmd, path, protocol_version)
        self.wire.at_end(made[0].close)
        return made


def _key(path: Path) -> paramiko.PKey:
    try:
        return paramiko.PKey.from_path(path)
    except OSError as error:
        raise TroubleError("source-settings", f"the key {path} cannot be read: {error.strerror}") from error
    except (paramiko.SSHException, ValueError, TypeError) as error:
        raise TroubleError("source-settings", f"the key {path} is no private key without a passphrase") from error


def _hosts(path: Path) -> paramiko.HostKeys:
    hosts = paramiko.HostKeys()
    try:
        if any(line.startswith("@") for line in path.read_text(encoding="utf-8").splitlines()):
            raise TroubleError(
                "source-settings", f"{path} has lines that begin with @: those markers are not understood"
            )
        hosts.load(os.fspath(path))
    except (OSError, UnicodeDecodeError, paramiko.hostkeys.InvalidHostKey) as error:
        raise TroubleError("source-settings", f"the file of known hosts {path} cannot be read") from error
    return hosts


class _Vendor(SSHVendor):
    """Signs in, and runs the one command that Git's protocol asks for."""

    def __init__(self, wire: Wire, key: paramiko.PKey, hosts: paramiko.HostKeys) -> None:
        self._wire = wire
        self._key = key
        self._hosts = hosts

    def run_command(
        self,
        host: str,
        command: bytes,
        username: str | None = None,
        port: int | None = None,
        *_: object,
        protocol_version: int | None = None,
        **__: object,
    ) -> SubprocessWrapper:
        transport = paramiko.Transport(self._wire.open(host, port or _PORT))
        self._wire.at_end(transport.close)
        try:
            transport.banner_timeout = transport.auth_timeout = CONNECT
            self._sign_in(transport, host if port in {None, _PORT} else f"[{host}]:{port}", username or "git")
            channel = transport.open_session(timeout=CONNECT)
            channel.settimeout(SILENCE)
            if protocol_version is None or protocol_version == 2:
                channel.set_environment_variable("GIT_PROTOCOL", "version=2")
            channel.exec_command(command)
        except BaseException:
            transport.close()
            raise
        return cast("SubprocessWrapper", _Channel(transport, channel, self._wire))

    def _sign_in(self, transport: paramiko.Transport, name: str, user: str) -> None:
        known = self._hosts.lookup(name)
        if known is None:
            raise TroubleError(
                "source-refused", f"the host {name} is not in the file of known hosts: add its key after checking it"
            )
        options = transport.get_security_options()
        options.key_types = [kind for kind in options.key_types if _family(kind) in {_family(one) for one in known}]
        transport.start_client(timeout=CONNECT)
        shown = transport.get_remote_server_key()
        if known.get(shown.get_name()) != shown:
            raise TroubleError(
                "source-refused",
                f"the host {name} shows another key than the file of known hosts has: somebody may be listening in",
            )
        try:
            transport.auth_publickey(user, self._key)
        except paramiko.AuthenticationException as error:
            raise TroubleError(
                "source-refused", f"the host {name} refuses the key: check it, and the user {user}"
            ) from error


def _family(kind: str) -> str:
    """A key of RSA signs in several ways."""
    return "ssh-rsa" if kind.startswith("rsa-") else kind


class _Channel:
    """The two ends of the command, as the client wants them; each byte is counted."""

    def __init__(self, transport: paramiko.Transport, channel: paramiko.Channel, wire: Wire) -> None:
        self._transport = transport
        self._channel = channel
        self._wire = wire
        self._input = channel.makefile("rb", -1)
        self.stderr = channel.makefile_stderr("rb")

    def can_read(self) -> bool:
        return self._channel.recv_ready()

    def read(self, size: int) -> bytes:
        data = self._input.read(size)
        self._wire.count(len(data))
        return data

    def write(self, data: bytes) -> int:
        self._channel.sendall(data)
        return len(data)

    def close(self) -> None:
        self._transport.close()
