"""One run's surroundings: everything it may use, handed in from outside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reconciler.diagnostics.catalog import Catalog
from reconciler.engine.ports import Clock, Journal, Progress, Writer


@dataclass(frozen=True, slots=True)
class Run:
    """`timeout` is in seconds and bounds the following of one operation; `parallelism` bounds requests in flight.

    `stop_requested` gives the reason why nothing more may be sent, or None. `new_id` makes a correlation id.
    `chance` draws from [0, 1). `patience` is for how many seconds a step waits for what others do to its subject.
    """

    id: str
    writer: Writer
    journal: Journal
    clock: Clock
    progress: Progress
    catalog: Catalog
    stop_requested: Callable[[], str | None]
    new_id: Callable[[], str]
    parallelism: int
    timeout: float
    chance: Callable[[], float]
    patience: float = 0.0
