"""What happened to single VMs, for a page that asks again and again."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from reconciler.model.board import Board
from reconciler.model.observed import Gap, RecoveryPoint, VmKey
from reconciler.model.timeline import Timeline
from reconciler.planning.timeline import timeline
from reconciler.web.ports import Boards

if TYPE_CHECKING:
    from reconciler.azure.observe import AzureReader
    from reconciler.store.journal import JournalReader

BACK = timedelta(days=30)
"""How far a VM's timeline goes back for recovery points."""
_ENTRIES = 200
_KEPT = 500
_AT_ONCE = 2

Points = tuple[list[RecoveryPoint], list[Gap]]


class Histories:
    """Recovery points are read anew only when the vault shows a newer one, or a day has passed.

    A page that is left open is renewed with every board, and reading is what Azure counts.
    """

    def __init__(self, boards: Boards, log: JournalReader, reader: AzureReader, now: Callable[[], datetime]) -> None:
        self._boards = boards
        self._log = log
        self._reader = reader
        self._now = now
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._points: OrderedDict[object, Points] = OrderedDict()

    async def of(self, vault: str, key: VmKey) -> Timeline:
        board, since = self._boards.board(), self._now() - BACK
        if board.observed is None or vault not in board.observed.vaults:
            return Timeline((), (f"the vault {vault} was not looked at yet",))
        points, gaps = await self._read(board, vault, key, since)
        entries = await asyncio.to_thread(self._log.audit, vault=vault, subject=key, limit=_ENTRIES)
        told = tuple(f"{gap.scope}: {gap.reason}" for gap in gaps)
        results = board.results.values()
        return timeline(board.observed, vault, key, entries, points, results=results, since=since, gaps=told)

    async def _read(self, board: Board, vault: str, key: VmKey, since: datetime) -> Points:
        item = board.observed.vaults[vault].items.get(key) if board.observed is not None else None
        if item is None or item.last_recovery_point is None:
            return [], []
        place = (vault, key, item.last_recovery_point, since.date())
        async with self._places:
            if place not in self._points:
                found = await self._reader.history(vault, item, since)
                if found[1]:
                    return found
                self._points[place] = found
        self._points.move_to_end(place)
        while len(self._points) > _KEPT:
            self._points.popitem(last=False)
        return self._points[place]
