"""The application: every route of the embedded vault, and an ARM answer for what has none."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, request_response

from reconciler.vaultserver import errors
from reconciler.vaultserver.routes import ArmRoute, ArmRouter, Handler, WireCall, answer

if TYPE_CHECKING:
    from reconciler.vaultserver.world import World

PARTS = (
    "identity",
    "resources",
    "compute",
    "classic",
    "network",
    "graph",
    "vaults",
    "vault_config",
    "policies",
    "containers",
    "discovery",
    "items",
    "item_requests",
    "jobs",
    "recovery_points",
    "intents",
    "checks",
    "operation_routes",
    "activity",
)
"""Modules with `routes(world)`; the first route that matches answers."""


def create_app(world: World) -> Starlette:
    """The ASGI application over a world; give it one world, which other processes may share through its file."""
    routes: list[BaseRoute] = []
    for part in PARTS:
        if find_spec(f"reconciler.vaultserver.{part}"):
            routes += import_module(f"reconciler.vaultserver.{part}").routes(world)

    async def unknown(request: Request) -> Response:
        call = WireCall(world, request, await request.body())
        return answer(world, call, _refuse(routes), versioned=False)

    app = Starlette()
    app.router = ArmRouter(routes, request_response(unknown))
    return app


def _refuse(routes: list[BaseRoute]) -> Handler:
    def refuse(call: WireCall) -> Response:
        path = call.request.url.path
        if any(isinstance(route, ArmRoute) and route.path_regex.match(path) for route in routes):
            message = f"The requested resource does not support http method '{call.method}'."
            raise errors.ArmError(405, "HttpMethodNotSupported", message)
        raise errors.ArmError(
            404, "InvalidResourceType", f"The resource type could not be found for the path '{path}'."
        )

    return refuse
