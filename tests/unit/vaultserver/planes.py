"""An estate and a way to ask its application, for the tests of what lies around the vaults."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from starlette.types import Message

from reconciler.vaultserver import facts
from reconciler.vaultserver.app import create_app
from reconciler.vaultserver.arm import vm_id
from reconciler.vaultserver.records import VmRecord
from reconciler.vaultserver.world import World

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
S = f"/subscriptions/{SUBSCRIPTION}"
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)


@dataclass
class Wire:
    """A world behind its application; `peer` is the address requests come from."""

    world: World = field(default_factory=lambda: World(clock=NOW, seed=1))
    peer: str = "127.0.0.1"

    def __post_init__(self) -> None:
        self.app = create_app(self.world)

    def vm(self, name: str, group: str = "rg-web", subscription: str = SUBSCRIPTION, **given: Any) -> VmRecord:
        arm_id = vm_id(subscription, group, name, classic=bool(given.get("classic")))
        guid = self.world.guid("vm", arm_id)
        vm = facts.new_vm(name, subscription, group, given.pop("location", "westeurope"), guid, NOW, **given)
        self.world.put_vm(vm)
        return vm

    def ask(
        self,
        method: str,
        url: str,
        body: object = None,
        version: str = "2024-07-01",
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """One request; `url` may be absolute or a path, and gets an api-version when it names none."""
        parts = urlsplit(url)
        query = parts.query if "api-version" in parts.query or not version else f"{parts.query}&api-version={version}"
        content = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
        return asyncio.run(self._ask(method, parts.path, query.lstrip("&"), content, headers or {}))

    async def _ask(self, method: str, path: str, query: str, content: bytes, headers: dict[str, str]) -> Answer:
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": content, "more_body": False}

        async def send(message: Message) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "https",
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(b"host", b"vault.test:8443"), *((k.lower().encode(), v.encode()) for k, v in headers.items())],
            "client": (self.peer, 50000),
            "server": ("127.0.0.1", 8443),
        }
        await self.app(scope, receive, send)
        heads = {key.decode(): value.decode() for key, value in sent[0]["headers"]}
        return Answer(sent[0]["status"], heads, b"".join(message.get("body", b"") for message in sent[1:]))
