"""`/livez`, `/readyz` and `/metrics`: for machines, so without a Host check and without a word about any VM."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from reconciler.health.metrics import CONTENT_TYPE, Metrics
from reconciler.health.probes import Verdict, live, ready
from reconciler.model.board import Board


@dataclass(frozen=True, slots=True)
class Vitals:
    """`ages` are seconds since the last completed pass over each vault; `stopping` says why the process ends."""

    board: Callable[[], Board]
    ages: Callable[[], Mapping[str, float]]
    stopping: Callable[[], str]
    metrics: Metrics


def routes(vitals: Vitals) -> list[Route]:
    async def livez(_request: Request) -> JSONResponse:
        return _told(live(vitals.board(), vitals.ages()), vitals.board())

    async def readyz(_request: Request) -> JSONResponse:
        return _told(ready(vitals.board(), vitals.stopping()), vitals.board())

    async def metrics(_request: Request) -> Response:
        return Response(vitals.metrics.text(), media_type=CONTENT_TYPE)

    return [Route("/livez", livez), Route("/healthz", livez), Route("/readyz", readyz), Route("/metrics", metrics)]


def _told(verdict: Verdict, board: Board) -> JSONResponse:
    body = {"ok": verdict.good, "role": str(board.lease.role), "reasons": list(verdict.reasons)}
    return JSONResponse(body, 200 if verdict.good else 503, {"cache-control": "no-store"})
