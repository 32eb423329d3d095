"""The page as an ASGI application: read-only, made anew from the board for each request."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from importlib import resources

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from reconciler.web.answers import Answers
from reconciler.web.gate import METHODS, Gate
from reconciler.web.hosts import allowed_names
from reconciler.web.live import BEAT, PACE, Live
from reconciler.web.ports import Daemon
from reconciler.web.views import VIEWS

LISTENERS = 32
"""Open pages that are told of changes; the others ask again by themselves."""

_STATIC = {"page.css": "text/css", "page.js": "text/javascript", "icon.svg": "image/svg+xml"}
_LONGEST_STALE = 10**6


def create_app(
    daemon: Daemon,
    *,
    names: Collection[str] = (),
    listeners: int = LISTENERS,
    beat: float = BEAT,
    pace: float = PACE,
) -> ASGIApp:
    """The application. `names` are those of hosts that the page answers to, beside loopback's (ListenError).

    `beat` and `pace` are seconds, as in `live`.
    """
    live = Live(daemon.boards, most=listeners, beat=beat, pace=pace)
    answers = Answers(daemon)

    async def listen(request: Request) -> Response:
        stream = live.stream()
        return stream if stream is not None else answers.error(request, 503, "error.listeners")

    async def missing(request: Request, _error: Exception) -> Response:
        return answers.error(request, 404, "error.path")

    routes = [
        Route("/live", listen, methods=METHODS),
        Route("/static/{name}", _static, methods=METHODS),
        Route("/stale/{seconds:int}.css", _stale, methods=METHODS),
        Route("/favicon.ico", _icon, methods=METHODS),
        *(route for view in VIEWS for route in answers.routes(view)),
    ]
    pages = Starlette(routes=routes, exception_handlers={404: missing})
    return Gate(pages, hosts=allowed_names(names), refuse=answers.error)


async def _static(request: Request) -> Response:
    """One of three files; nothing of the request reaches a file system."""
    return await _file(request.path_params["name"])


async def _icon(_request: Request) -> Response:
    return await _file("icon.svg")


async def _file(name: str) -> Response:
    kind = _STATIC.get(name)
    if kind is None:
        return Response(status_code=404)
    file = resources.files("reconciler.web").joinpath("static", name)
    return Response(await asyncio.to_thread(file.read_bytes), media_type=kind)


async def _stale(request: Request) -> Response:
    """A style sheet that takes all that is green from a page after some seconds, with or without its server."""
    seconds = min(request.path_params["seconds"], _LONGEST_STALE)
    return Response(f":root {{ --good-for: {seconds}s; }}\n", media_type="text/css")
