"""The in-process transport: what the application is given, and what becomes of its failures."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.azure.budget import Budget
from reconciler.azure.client import WriteClient
from reconciler.azure.clouds import EMBEDDED
from reconciler.azure.credentials import DevelopmentCredential
from reconciler.azure.pipeline import Broken, Pipeline, Reply
from reconciler.azure.transport import AsgiApp, AsgiTransport
from reconciler.model.outcome import Unsure
from tests.unit.azure.scripted import GET, PUT, Dice, V, VirtualClock


def _client(app: AsgiApp) -> WriteClient:
    clock = VirtualClock()
    pipeline = Pipeline(EMBEDDED, DevelopmentCredential(), AsgiTransport(app), clock, writable=True)
    return WriteClient(pipeline, Budget(clock), clock, Dice(), 4)


async def test_the_application_sees_the_request_and_its_pieces_become_one_body() -> None:
    seen: dict[str, Any] = {}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.update(scope, content=(await receive())["body"], after=(await receive())["type"])
        await send({"type": "http.response.start", "status": 200, "headers": [(b"Retry-After", b"7")]})
        await send({"type": "http.response.body", "body": b'{"a":', "more_body": True})
        await send({"type": "http.response.body", "body": b"1}"})

    client = _client(app)
    result = await client.ask(GET, "corr")
    assert isinstance(result, Reply)
    assert (result.body, result.headers["retry-after"]) == (b'{"a":1}', "7")
    assert (seen["path"], seen["method"], seen["scheme"], seen["query_string"]) == (
        V,
        "GET",
        "https",
        b"api-version=2024-04-01",
    )
    headers = dict(seen["headers"])
    assert headers[b"host"] == b"embedded.invalid"
    assert headers[b"authorization"].startswith(b"Bearer ")
    await client.submit(PUT, "corr")
    assert (seen["content"], seen["after"]) == (b'{"properties":{}}', "http.disconnect")
    assert dict(seen["headers"])[b"content-length"] == b"17"


async def _fails(scope: Any, receive: Any, send: Any) -> None:
    raise RuntimeError("boom with a secret")


async def _silent(scope: Any, receive: Any, send: Any) -> None:
    return


@pytest.mark.parametrize("app", [_fails, _silent])
async def test_an_application_that_fails_is_a_broken_exchange(app: AsgiApp) -> None:
    client = _client(app)
    result = await client.ask(GET, "c")
    assert isinstance(result, Broken)
    assert "secret" not in result.reason
    assert isinstance(await client.submit(PUT, "c"), Unsure)
