"""From a request to an answer: language, form, a thread of its own, and errors of one shape."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TypeVar

import anyio
import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from reconciler.diagnostics.as_json import rfc3339
from reconciler.diagnostics.language import Language
from reconciler.model.call import Json
from reconciler.web.gate import METHODS
from reconciler.web.ports import Daemon
from reconciler.web.query import Query, QueryError
from reconciler.web.rendering import render, render_error
from reconciler.web.sight import Sight, Sights
from reconciler.web.texts import language_of, say
from reconciler.web.views import NotThereError, View

FORMAT_VERSION = "1.0"
THREADS = 2
"""In which pages are made: their own, so that readers never take those of the loop."""

WAITING = 32
"""Requests that may wait for one of them; more are sent away."""

T = TypeVar("T")

log = structlog.get_logger(__name__)


class Answers:
    """Makes the answers of one application."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon
        self._sights = Sights()
        self._threads: anyio.CapacityLimiter | None = None
        self._waiting = 0

    def routes(self, view: View) -> list[Route]:
        """A page, and its twin."""

        async def page(request: Request) -> Response:
            return await self._answer(request, view, self._html)

        async def twin(request: Request) -> Response:
            return await self._answer(request, view, self._json)

        return [Route(view.path, page, methods=METHODS), Route(view.json_path, twin, methods=METHODS)]

    async def _answer(
        self, request: Request, view: View, form: Callable[[Request, View, Sight, Query, object], Response]
    ) -> Response:
        if self._waiting >= WAITING:
            return self.error(request, 503, "error.busy")
        self._waiting += 1
        try:
            return await self._made(request, view, form)
        except QueryError as error:
            return self.error(request, 400, "error.query", name=error.name)
        except NotThereError as error:
            return self.error(request, 404, str(error))
        except Exception:
            log.exception("page failed", path=request.url.path)
            return self.error(request, 500, "error.fault")
        finally:
            self._waiting -= 1

    async def _made(
        self, request: Request, view: View, form: Callable[[Request, View, Sight, Query, object], Response]
    ) -> Response:
        query = Query(request.query_params.multi_items())
        board, now = self._daemon.boards.board(), self._daemon.now()
        sight = await self._thread(lambda: self._sights.of(board, now))
        before = await view.before(self._daemon, sight, query) if view.before is not None else None
        return await self._thread(lambda: form(request, view, sight, query, before))

    async def _thread(self, make: Callable[[], T]) -> T:
        if self._threads is None:
            self._threads = anyio.CapacityLimiter(THREADS)
        return await anyio.to_thread.run_sync(make, limiter=self._threads)

    def _html(self, request: Request, view: View, sight: Sight, query: Query, before: object) -> Response:
        value = view.make(self._daemon, sight, query, before)
        text = render(
            view.template,
            language=_language(request),
            path=view.path,
            root=_root(request),
            query=query,
            sight=sight,
            page=value,
            twin=view.json_path,
        )
        return _page(text, 200)

    def _json(self, _request: Request, view: View, sight: Sight, query: Query, before: object) -> Response:
        value = view.make(self._daemon, sight, query, before)
        document: dict[str, Json] = {
            "format_version": FORMAT_VERSION,
            "page": view.template,
            "cloud": sight.board.cloud,
            "made_at": rfc3339(sight.board.made_at),
            "seen_at": rfc3339(sight.oldest) if sight.oldest is not None else None,
            "good_for_seconds": sight.good_for,
            **value.document(),
        }
        return _json_answer(document, 200)

    def error(self, request: Request, status: int, key: str, **given: object) -> Response:
        """One shape: JSON for whoever asks for it by name, a page for all others."""
        if request.scope["path"].endswith(".json"):
            code = key.partition(".")[2]
            message = say("en", key, **given)
            return _json_answer({"error": {"status": status, "code": code, "message": message}}, status)
        language = _language(request)
        text = render_error(language, root=_root(request), status=status, message=say(language, key, **given))
        return _page(text, status)


def _page(text: str, status: int) -> Response:
    """Text that is no Unicode is shown as what it is: no name may keep a page from being made."""
    return Response(text.encode("utf-8", "backslashreplace"), status, media_type="text/html")


def _json_answer(document: dict[str, Json], status: int) -> Response:
    return Response(json.dumps(document, indent=2) + "\n", status, media_type="application/json")


def _language(request: Request) -> Language:
    return language_of(request.query_params.get("lang", ""), request.headers.get("accept-language", ""))


def _root(request: Request) -> str:
    return str(request.scope.get("root_path", ""))
