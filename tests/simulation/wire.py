"""The transport below the real pipeline: it gives requests to the embedded vault, and writes down what happens."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any, Protocol

from azure.core.rest import AsyncHttpResponse, HttpRequest

from reconciler.azure.transport import AsgiTransport, BufferedResponse
from tests.simulation.content import before
from tests.simulation.requests import name_of
from tests.simulation.story import Exchange, Story
from tests.simulation.universe import Universe

Serve = Callable[[], Awaitable[BufferedResponse]]


class Breaker(Protocol):
    """What may come between a request and the vault."""

    async def meet(self, exchange: Exchange, request: HttpRequest, serve: Serve) -> AsyncHttpResponse:
        """The answer to a request. `serve` carries it out, as often as it is called."""
        ...


_TIMELESS = {
    "read:vault",
    "read:config",
    "list:guards",
    "list:policies",
    "list:containers",
    "list:protectable",
    "list:vms",
    "list:nics",
}
"""Requests whose answer does not depend on the hour."""
_OF_A_REQUEST = {"x-ms-request-id", "x-ms-correlation-request-id", "x-ms-client-request-id"}


class Straight:
    """Nothing comes between."""

    async def meet(self, exchange: Exchange, request: HttpRequest, serve: Serve) -> AsyncHttpResponse:
        del exchange, request
        return await serve()


class Wire(AsgiTransport):
    """One process's connection. With `pace`, requests take a while each way, drawn from it, and so overtake others."""

    def __init__(
        self,
        universe: Universe,
        story: Story,
        process: int,
        breaker: Breaker,
        boundary: Callable[[str], None],
        pace: Random | None = None,
    ) -> None:
        super().__init__(universe.app)
        self._story = story
        self._universe = universe
        self._loop = universe.loop
        self._process = process
        self._breaker = breaker
        self._boundary = boundary
        self._pace = pace

    async def send(self, request: HttpRequest, **_options: Any) -> AsyncHttpResponse:
        content = request.content
        body = content if isinstance(content, bytes) else str(content or "").encode()
        name = name_of(request.method, request.url, body)
        exchange = self._story.begin(
            self._process, self._loop.time(), request.method, request.url, name, dict(request.headers), body
        )
        if exchange.writes:
            exchange.before = before(self._universe.world)
        self._boundary(f"before send {name}")

        async def serve() -> BufferedResponse:
            answer = await self._served(exchange, request)
            exchange.served.append(answer.status_code)
            self._boundary(f"after effect {name}")
            return answer

        await self._while()
        try:
            answer = await self._breaker.meet(exchange, request, serve)
        finally:
            exchange.ended = self._loop.time()
        await self._while()
        exchange.ended = self._loop.time()
        exchange.status = answer.status_code
        exchange.answer = dict(answer.headers)
        if isinstance(answer, BufferedResponse):
            exchange.reply = answer.content
        self._boundary(f"after answer {name}")
        return answer

    async def _served(self, exchange: Exchange, request: HttpRequest) -> BufferedResponse:
        """The vault's own answer: from memory where the same world was asked the same before."""
        if exchange.writes:
            return await self._asked(request)
        universe = self._universe
        universe.world.settle()
        moment = None if exchange.name.partition("@")[0] in _TIMELESS else self._loop.time()
        mark = universe.database.mark
        key = mark, exchange.method, exchange.url, exchange.body, moment
        known = universe.answers.get(key)
        if known is not None:
            return BufferedResponse(request, *known)
        answer = await self._asked(request)
        if universe.database.mark == mark:
            headers = [(name, value) for name, value in answer.headers.items() if name.lower() not in _OF_A_REQUEST]
            universe.remember(key, (answer.status_code, headers, answer.content))
        return answer

    async def _asked(self, request: HttpRequest) -> BufferedResponse:
        answer = await super().send(request)
        if not isinstance(answer, BufferedResponse):
            raise TypeError("the embedded vault answers at once")
        return answer

    async def _while(self) -> None:
        if self._pace is not None:
            await asyncio.sleep(0.01 + 0.2 * self._pace.random() ** 3)
