"""A connection to a cloud: its reader, its writer where writing was asked for, and its end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.azure.budget import Budget
from reconciler.azure.client import ReadClient, WriteClient
from reconciler.azure.clock import Clock, Randomness
from reconciler.azure.clouds import EMBEDDED, Cloud, cloud_of
from reconciler.azure.credentials import credential_for
from reconciler.azure.meter import Meter
from reconciler.azure.observe import AzureReader
from reconciler.azure.pipeline import Pipeline
from reconciler.azure.transport import AsgiApp, AsgiTransport
from reconciler.azure.writer import AzureWriter

if TYPE_CHECKING:
    from azure.core.pipeline.transport import AsyncHttpTransport
    from azure.core.rest import AsyncHttpResponse, HttpRequest

PARALLELISM = 16
_CONNECT_TIMEOUT = 10.0
_READ_TIMEOUT = 60.0


@dataclass(frozen=True, slots=True)
class Connection:
    """`writer` is None unless the connection was opened for writing."""

    cloud: Cloud
    reader: AzureReader
    writer: AzureWriter | None
    pipeline: Pipeline = field(repr=False)

    async def close(self) -> None:
        await self.reader.close()
        await self.pipeline.close()

    async def __aenter__(self) -> Connection:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.close()


def connect(
    cloud: str | AsgiApp,
    *,
    clock: Clock,
    random: Randomness,
    parallelism: int = PARALLELISM,
    writable: bool = False,
    meter: Meter | None = None,
) -> Connection:
    """Open a connection; nothing is sent yet. `cloud` is what `--cloud` names, or an ASGI application to call.

    Raises clouds.UnknownCloudError for text that names no cloud.
    """
    chosen = cloud_of(cloud) if isinstance(cloud, str) else EMBEDDED
    transport = _socket(chosen) if isinstance(cloud, str) else AsgiTransport(cloud)
    return open_connection(
        chosen, transport, clock=clock, random=random, parallelism=parallelism, writable=writable, meter=meter
    )


def open_connection(
    cloud: Cloud,
    transport: AsyncHttpTransport[HttpRequest, AsyncHttpResponse],
    *,
    clock: Clock,
    random: Randomness,
    parallelism: int = PARALLELISM,
    writable: bool = False,
    meter: Meter | None = None,
) -> Connection:
    """A connection over a given transport. Without `writable` there is no writer, and the pipeline refuses writes."""
    pipeline = Pipeline(cloud, credential_for(cloud), transport, clock, writable=writable)
    budget = Budget(clock)
    if not writable:
        reader = ReadClient(pipeline, budget, clock, random, parallelism, meter)
        return Connection(cloud, AzureReader(reader), None, pipeline)
    client = WriteClient(pipeline, budget, clock, random, parallelism, meter)
    return Connection(cloud, AzureReader(client), AzureWriter(client), pipeline)


def _socket(cloud: Cloud) -> AsyncHttpTransport[HttpRequest, AsyncHttpResponse]:
    """aiohttp, loaded only here. Proxy variables count, except on loopback, which a proxy could not reach."""
    from reconciler.azure.sockets import SendOnceTransport

    transport: AsyncHttpTransport[HttpRequest, AsyncHttpResponse] = SendOnceTransport(
        use_env_settings=not cloud.origin.loopback,
        connection_timeout=_CONNECT_TIMEOUT,
        read_timeout=_READ_TIMEOUT,
    )
    return transport
