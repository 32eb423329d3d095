"""`POST /hook`: somebody who knows the secret says that there is news; what the news is, nobody asks."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

PATH = "/hook"
LARGEST = 5 * 1024 * 1024
"""Bytes of a body; the hosts of repositories send less for a push."""
SHORTEST_SECRET = 16
_BURST = 20
_PER_SECOND = 0.5


@dataclass(slots=True)
class Rate:
    """So many calls at once, and one every two seconds in the long run; `monotonic` is in seconds."""

    monotonic: Callable[[], float]
    _left: float = _BURST
    _at: float = field(init=False)

    def __post_init__(self) -> None:
        self._at = self.monotonic()

    def allows(self) -> bool:
        now = self.monotonic()
        self._left = min(_BURST, self._left + max(now - self._at, 0.0) * _PER_SECOND)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


def hook(secret: str, wake: Callable[[], None], monotonic: Callable[[], float]) -> Route:
    """A route that answers 202 and calls `wake` (in the event loop) when the caller shows that it knows `secret`.

    It is shown by `X-Hub-Signature-256` (GitHub, Gitea; without the number Bitbucket), HMAC-SHA256 of the body;
    by `X-Gitlab-Token`, a bearer token, or the password of basic authentication (Azure DevOps). All compare in constant
    time. The body is read for the signature alone. 401 without the secret, 413 for a larger body, 429 when called too
    often, whoever calls.
    """
    if len(secret) < SHORTEST_SECRET:
        raise ValueError(f"the secret of the hook must have {SHORTEST_SECRET} characters or more")
    key, rate = secret.encode(), Rate(monotonic)

    async def answer(request: Request) -> Response:
        if not rate.allows():
            return JSONResponse({"error": "called too often"}, 429, {"Retry-After": "60"})
        try:
            body = await _body(request)
        except ClientDisconnect:
            return Response(status_code=400)
        if body is None:
            return JSONResponse({"error": "the body is too large"}, 413, {"Connection": "close"})
        if not _knows(request, body, key):
            return JSONResponse({"error": "the secret is missing or wrong"}, 401)
        wake()
        return JSONResponse({"status": "accepted"}, 202)

    return Route(PATH, answer, methods=["POST"])


async def _body(request: Request) -> bytes | None:
    length = request.headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit() and len(length) < 10 and int(length) <= LARGEST):
        return None
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST:
            return None
    return bytes(body)


def _knows(request: Request, body: bytes, key: bytes) -> bool:
    """One way of showing it is enough; one that is shown and wrong is not made good by another."""
    headers = request.headers
    signature = headers.get("x-hub-signature-256")
    older = headers.get("x-hub-signature", "")
    if signature is None and older.startswith("sha256="):
        signature = older
    if signature is not None:
        wanted = "sha256=" + hmac.new(key, body, "sha256").hexdigest()
        return hmac.compare_digest(signature.encode(), wanted.encode())
    shown = headers.get("x-gitlab-token") or _authorization(headers.get("authorization", ""))
    return hmac.compare_digest(shown.encode(), key)


def _authorization(header: str) -> str:
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(value, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""
