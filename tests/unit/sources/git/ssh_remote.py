"""Git over SSH on loopback: paramiko's server, and the library's own upload-pack behind it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import cast

import paramiko
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from dulwich.protocol import ReceivableProtocol
from dulwich.server import BackendRepo, DictBackend, UploadPackHandler
from paramiko.common import AUTH_FAILED, AUTH_SUCCESSFUL, OPEN_SUCCEEDED

from tests.unit.sources.git.origins import Origin
from tests.unit.sources.git.remotes import serving

PATH = "/team/backup.git"


def new_key(path: Path) -> paramiko.PKey:
    """A private key of Ed25519, kept in a file as OpenSSH does; what comes back signs."""
    _write_key(path, serialization.NoEncryption())
    return paramiko.PKey.from_path(path)


def locked_key(path: Path) -> None:
    """A private key behind a passphrase."""
    _write_key(path, serialization.BestAvailableEncryption(b"passphrase"))


def _write_key(path: Path, lock: serialization.KeySerializationEncryption) -> None:
    made = Ed25519PrivateKey.generate()
    path.write_bytes(made.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, lock))
    path.chmod(0o600)


@dataclass
class SshRemote:
    """`allowed` may sign in; `ran` is what clients asked to run, `signed_in` how often somebody did."""

    origin: Origin
    host_key: paramiko.PKey
    allowed: paramiko.PKey
    port: int = 0
    ran: list[bytes] = field(default_factory=list)
    signed_in: list[str] = field(default_factory=list)
    says: bytes | None = None

    @property
    def address(self) -> str:
        return f"ssh://git@127.0.0.1:{self.port}{PATH}"

    def known(self, path: Path, key: paramiko.PKey | None = None, host: str | None = None) -> Path:
        """A file of known hosts that has this one."""
        shown = key or self.host_key
        path.write_text(f"{host or f'[127.0.0.1]:{self.port}'} {shown.get_name()} {shown.get_base64()}\n")
        return path


class _Session(paramiko.ServerInterface):
    def __init__(self, remote: SshRemote, transport: paramiko.Transport) -> None:
        self._remote = remote
        self._transport = transport

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        if key != self._remote.allowed:
            return AUTH_FAILED
        self._remote.signed_in.append(username)
        return AUTH_SUCCESSFUL

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return OPEN_SUCCEEDED

    def check_channel_env_request(self, channel: paramiko.Channel, name: bytes, value: bytes) -> bool:
        return True

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        self._remote.ran.append(command)
        threading.Thread(target=self._answer, args=(channel,), daemon=True).start()
        return True

    def _answer(self, channel: paramiko.Channel) -> None:
        with suppress(Exception):
            if self._remote.says is not None:
                channel.sendall_stderr(self._remote.says)
            else:
                backend = DictBackend({PATH: cast("BackendRepo", self._remote.origin.repo)})
                UploadPackHandler(backend, [PATH], ReceivableProtocol(channel.recv, channel.sendall)).handle()
        with suppress(Exception):
            channel.send_exit_status(0)
            channel.close()


@contextmanager
def over_ssh(remote: SshRemote) -> Iterator[SshRemote]:
    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            transport = paramiko.Transport(cast("socket.socket", self.request))
            transport.add_server_key(remote.host_key)
            with suppress(Exception):
                transport.start_server(server=_Session(remote, transport))
                transport.join(30)
            transport.close()

    class Server(ThreadingTCPServer):
        daemon_threads = True

    with serving(Server(("127.0.0.1", 0), Handler), None) as port:
        remote.port = port
        yield remote
