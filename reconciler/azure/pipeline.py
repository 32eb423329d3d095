"""One HTTP exchange through the ARM pipeline: what comes back is a value, whatever happened on the way."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, AnyStr
from urllib.parse import unquote, urlsplit

import structlog
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    ServiceRequestTimeoutError,
    ServiceResponseTimeoutError,
)
from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import SansIOHTTPPolicy, UserAgentPolicy
from azure.core.rest import AsyncHttpResponse, HttpRequest
from azure.mgmt.core import AsyncARMPipelineClient
from azure.mgmt.core.policies import AsyncARMChallengeAuthenticationPolicy

from reconciler import __version__
from reconciler.azure.clock import Clock
from reconciler.azure.clouds import Cloud
from reconciler.azure.origin import ForeignOriginError
from reconciler.model.call import Call, Method
from reconciler.model.ids import fold

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.core.pipeline.transport import AsyncHttpTransport

_LOG = structlog.get_logger(__name__)

BODY_LIMIT = 32 * 1024 * 1024
"""Bytes of one answer; the largest pages Azure sends are some hundred kilobytes."""

EXCHANGE_LIMIT = 120.0
"""Seconds for one exchange, however slowly the body drips."""

_KEPT = re.compile(
    r"azure-asyncoperation|location|retry-after|content-type|x-ms-ratelimit-remaining-.+"
    r"|x-ms-correlation-request-id|x-ms-request-id",
)
_TOKEN = re.compile(r"(?i)bearer\s+\S+|eyJ[\w\-]{8,}[\w\-.]*")


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. `headers` holds the few we act on, by folded name; neither they nor the body are ever printed."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    correlation_id: str = ""


@dataclass(frozen=True, slots=True)
class Broken:
    """No answer. `sent` is False only when the request certainly did not reach the server."""

    reason: str
    sent: bool
    transient: bool = True


class WriteForbiddenError(RuntimeError):
    """A bug of ours: something tried to write through a pipeline that was opened for reading."""


class ReadsOnlyPolicy(SansIOHTTPPolicy[HttpRequest, AsyncHttpResponse]):
    """Lets through GET and the two checks that go by POST; a dry run's pipeline begins with it."""

    def on_request(self, request: PipelineRequest[HttpRequest]) -> None:
        method, url = request.http_request.method, request.http_request.url
        path = unquote(urlsplit(url).path)
        if method != "GET" and not (method == "POST" and Call("POST", path, "").reads_only):
            raise WriteForbiddenError(f"{method} {path} was about to be sent by a reader")


