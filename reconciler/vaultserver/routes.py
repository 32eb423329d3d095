"""How a request reaches its answer: case-insensitive ARM paths, one transaction, one line of the log."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from reconciler.vaultserver import errors, faults, languages, throttle
from reconciler.vaultserver.arm import vault_id
from reconciler.vaultserver.records import VaultRecord

if TYPE_CHECKING:
    from reconciler.vaultserver.world import World

_LOG = logging.getLogger(__name__)
_PARAMETER = re.compile(r"\\{(\w+)\\}")
_SAFE = "/;:@!$&'()*+,=-._~"

V = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.RecoveryServices/vaults/{vault}"
F = V + "/backupFabrics/{fabric}"
C = F + "/protectionContainers/{container}"
ITEM = C + "/protectedItems/{item}"


class WireCall:
    """One request as a handler sees it: decoded path parameters, query, JSON body, and the world it is asked of."""

    def __init__(self, world: World, request: Request, content: bytes) -> None:
        self.world = world
        self.request = request
        self.method = request.method
        self.params: dict[str, str] = dict(request.path_params)
        self.query = {key.lower(): value for key, value in request.query_params.items()}
        self.content = content

    @property
    def api_version(self) -> str:
        return self.query.get("api-version", "")

    @property
    def base(self) -> str:
        """Scheme and host the server was called on."""
        return str(self.request.base_url).rstrip("/")

    @property
    def client_request_id(self) -> str:
        return self.request.headers.get("x-ms-client-request-id", "")

    def json(self) -> dict[str, Any]:
        """The body as an object; an empty one is an empty object."""
        if not self.content.strip():
            return {}
        try:
            body = msgspec.json.decode(self.content)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise errors.bad_json(str(error)) from error
        if not isinstance(body, dict):
            raise errors.bad_json("an object was expected")
        return body

    def properties(self) -> dict[str, Any]:
        """The body's `properties`; absent or null is empty."""
        properties = self.json().get("properties") or {}
        if not isinstance(properties, dict):
            raise errors.bad_json("'properties' must be an object")
        return properties

    def url(self, path: str, api_version: str = "", **query: str) -> str:
        """An absolute URL on this server; `;` stays raw in it, as Azure leaves it."""
        version = api_version or self.api_version
        asked = urlencode({"api-version": version} | query, quote_via=quote, safe=_SAFE)
        return f"{self.base}{quote(path, safe=_SAFE)}?{asked}"

    def vault(self) -> VaultRecord:
        """The vault of the path, or ARM's 404."""
        group, name = self.params["group"], self.params["vault"]
        found = self.world.vault(vault_id(self.params["subscription"], group, name))
        if found is None:
            raise errors.resource_not_found("Microsoft.RecoveryServices/vaults", name, group)
        return found


Handler = Callable[[WireCall], Response]


class ArmRoute(Route):
    """A route whose fixed segments match in any case, with or without a slash at the end."""

    def __init__(
        self, world: World, path: str, handler: Handler, methods: Sequence[str] = ("GET",), *, versioned: bool = True
    ) -> None:
        self.handler = handler

        async def endpoint(request: Request) -> Response:
            return answer(world, WireCall(world, request, await request.body()), handler, versioned=versioned)

        super().__init__(path, endpoint, methods=list(methods), name=f"{methods[0]} {path}")
        pattern = _PARAMETER.sub(r"(?P<\1>[^/]+)", re.escape(path))
        self.path_regex = re.compile(f"^{pattern}/?$", re.IGNORECASE)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Another method on the same path is no match here: the application answers that with ARM's own 405."""
        if scope["method"] not in (self.methods or ()):
            return Match.NONE, {}
        return super().matches(scope)


class ArmRouter(Router):
    """Tries only the routes with a request's number of segments, in their order: there are a hundred others."""

    def __init__(self, routes: Sequence[BaseRoute], default: ASGIApp) -> None:
        super().__init__(routes, redirect_slashes=False, default=default)
        self._near: dict[int, list[Route]] = {}
        for route in routes:
            if not isinstance(route, Route):
                raise TypeError(f"{route!r} has no path whose segments could be counted")
            self._near.setdefault(route.path.count("/"), []).append(route)

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await super().app(scope, receive, send)
            return
        scope["router"] = self
        for route in self._near.get(scope["path"].removesuffix("/").count("/"), ()):
            match, child = route.matches(scope)
            if match is not Match.NONE:
                scope.update(child, route=route)
                await route.handle(scope, receive, send)
                return
        await self.default(scope, receive, send)


def answer(world: World, call: WireCall, handler: Handler, *, versioned: bool) -> Response:
    """Settle what is due, ask the handler, and write the request down; a refusal leaves nothing behind."""
    world.clock.keep()
    world.settle()
    code = ""
    try:
        if versioned and not call.api_version:
            raise errors.missing_api_version()
        throttle.admit(world, call)
        faults.meet_request(world, call.method, call.request.url.path)
        with world.database.transaction():
            response = handler(call)
    except errors.ArmError as refusal:
        code = refusal.code
        response = json_response(refusal.body(), refusal.status, refusal.headers)
    except Exception:
        _LOG.exception("the embedded vault failed on %s %s", call.method, call.request.url.path)
        code = "InternalServerError"
        body = errors.ArmError(500, code, "The embedded vault met an error of its own.").body()
        response = json_response(body, 500)
    if response.body and languages.wants_chinese(call.request.headers.get("accept-language", "")):
        translated = languages.in_chinese(bytes(response.body))
        response = Response(translated, response.status_code, _kept(response), media_type="application/json")
    return _logged(world, call, response, code)


def _kept(response: Response) -> dict[str, str]:
    """The headers that do not speak of the body."""
    return {name: value for name, value in response.headers.items() if not name.startswith("content-")}


def _logged(world: World, call: WireCall, response: Response, code: str) -> Response:
    url = call.request.url
    with world.database.transaction():
        agent = call.request.headers.get("user-agent", "")
        world.database.log_request(world.now, call.method, url.path, url.query, response.status_code, agent, code)
        number = str(world.database.next_number("request"))
    response.headers["x-ms-request-id"] = world.guid("request", number)
    response.headers["x-ms-correlation-request-id"] = call.request.headers.get(
        "x-ms-correlation-request-id", response.headers["x-ms-request-id"]
    )
    if call.client_request_id:
        response.headers["x-ms-client-request-id"] = call.client_request_id
    for name, value in throttle.headers(world, call).items():
        response.headers[name] = value
    return response


def json_response(body: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(body), status, headers, media_type="application/json")


def empty(status: int, headers: dict[str, str] | None = None) -> Response:
    return Response(b"", status, headers)
