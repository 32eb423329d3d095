"""The page and the probes of a daemon as one application."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import structlog
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount

from reconciler.app import Place, UsageSetupError
from reconciler.health.routes import Vitals, routes
from reconciler.model.audit import Chain
from reconciler.model.journal import JournalError
from reconciler.watch.histories import Histories
from reconciler.watch.insight import Planner
from reconciler.web.app import create_app
from reconciler.web.hosts import ListenError
from reconciler.web.ports import Boards, Daemon

if TYPE_CHECKING:
    from reconciler.azure.observe import AzureReader
    from reconciler.store.journal import JournalReader

_BETWEEN_CHECKS = 3600.0


def application(vitals: Vitals, daemon: Daemon, others: Sequence[BaseRoute], names: Sequence[str]) -> Starlette:
    """Probes and metrics answer to any name: who asks them is a machine. UsageSetupError for no name of a host."""
    try:
        page = create_app(daemon, names=names)
    except ListenError as error:
        raise UsageSetupError(f"--page-host: {error}") from error
    return Starlette(routes=[*routes(vitals), *others, Mount("/", page)])


def page_of(
    place: Place,
    boards: Boards,
    log: JournalReader,
    reader: AzureReader,
    chain: Callable[[], Chain | None],
    manifest: Callable[[str], str | None],
) -> Daemon:
    """All that the page may ask for."""
    histories = Histories(boards, log, reader, place.clock.now)
    return Daemon(boards, place.clock.now, Planner(), log, chain, histories.of, manifest)


class ChainCheck:
    """Looks over the audit log from time to time: all of it, in a thread."""

    def __init__(self, log: JournalReader, now: Callable[[], datetime]) -> None:
        self._log = log
        self._now = now
        self._latest: Chain | None = None

    def latest(self) -> Chain | None:
        return self._latest

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            try:
                self._latest = await asyncio.to_thread(self._log.check, self._now())
            except JournalError as error:
                structlog.get_logger(__name__).warning("audit log not checked", error=str(error))
            await asyncio.sleep(_BETWEEN_CHECKS)
