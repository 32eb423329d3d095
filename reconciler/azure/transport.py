"""An azure-core transport that calls an ASGI application in this process."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from http import HTTPStatus
from types import TracebackType
from typing import Any
from urllib.parse import unquote, urlsplit

from azure.core.exceptions import HttpResponseError, ServiceResponseError
from azure.core.pipeline.transport import AsyncHttpTransport
from azure.core.rest import AsyncHttpResponse, HttpRequest
from azure.core.utils import case_insensitive_dict

Message = MutableMapping[str, Any]
AsgiApp = Callable[
    [MutableMapping[str, Any], Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]
"""An ASGI 3 application."""


class BufferedResponse(AsyncHttpResponse):
    """A response whose body is already here."""

    def __init__(self, request: HttpRequest, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self._request = request
        self._status = status
        self._headers = case_insensitive_dict(headers)
        self._body = body
        self._closed = False
        self._encoding: str | None = "utf-8"

    @property
    def request(self) -> HttpRequest:
        return self._request

    @property
    def status_code(self) -> int:
        return self._status

    @property
    def headers(self) -> MutableMapping[str, str]:
        return self._headers

    @property
    def reason(self) -> str:
        return HTTPStatus(self._status).phrase if self._status in set(HTTPStatus) else ""

    @property
    def content_type(self) -> str | None:
        return self._headers.get("content-type")

    @property
    def is_closed(self) -> bool:
        return self._closed

    @property
    def is_stream_consumed(self) -> bool:
        return self._closed

    @property
    def encoding(self) -> str | None:
        return self._encoding

    @encoding.setter
    def encoding(self, value: str | None) -> None:
        self._encoding = value

    @property
    def url(self) -> str:
        return self._request.url

    @property
    def content(self) -> bytes:
        return self._body

    def text(self, encoding: str | None = None) -> str:
        return self._body.decode(encoding or self._encoding or "utf-8", "replace")

    def json(self) -> Any:
        return json.loads(self._body)

    def raise_for_status(self) -> None:
        if self._status >= 400:
            raise HttpResponseError(response=self)

    async def read(self) -> bytes:
        return self._body

    async def iter_bytes(self, **_options: Any) -> AsyncIterator[bytes]:
        yield self._body

    async def iter_raw(self, **_options: Any) -> AsyncIterator[bytes]:
        yield self._body

    async def close(self) -> None:
        self._closed = True

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self.close()


class AsgiTransport(AsyncHttpTransport[HttpRequest, AsyncHttpResponse]):
    """Gives each request to the application and collects its answer; no socket is opened."""

    def __init__(self, app: AsgiApp) -> None:
        self._app = app

    async def open(self) -> None:
        """Nothing to open."""

    async def close(self) -> None:
        """Nothing to close."""

    async def __aenter__(self) -> AsgiTransport:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.close()

    async def send(self, request: HttpRequest, **_options: Any) -> AsyncHttpResponse:
        """Raises ServiceResponseError when the application fails or ends without an answer."""
        answer = _Answer()
        body = _content(request)
        try:
            await self._app(_scope(request), _receiver(body), answer.take)
        except Exception as error:
            raise ServiceResponseError("the application failed before it answered") from error
        if answer.status is None:
            raise ServiceResponseError("the application ended without an answer")
        return BufferedResponse(request, answer.status, answer.headers, bytes(answer.body))


class _Answer:
    def __init__(self) -> None:
        self.status: int | None = None
        self.headers: list[tuple[str, str]] = []
        self.body = bytearray()

    async def take(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in message["headers"]]
        else:
            self.body += message.get("body", b"")


def _content(request: HttpRequest) -> bytes:
    content = request.content
    return content if isinstance(content, bytes) else b""


def _scope(request: HttpRequest) -> dict[str, Any]:
    url = urlsplit(request.url)
    headers = [(b"host", url.netloc.encode("latin-1"))]
    headers += [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in request.headers.items()]
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": url.scheme,
        "path": unquote(url.path),
        "raw_path": url.path.encode("latin-1"),
        "query_string": url.query.encode("latin-1"),
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 0),
        "server": (url.hostname or "", url.port or 443),
    }


def _receiver(body: bytes) -> Callable[[], Awaitable[Message]]:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return messages.pop() if messages else {"type": "http.disconnect"}

    return receive
