"""Git over HTTPS: one origin, no redirect, nothing but Git's own answers, and no credential anywhere else."""

from __future__ import annotations

import ssl
import urllib.request
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import urllib3
from dulwich.client import Urllib3HttpGitClient
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool

from reconciler.sources.git.address import Address
from reconciler.sources.git.trouble import TroubleError, plain
from reconciler.sources.git.wire import CONNECT, SILENCE, Wire

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse

_GIT = "application/x-git-"


def client(
    address: Address, wire: Wire, *, user: str, token: str | None, tls: ssl.SSLContext | None = None
) -> Urllib3HttpGitClient:
    """A client for one repository. The token goes to its origin only; `tls` is the system's trust by default."""
    origin = _Origin(address.origin, wire, tls or ssl.create_default_context())
    return Urllib3HttpGitClient(
        address.title,
        pool_manager=cast("urllib3.PoolManager", origin),
        username=user if token else None,
        password=token,
    )


class _Origin:
    """What the client takes for its pool of connections."""

    def __init__(self, origin: str, wire: Wire, tls: ssl.SSLContext) -> None:
        self.headers: Mapping[str, str] = {"User-Agent": "git/reconcile", "Accept-Encoding": "identity"}
        self._origin = origin
        self._wire = wire
        self._pool = _pool(origin, wire, tls)
        wire.at_end(self._pool.clear)

    def request(self, method: str, url: str, **given: Any) -> _Answer:
        if not url.startswith(self._origin + "/"):
            raise TroubleError("source-unreachable", "the remote sends us to another host: give its own address")
        answer = self._pool.request(
            method,
            url,
            headers=given["headers"],
            body=given.get("body"),
            redirect=False,
            retries=False,
            preload_content=False,
            decode_content=False,
        )
        self._wire.at_end(answer.close)
        return _Answer(answer, url, self._wire)


class _Answer:
    """What the client reads of a response; each byte is counted."""

    def __init__(self, answer: BaseHTTPResponse, url: str, wire: Wire) -> None:
        self.status = answer.status
        self.headers = answer.headers
        self._answer = answer
        self._url = url
        self._wire = wire
        kind = answer.headers.get("Content-Type", "")
        if 300 <= answer.status < 400:
            where = plain(answer.headers.get("Location", "nowhere").partition("?")[0].removesuffix("/info/refs"))
            raise TroubleError(
                "source-unreachable", f"the remote sends us on to {where}: give that address if it is right"
            )
        if answer.status == 200 and not kind.startswith(_GIT):
            raise TroubleError(
                "source-unreachable",
                f"what answers is no Git remote (it sends {plain(kind) or 'no type'}): check the address and the proxy",
            )
        if answer.status == 403:
            raise TroubleError("source-refused", "the remote forbids this (403): check what the token may read")

    def geturl(self) -> str:
        return self._url

    def read(self, size: int | None = None) -> bytes:
        data = self._answer.read(size)
        self._wire.count(len(data))
        return data

    def close(self) -> None:
        self._answer.close()


def _pool(origin: str, wire: Wire, tls: ssl.SSLContext) -> urllib3.PoolManager:
    class Connection(HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            wire.hold(self.sock)

    class Pool(HTTPSConnectionPool):
        ConnectionCls = Connection

    timeout = urllib3.Timeout(connect=CONNECT, read=SILENCE)
    proxy = _proxy(origin)
    manager = (
        urllib3.ProxyManager(proxy, ssl_context=tls, timeout=timeout)
        if proxy
        else urllib3.PoolManager(ssl_context=tls, timeout=timeout)
    )
    manager.pool_classes_by_scheme = {**manager.pool_classes_by_scheme, "https": Pool}
    return manager


def _proxy(origin: str) -> str | None:
    """As HTTPS_PROXY and NO_PROXY say."""
    host = origin.removeprefix("https://")
    return None if urllib.request.proxy_bypass(host) else urllib.request.getproxies().get("https")
