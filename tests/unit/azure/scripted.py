"""A transport that answers by script and keeps what was sent, a clock that only sleeps move, and small wire bodies."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from azure.core.exceptions import ServiceRequestError, ServiceRequestTimeoutError, ServiceResponseError
from azure.core.pipeline.transport import AsyncHttpTransport
from azure.core.rest import AsyncHttpResponse, HttpRequest

from reconciler.azure.budget import Budget
from reconciler.azure.client import WriteClient
from reconciler.azure.clouds import EMBEDDED
from reconciler.azure.connect import Connection, open_connection
from reconciler.azure.credentials import DevelopmentCredential
from reconciler.azure.pipeline import Pipeline
from reconciler.azure.transport import BufferedResponse
from reconciler.model.call import Call
from reconciler.model.desired import Vault

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
S = f"/subscriptions/{SUBSCRIPTION}"
V = f"{S}/resourceGroups/rg-backup/providers/Microsoft.RecoveryServices/vaults/rsv"
VAULT = Vault("rsv", SUBSCRIPTION, "rg-backup", "westeurope")
ORIGIN = "https://embedded.invalid"
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
PUT = Call("PUT", f"{V}/backupFabrics/Azure/protectionContainers/c/protectedItems/i", "2024-04-01", '{"properties":{}}')
GET = Call("GET", V, "2024-04-01")

REFUSED = ServiceRequestError("connection refused")
CONNECT_TIMEOUT = ServiceRequestTimeoutError("connect timeout")
RESET = ServiceResponseError("reset")


class VirtualClock:
    """Time passes only in `sleep`; `slept` keeps how long."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.slept.append(seconds)
        self.seconds += seconds


class Dice:
    """Seeded chance: the numbers of a plain congruential series."""

    def __init__(self) -> None:
        self._state = 1

    def getrandbits(self, k: int, /) -> int:
        bits = 0
        for _ in range(0, k, 32):
            self._state = (self._state * 6364136223846793005 + 1442695040888963407) % 2**64
            bits = bits << 32 | self._state >> 32
        return bits & ((1 << k) - 1)

    def random(self) -> float:
        return self.getrandbits(32) / 2**32


@dataclass(frozen=True)
class Says:
    """An answer to give: JSON unless the body is bytes already."""

    status: int = 200
    body: Any = b""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


Script = Callable[[HttpRequest], "Says | Exception"]


class ScriptedTransport(AsyncHttpTransport[HttpRequest, AsyncHttpResponse]):
    """Answers each request by a script, or with a list's next entry; an exception is raised as a transport would."""

    def __init__(self, script: Script | Sequence[Says | Exception]) -> None:
        self._script = script if callable(script) else _in_turn(script)
        self.sent: list[HttpRequest] = []

    async def open(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def __aenter__(self) -> ScriptedTransport:
        return self

    async def __aexit__(self, *_error: object) -> None:
        pass

    async def send(self, request: HttpRequest, **_options: Any) -> AsyncHttpResponse:
        self.sent.append(request)
        found = self._script(request)
        if isinstance(found, Exception):
            raise found
        return BufferedResponse(request, found.status, list(found.headers.items()), found.content)

    @property
    def writes(self) -> list[str]:
        return [request.method for request in self.sent if request.method != "GET"]


def _in_turn(answers: Sequence[Says | Exception]) -> Script:
    left = list(answers)

    def script(_request: HttpRequest) -> Says | Exception:
        return left.pop(0) if len(left) > 1 else left[0]

    return script


@dataclass
class Bench:
    """A client over a script."""

    transport: ScriptedTransport
    clock: VirtualClock
    client: WriteClient


def bench(
    script: Script | Sequence[Says | Exception], *, writable: bool = True, bearer: str = "token-of-a-test"
) -> Bench:
    transport, clock = ScriptedTransport(script), VirtualClock()
    pipeline = Pipeline(EMBEDDED, DevelopmentCredential(bearer), transport, clock, writable=writable)
    return Bench(transport, clock, WriteClient(pipeline, Budget(clock), clock, Dice(), 4))


def connection(
    script: Script | Sequence[Says | Exception], *, writable: bool = False
) -> tuple[Connection, ScriptedTransport]:
    transport = ScriptedTransport(script)
    made = open_connection(EMBEDDED, transport, clock=VirtualClock(), random=Dice(), writable=writable)
    return made, transport


def refusal(code: str, message: str = "no") -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}
