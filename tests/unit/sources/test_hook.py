"""The hook wakes the source for whoever knows the secret, and for nobody else."""

from __future__ import annotations

import base64
import hmac
from collections.abc import AsyncIterator

import pytest
from starlette.applications import Starlette
from starlette.types import Message, Scope

from reconciler.sources import hook as hooks
from reconciler.sources.hook import hook

SECRET = "correct-horse-battery"
BODY = b'{"ref": "refs/heads/main", "repository": {"clone_url": "https://evil.example/x"}}'


class Caller:
    """Calls the route without a network; `time` stands still unless it is moved."""

    def __init__(self) -> None:
        self.time = 0.0
        self.woken = 0
        self.app = Starlette(routes=[hook(SECRET, self._wake, lambda: self.time)])

    def _wake(self) -> None:
        self.woken += 1

    async def __call__(
        self, headers: dict[str, str], body: bytes = BODY, *, method: str = "POST", pieces: int = 1
    ) -> int:
        raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
        scope: Scope = {
            "type": "http",
            "method": method,
            "path": "/hook",
            "raw_path": b"/hook",
            "root_path": "",
            "query_string": b"",
            "headers": raw,
            "scheme": "http",
            "http_version": "1.1",
        }
        sent: list[Message] = []
        incoming = self._messages(body, pieces)

        async def receive() -> Message:
            return await anext(incoming)

        async def send(message: Message) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        return int(sent[0]["status"])

    async def _messages(self, body: bytes, pieces: int) -> AsyncIterator[Message]:
        for number in range(pieces):
            yield {"type": "http.request", "body": body, "more_body": number < pieces - 1}
        yield {"type": "http.disconnect"}


def signature(body: bytes = BODY, secret: str = SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, "sha256").hexdigest()


def basic(password: str) -> str:
    return "Basic " + base64.b64encode(f"anybody:{password}".encode()).decode()


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Hub-Signature-256": signature()},
        {"X-Hub-Signature": signature()},
        {"X-Gitlab-Token": SECRET},
        {"Authorization": f"Bearer {SECRET}"},
        {"Authorization": f"bearer {SECRET}"},
        {"Authorization": basic(SECRET)},
    ],
)
async def test_who_knows_the_secret_wakes_it(headers: dict[str, str]) -> None:
    call = Caller()
    assert await call(headers) == 202
    assert call.woken == 1


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Hub-Signature-256": signature(b"another body")},
        {"X-Hub-Signature-256": signature(secret="another secret of ours")},
        {"X-Hub-Signature-256": ""},
        {"X-Hub-Signature-256": "sha256=ä"},
        {"X-Hub-Signature-256": signature().removeprefix("sha256=")},
        {"X-Hub-Signature-256": "sha256=", "Authorization": f"Bearer {SECRET}"},
        {"X-Hub-Signature": signature().replace("sha256", "sha1")},
        {"X-Hub-Signature": signature(b"another body")},
        {"X-Gitlab-Token": SECRET + "x"},
        {"X-Gitlab-Token": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": f"Digest {SECRET}"},
        {"Authorization": basic("wrong")},
        {"Authorization": "Basic ###"},
        {"Authorization": SECRET},
    ],
)
async def test_who_does_not_know_it_wakes_nothing(headers: dict[str, str]) -> None:
    call = Caller()
    assert await call(headers) == 401
    assert call.woken == 0


async def test_other_methods_wake_nothing() -> None:
    call = Caller()
    assert await call({"Authorization": f"Bearer {SECRET}"}, method="GET") == 405
    assert call.woken == 0


@pytest.mark.parametrize("length", [str(hooks.LARGEST + 1), "9" * 30, "-1", "x", "٣"])
async def test_a_body_that_says_it_is_too_large(length: str) -> None:
    call = Caller()
    named = {"Authorization": f"Bearer {SECRET}", "Content-Length": length.encode().decode("latin-1")}
    assert await call(named) == 413
    assert call.woken == 0


async def test_a_body_that_does_not_say_how_large_it_is() -> None:
    call = Caller()
    assert await call({"Authorization": f"Bearer {SECRET}"}, bytes(1 << 20), pieces=5) == 202
    assert await call({"Authorization": f"Bearer {SECRET}"}, bytes(1 << 20), pieces=6) == 413
    assert call.woken == 1


async def test_calls_beyond_the_rate_are_refused_until_time_has_passed() -> None:
    call = Caller()
    codes = [await call({"Authorization": "Bearer wrong"}) for _ in range(25)]
    assert codes == [401] * 20 + [429] * 5
    assert await call({"Authorization": f"Bearer {SECRET}"}) == 429
    call.time += 2
    assert await call({"Authorization": f"Bearer {SECRET}"}) == 202
    assert await call({"Authorization": f"Bearer {SECRET}"}) == 429
    call.time -= 100
    assert await call({"Authorization": f"Bearer {SECRET}"}) == 429


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="16 characters"):
        hook("short", lambda: None, lambda: 0.0)
