"""The embedded vault behind the transport of the official clients: unchanged clients, virtual time, no socket."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any
from urllib.parse import unquote, urlsplit

import requests
from azure.core.credentials import AccessToken
from azure.core.pipeline.transport._requests_basic import RequestsTransport
from requests.adapters import BaseAdapter
from starlette.types import Message
from urllib3 import HTTPResponse

from reconciler.vaultserver import estate
from reconciler.vaultserver.serve import in_process
from reconciler.vaultserver.world import World

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
HOST = "https://vault.test"
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
V = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-backup/providers/Microsoft.RecoveryServices/vaults/rsv"
LOCATION = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.RecoveryServices/locations/westeurope"

Watch = Callable[[str, str, int, Any], None]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def code(self) -> str:
        return str(self.json["error"]["code"])


@dataclass
class Wire:
    """A world behind its application. Every answer is shown to `watchers`."""

    world: World
    watchers: list[Watch] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.app = in_process(self.world)

    def ask(self, method: str, url: str, body: object = None, version: str = "2024-04-01", **headers: str) -> Answer:
        """One request; a path gets the host and an api-version of its own."""
        if not url.startswith("http"):
            url = f"{HOST}{url}" + (
                "" if "api-version=" in url else ("&" if "?" in url else "?") + f"api-version={version}"
            )
        content = b"" if body is None else json.dumps(body).encode()
        return self.send(method, url, content, {name.replace("_", "-"): value for name, value in headers.items()})

    def send(self, method: str, url: str, content: bytes, headers: dict[str, str]) -> Answer:
        status, answered, answer = asyncio.run(self._send(method, url, content, headers))
        for watch in self.watchers:
            watch(method, urlsplit(url).path, status, json.loads(answer) if answer else None)
        return Answer(status, answered, answer)

    async def _send(
        self, method: str, url: str, content: bytes, headers: dict[str, str]
    ) -> tuple[int, dict[str, str], bytes]:
        parts = urlsplit(url)
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": content, "more_body": False}

        async def send(message: Message) -> None:
            sent.append(message)

        pairs = [("host", parts.netloc), *headers.items()]
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "path": unquote(parts.path),
            "raw_path": parts.path.encode(),
            "query_string": parts.query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in pairs],
            "scheme": parts.scheme,
            "server": (parts.hostname, 443),
            "client": ("127.0.0.1", 50000),
            "root_path": "",
        }
        await self.app(scope, receive, send)
        answered = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return sent[0]["status"], answered, b"".join(message.get("body", b"") for message in sent[1:])

    def finish(self, answer: Answer) -> Answer:
        """Follow a 202 or 201 by its status address until it ends, in virtual time."""
        url = answer.headers["azure-asyncoperation"]
        for _ in range(200):
            seen = self.ask("GET", url)
            if seen.status == 404 or seen.json["status"] != "InProgress":
                return seen
            self.world.advance(timedelta(seconds=int(answer.headers["retry-after"])))
        raise AssertionError(f"{url} never ends")

    def paths(self, vm: str = "web-01", group: str = "rg-vms") -> str:
        """The path of a machine's item."""
        key = f"iaasvmcontainerv2;{group};{vm}"
        return f"{V}/backupFabrics/Azure/protectionContainers/IaasVMContainer;{key}/protectedItems/VM;{key}"

    def protect_body(self, vm: str = "web-01", group: str = "rg-vms", policy: str = "DefaultPolicy") -> dict[str, Any]:
        source = (
            f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}/providers/Microsoft.Compute/virtualMachines/{vm}"
        )
        kind = "Microsoft.Compute/virtualMachines"
        given = {"protectedItemType": kind, "sourceResourceId": source, "policyId": f"{V}/backupPolicies/{policy}"}
        return {"properties": given}

    def protect(self, vm: str = "web-01", policy: str = "DefaultPolicy") -> Answer:
        return self.finish(self.ask("PUT", self.paths(vm), self.protect_body(vm, policy=policy)))


def new_wire(*machines: dict[str, Any], vault: dict[str, Any] | None = None, **more: Any) -> Wire:
    """A wire to a world with one vault, `rsv`, that knows the given machines (one Linux machine by default)."""
    world = World(clock=NOW, seed=7)
    data = {
        "estate": "v1",
        "vaults": [{"name": "rsv", "discovered": True} | (vault or {})],
        "virtualMachines": list(machines) or [{"name": "web-01"}],
    }
    estate.load(world, data | more)
    return Wire(world)


class VaultAdapter(BaseAdapter):
    """Carries what `requests` would send to the application instead."""

    def __init__(self, wire: Wire) -> None:
        super().__init__()
        self.wire = wire

    def send(self, request: requests.PreparedRequest, *_args: object, **_kwargs: object) -> requests.Response:
        content = request.body.encode() if isinstance(request.body, str) else request.body
        content = content if isinstance(content, bytes) else b""
        headers = {name: str(value) for name, value in request.headers.items()}
        answer = self.wire.send(request.method or "GET", request.url or "", content, headers)
        response = requests.Response()
        response.status_code = answer.status
        response.headers.update(answer.headers)
        response.url = request.url or ""
        response.request = request
        response.raw = HTTPResponse(
            io.BytesIO(answer.content), headers=answer.headers, status=answer.status, preload_content=False
        )
        return response

    def close(self) -> None:
        return None


class VirtualTransport(RequestsTransport):
    """The clients' own transport; what it would sleep passes in the vault's time."""

    def __init__(self, wire: Wire) -> None:
        session = requests.Session()
        session.mount("https://", VaultAdapter(wire))
        super().__init__(session=session, session_owner=False)
        self.wire = wire
        self.slept: list[float] = []

    def sleep(self, duration: float) -> None:
        self.slept.append(duration)
        self.wire.world.advance(timedelta(seconds=duration))


class Credential:
    """A token for clients that insist on one."""

    def get_token(self, *_scopes: str, **_kwargs: object) -> AccessToken:
        return AccessToken("development", int(datetime.now(UTC).timestamp()) + 3600)

    def __enter__(self) -> Credential:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        return None