class Pipeline:
    """The waist: every byte to Azure goes through `send`.

    There is no retry and no redirect policy: azure-core would sleep out a Retry-After inside the call and repeat
    writes. Nor is there the policy that registers resource providers, as it writes what no plan has listed.
    """

    def __init__(
        self,
        cloud: Cloud,
        credential: AsyncTokenCredential,
        transport: AsyncHttpTransport[HttpRequest, AsyncHttpResponse],
        clock: Clock,
        *,
        writable: bool,
    ) -> None:
        policies: list[Any] = [] if writable else [ReadsOnlyPolicy()]
        policies += [
            UserAgentPolicy(base_user_agent=f"reconcile/{__version__}"),
            AsyncARMChallengeAuthenticationPolicy(credential, *cloud.scopes),
        ]
        self.origin = cloud.origin
        self._clock = clock
        self._credential = credential
        # The bearer policy refuses clear text; a loopback endpoint gets a token that opens nothing (see clouds).
        self._options: dict[str, Any] = {"enforce_https": False} if cloud.origin.scheme == "http" else {}
        self._client: AsyncARMPipelineClient[HttpRequest, AsyncHttpResponse] = AsyncARMPipelineClient(
            str(cloud.origin), policies=policies, transport=transport
        )

    async def send(self, method: Method, url: str, body: str | None, correlation_id: str) -> Reply | Broken:
        """Send once. `url` is absolute or starts with `/`; another origin is refused before a token is fetched."""
        started = self._clock.monotonic()
        try:
            address = self.origin.resolve(url)
        except ForeignOriginError as error:
            _LOG.warning("foreign address refused", method=method, reason=str(error))
            return Broken(str(error), sent=False, transient=False)
        result = await self._exchange(_request(method, address, body, correlation_id), correlation_id)
        _LOG.debug(
            "azure answered" if isinstance(result, Reply) else "azure did not answer",
            method=method,
            path=urlsplit(address).path,
            status=result.status if isinstance(result, Reply) else result.reason,
            correlation_id=correlation_id,
            duration=round(self._clock.monotonic() - started, 3),
        )
        return result

    async def _exchange(self, request: HttpRequest, correlation_id: str) -> Reply | Broken:
        try:
            async with asyncio.timeout(EXCHANGE_LIMIT):
                response = await self._client.send_request(request, stream=True, **self._options)
                async with response:
                    body = await _read(response)
        except TimeoutError:
            return Broken(f"no complete answer within {EXCHANGE_LIMIT:.0f} seconds", sent=True)
        except ClientAuthenticationError as error:
            return Broken(f"no token could be had: {_TOKEN.sub('…', str(error.message))}", sent=False, transient=False)
        except AzureError as error:
            return _broken(error)
        except WriteForbiddenError:
            raise
        except Exception as error:  # zlib.error, UnicodeError, InvalidURL …: none may end a run
            _LOG.warning("azure exchange broke", kind=type(error).__name__)
            return Broken(f"the answer could not be taken in ({type(error).__name__})", sent=True)
        if body is None:
            return Broken(f"the answer is larger than {BODY_LIMIT} bytes", sent=True, transient=False)
        token = request.headers.get("Authorization", "").partition(" ")[2]
        headers = {
            fold(name): _without(token, value)
            for name, value in response.headers.items()
            if _KEPT.fullmatch(fold(name))
        }
        known_as = headers.get("x-ms-correlation-request-id", correlation_id)
        return Reply(response.status_code, headers, _without(token.encode(), body), known_as)

    async def close(self) -> None:
        await self._client.close()
        await self._credential.close()


def _request(method: Method, address: str, body: str | None, correlation_id: str) -> HttpRequest:
    headers = {
        "Accept": "application/json",
        "Accept-Language": "en-US",
        "x-ms-client-request-id": correlation_id,
        "x-ms-correlation-request-id": correlation_id,
    }
    if body is None:
        return HttpRequest(method, address, headers=headers)
    return HttpRequest(method, address, headers=headers | {"Content-Type": "application/json"}, content=body.encode())


async def _read(response: AsyncHttpResponse) -> bytes | None:
    """The whole body, or None as soon as it is too large."""
    parts: list[bytes] = []
    size = 0
    async for part in response.iter_bytes():
        size += len(part)
        if size > BODY_LIMIT:
            return None
        parts.append(part)
    return b"".join(parts)


def _without(token: AnyStr, text: AnyStr) -> AnyStr:
    """What a server echoes of our own request ends in findings and in the journal: not the token."""
    return text.replace(token, text[:0]) if token else text


def _broken(error: AzureError) -> Broken:
    """Only our own words: a transport's message may hold an address with a signature, or a header."""
    kinds = {kind.__name__ for kind in type(error.inner_exception).__mro__}
    if "ClientConnectorDNSError" in kinds:
        return Broken("the host name could not be resolved", sent=False)
    if kinds & {"ClientSSLError", "SSLError", "CertificateError"}:
        return Broken("the TLS connection could not be made; check proxies and certificates", sent=False)
    if "ClientConnectorError" in kinds:
        return Broken("the connection was refused", sent=False)
    if isinstance(error, ServiceRequestTimeoutError):
        return Broken("the connection could not be made in time", sent=False)
    if isinstance(error, ServiceResponseTimeoutError):
        return Broken("the answer did not come in time", sent=True)
    return Broken("the connection broke before the answer was complete", sent=True)
