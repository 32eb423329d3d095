"""Metrics for Prometheus: counters that grow as things happen, and gauges read off the board when it is scraped.

Labels are few and bounded: vaults, policies, codes, kinds. A series for each VM exists only where it was asked for,
and only up to a number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import takewhile

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from reconciler.health.gauges import families
from reconciler.model.board import Board, PassRecord

PREFIX = "reconcile"
_without_created: Callable[[], None] = disable_created_metrics
"""A second series for each counter, which says when it began, helps nobody here."""
SECONDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 240)
CONTENT_TYPE = CONTENT_TYPE_LATEST


class Metrics(Collector):
    """Of one daemon, in a registry of its own. Implements the Azure client's Meter."""

    def __init__(
        self,
        board: Callable[[], Board],
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        vm_series: int = 0,
    ) -> None:
        """`vm_series` is for how many VMs there are series of their own; `now` is aware UTC."""
        self._board = board
        self._now = now
        self._monotonic = monotonic
        self._vm_series = vm_series
        self._last_pass: PassRecord | None = None
        self._paused_until: dict[str, float] = {}
        _without_created()
        self.registry = CollectorRegistry(auto_describe=False)
        self._make(self.registry)
        self.registry.register(self)

    def _make(self, registry: CollectorRegistry) -> None:
        self._duration = Histogram(
            "reconcile_duration_seconds", "How long passes over a vault took.", ["vault"],
            namespace=PREFIX, buckets=SECONDS, registry=registry,
        )  # fmt: skip
        self._passes = Counter(
            "reconcile", "Passes over a vault, by outcome: completed or failed.", ["vault", "outcome"],
            namespace=PREFIX, registry=registry,
        )  # fmt: skip
        self._requests = Counter(
            "azure_requests", "Requests to Azure, by kind and HTTP status.", ["op", "code"],
            namespace=PREFIX, registry=registry,
        )  # fmt: skip
        self._request_seconds = Histogram(
            "azure_request_duration_seconds", "How long Azure took to answer.", ["op"],
            namespace=PREFIX, registry=registry,
        )  # fmt: skip
        self._throttled = Counter(
            "azure_throttle_wait_seconds", "Time that requests waited because of Azure's limits.",
            namespace=PREFIX, registry=registry,
        )  # fmt: skip

    def asked(self, operation: str, code: str, seconds: float) -> None:
        self._requests.labels(operation, code).inc()
        self._request_seconds.labels(operation).observe(seconds)

    def waited(self, seconds: float) -> None:
        self._throttled.inc(max(seconds, 0.0))

    def paused(self, subscription: str, seconds: float) -> None:
        self._paused_until[subscription] = self._monotonic() + seconds

    def take(self, board: Board) -> None:
        """Count what a new board tells of. Boards may be skipped: passes are counted from their records."""
        fresh = list(takewhile(lambda record: record is not self._last_pass, board.passes))
        for record in reversed(fresh):
            outcome = "failed" if record.trouble else "completed"
            self._passes.labels(record.vault, outcome).inc()
            self._duration.labels(record.vault).observe((record.ended_at - record.began_at).total_seconds())
        self._last_pass = board.passes[0] if board.passes else None

    def collect(self) -> Iterable[Metric]:
        """What the board says now."""
        open_now = {key: until > self._monotonic() for key, until in self._paused_until.items()}
        yield from families(self._board(), self._now(), open_now, self._vm_series)

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self.registry)
