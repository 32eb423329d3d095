"""What stands before every page: who may ask, how, and what a browser may do with the answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reconciler.web.hosts import host_of, origin_host

HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
"""On every answer, whatever it is. There is no CORS header among them: no other origin may read anything."""

METHODS = ("GET", "HEAD")
_LONGEST_TARGET = 8192

Refuse = Callable[[Request, int, str], Response]
"""Makes the answer to a request that is turned away: status and a key of the texts."""


class Gate:
    """ASGI middleware. Only reads, only by the names in `hosts`, and not from a page of somebody else's."""

    def __init__(self, app: ASGIApp, *, hosts: Collection[str], refuse: Refuse) -> None:
        self._app = app
        self._hosts = frozenset(hosts)
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        refusal = self._refusal(request)
        answer: ASGIApp = self._app if refusal is None else self._refuse(request, *refusal)
        await answer(scope, receive, _with_headers(send, allow=refusal is not None and refusal[0] == 405))

    def _refusal(self, request: Request) -> tuple[int, str] | None:
        names = request.headers.getlist("host")
        if len(names) != 1 or host_of(names[0]) not in self._hosts:
            return 421, "error.host"
        if request.method not in METHODS:
            return 405, "error.method"
        origins = request.headers.getlist("origin")
        if any(origin_host(origin) not in self._hosts for origin in origins) or _embedded_elsewhere(request):
            return 403, "error.origin"
        if len(request.scope.get("raw_path") or b"") + len(request.scope["query_string"]) > _LONGEST_TARGET:
            return 414, "error.too-long"
        return None


def _embedded_elsewhere(request: Request) -> bool:
    """Another site may link here, so that the browser leaves it; it may not load anything of this one."""
    if request.headers.get("sec-fetch-site") not in {"cross-site", "same-site"}:
        return False
    return request.headers.get("sec-fetch-mode") != "navigate" or request.headers.get("sec-fetch-dest") != "document"


def _with_headers(send: Send, *, allow: bool) -> Callable[[Message], Awaitable[None]]:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            if allow:
                headers["allow"] = ", ".join(METHODS)
        await send(message)

    return sending
