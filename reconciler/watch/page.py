"""The page and the probes of a daemon as one application."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount

from reconciler.app import Place, UsageSetupError
from reconciler.health.routes import Vitals, routes
from reconciler.model.audit import Chain
from reconciler.model.journal import JournalError
from reconciler.model.observed import VmKey
from reconciler.model.timeline import Timeline
from reconciler.planning.timeline import timeline
from reconciler.watch.insight import Planner
from reconciler.web.app import create_app
from reconciler.web.hosts import ListenError
from reconciler.web.ports import Boards, Daemon

if TYPE_CHECKING:
    from reconciler.azure.observe import AzureReader
    from reconciler.store.journal import JournalReader

_BACK = timedelta(days=30)
"""How far a VM's timeline goes back for recovery points."""
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
    return Daemon(boards, place.clock.now, Planner(), log, chain, _timeline(place, boards, log, reader), manifest)


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


def _timeline(
    place: Place, boards: Boards, log: JournalReader, reader: AzureReader
) -> Callable[[str, VmKey], Awaitable[Timeline]]:
    async def of_vm(vault: str, key: VmKey) -> Timeline:
        board = boards.board()
        if board.observed is None or vault not in board.observed.vaults:
            return Timeline((), (f"the vault {vault} was not looked at yet",))
        item, since = board.observed.vaults[vault].items.get(key), place.clock.now() - _BACK
        points, gaps = await reader.history(vault, item, since) if item is not None else ([], [])
        entries = log.audit(vault=vault, subject=key)
        told = tuple(f"{gap.scope}: {gap.reason}" for gap in gaps)
        return timeline(
            board.observed, vault, key, entries, points, results=board.results.values(), since=since, gaps=told
        )

    return of_vm
