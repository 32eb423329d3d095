"""Remotes on loopback: Git over HTTPS by the library's own server, and servers that say what a test wants."""

from __future__ import annotations

import base64
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingMixIn, ThreadingTCPServer
from typing import Any, cast
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import trustme
from dulwich.server import BackendRepo, DictBackend
from dulwich.web import make_wsgi_chain

from reconciler.sources.git.remote import Access
from tests.unit.sources.git.origins import Origin

PATH = "/team/backup.git"
Start = Callable[..., Any]


class Trust:
    """An authority for loopback: `server` has its certificate, `client` trusts it."""

    def __init__(self) -> None:
        authority = trustme.CA()
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(self.server)
        self.client = ssl.create_default_context()
        authority.configure_trust(self.client)

    def access(self, token: str | None = None) -> Access:
        return Access(token=lambda: token, tls=self.client)


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None: ...


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is what some tests want."""


@contextmanager
def serving(server: Any, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Run a server in a thread; its port."""
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


@contextmanager
def over_https(origin: Origin, trust: Trust, *, token: str | None = None) -> Iterator[tuple[str, list[str]]]:
    """The address of the repository, and the list of what was asked for; with `token` it wants one."""
    served = make_wsgi_chain(DictBackend({PATH: cast("BackendRepo", origin.repo)}))
    wanted = token and "Basic " + base64.b64encode(f"git:{token}".encode()).decode()
    asked: list[str] = []

    def app(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        asked.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
        if wanted and environ.get("HTTP_AUTHORIZATION") != wanted:
            start("401 Unauthorized", [("WWW-Authenticate", 'Basic realm="x"'), ("Content-Length", "0")])
            return []
        answer: Iterable[bytes] = served(environ, start)
        return answer

    server = _Server(("127.0.0.1", 0), _Quiet)
    server.set_app(app)
    with serving(server, trust.server) as port:
        yield f"https://127.0.0.1:{port}{PATH}", asked


@contextmanager
def saying(talk: Callable[[socket.socket], None], tls: ssl.SSLContext | None) -> Iterator[int]:
    """A server that reads what it is asked and then does as `talk` says with each connection; its port."""

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):
                self.request.recv(65536)
                talk(self.request)

    class Server(ThreadingTCPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A client that hangs up is what some tests want."""

    with serving(Server(("127.0.0.1", 0), Handler), tls) as port:
        yield port


def answer(body: bytes, *, status: str = "200 OK", kind: str = "application/x-git-upload-pack-advertisement") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


def line(text: bytes) -> bytes:
    """As Git's protocol counts it."""
    return b"%04x" % (len(text) + 4) + text


def token_file(folder: Path, token: str) -> Path:
    path = folder / "token"
    path.write_text(token + "\n")
    return path


@contextmanager
def proxy() -> Iterator[tuple[str, list[str]]]:
    """An HTTP proxy that tunnels; its address, and whereto it was asked to."""
    asked: list[str] = []

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):
                head = self.request.recv(65536).split(b" ")
                asked.append(head[1].decode())
                host, _, port = head[1].decode().partition(":")
                with socket.create_connection((host, int(port)), 10) as there:
                    self.request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    back = threading.Thread(target=_pass_on, args=(there, self.request), daemon=True)
                    back.start()
                    _pass_on(self.request, there)
                    back.join(10)

    class Server(ThreadingTCPServer):
        daemon_threads = True

    with serving(Server(("127.0.0.1", 0), Handler), None) as port:
        yield f"http://127.0.0.1:{port}", asked


def _pass_on(here: socket.socket, there: socket.socket) -> None:
    with suppress(OSError):
        while data := here.recv(65536):
            there.sendall(data)
        there.shutdown(socket.SHUT_WR)
