"""The page of a daemon: what it may ask for, and who answers."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from starlette.types import ASGIApp

from reconciler.engine.ports import Source
from reconciler.model.audit import Chain
from reconciler.model.board import Board, Declared
from reconciler.model.observed import Gap, ProtectedItem, RecoveryPoint, VmKey
from reconciler.model.timeline import Timeline
from reconciler.planning.timeline import timeline
from reconciler.store.journal import JournalReader
from reconciler.watch.insight import Planner
from reconciler.web.app import create_app
from reconciler.web.ports import Boards, Daemon

HISTORY = timedelta(days=60)
"""How far back the recovery points of a VM are read: what somebody who wonders about one looks at."""

_CHECK_EACH = timedelta(minutes=10)
_ENTRIES = 200
_KEPT = 500
_AT_ONCE = 2

Points = tuple[list[RecoveryPoint], list[Gap]]


class Reads(Protocol):
    """The part of Azure's reader that a history needs."""

    async def history(self, vault: str, item: ProtectedItem, since: datetime) -> Points:
        """The recovery points of one item since a moment, and what of them could not be read."""
        ...


class Remembering:
    """Implements Source as another one does, and keeps the texts that it gave last."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.texts: Mapping[str, str] = {}

    async def look(self) -> Declared:
        found = await self._source.look()
        self.texts = found.texts
        return found

    def changes(self) -> AsyncGenerator[None, None]:
        return self._source.changes()

    def wake(self) -> None:
        self._source.wake()


class Histories:
    """What happened to a VM. Its recovery points are read anew only when there is a newer one: pages renew often."""

    def __init__(self, boards: Boards, reader: Reads, journal: JournalReader, now: Callable[[], datetime]) -> None:
        self._boards = boards
        self._reader = reader
        self._journal = journal
        self._now = now
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._points: OrderedDict[object, Points] = OrderedDict()

    async def of(self, vault: str, key: VmKey) -> Timeline:
        board, since = self._boards.board(), self._now() - HISTORY
        if board.observed is None:
            return Timeline(since=since)
        points, gaps = await self._read(board, vault, key, since)
        entries = await asyncio.to_thread(self._journal.audit, vault=vault, subject=key, limit=_ENTRIES)
        told = tuple(f"{gap.scope}: {gap.reason}" for gap in gaps)
        results = board.results.values()
        return timeline(board.observed, vault, key, entries, points, results=results, since=since, gaps=told)

    async def _read(self, board: Board, vault: str, key: VmKey, since: datetime) -> Points:
        seen = board.observed.vaults.get(vault) if board.observed is not None else None
        item = seen.items.get(key) if seen is not None else None
        if item is None or item.last_recovery_point is None:
            return [], []
        place = (vault, key, item.last_recovery_point, since.date())
        if place not in self._points:
            async with self._places:
                found = await self._reader.history(vault, item, since)
            if found[1]:
                return found
            self._points[place] = found
        self._points.move_to_end(place)
        while len(self._points) > _KEPT:
            self._points.popitem(last=False)
        return self._points[place]


class Checked:
    """Looks over the audit log when somebody asks, and not more often than every ten minutes. Safe in threads."""

    def __init__(self, journal: JournalReader, now: Callable[[], datetime]) -> None:
        self._journal = journal
        self._now = now
        self._lock = threading.Lock()
        self._chain: Chain | None = None

    def chain(self) -> Chain:
        with self._lock:
            now = self._now()
            if self._chain is None or now - self._chain.checked_at >= _CHECK_EACH:
                self._chain = self._journal.check(now)
            return self._chain


def page_of(
    boards: Boards,
    reader: Reads,
    journal: str,
    texts: Callable[[], Mapping[str, str]],
    now: Callable[[], datetime],
    names: Sequence[str],
) -> ASGIApp:
    """The page as an application. `journal` is where the journal is; `names` are further hosts it answers to."""
    log = JournalReader(journal)
    daemon = Daemon(
        boards=boards,
        now=now,
        insight=Planner(),
        audit=log,
        chain=Checked(log, now).chain,
        timeline=Histories(boards, reader, log, now).of,
        manifest=lambda file: texts().get(file),
    )
    return create_app(daemon, names=names)
