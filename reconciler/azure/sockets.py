"""azure-core's aiohttp transport, less aiohttp's own second sending; imported only for clouds behind a socket."""

from __future__ import annotations

from typing import Any

# The public name is made by a module-level __getattr__, which no type checker can subclass.
from azure.core.pipeline.transport._aiohttp import AioHttpTransport


class SendOnceTransport(AioHttpTransport):
    """Sends a request once.

    aiohttp repeats GET, PUT and DELETE when a connection drops without an answer, which might carry a write out
    twice. There is no public switch; `tests/contract/test_adapter_socket.py` counts what a server receives.
    """

    async def open(self) -> None:
        untyped: Any = super()
        await untyped.open()
        session: Any = self.session
        session._retry_connection = False
