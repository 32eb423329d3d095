"""Manifests from folders and files of this machine: read at rest, kept in memory, put in force when they load."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

from reconciler import revision
from reconciler.clocks import Clock
from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.model.board import Declared, Rejection, Revision
from reconciler.sources.bell import Bell
from reconciler.sources.in_force import STAYS, InForce, Load, Loaded, is_empty, problems
from reconciler.sources.watch import Awatch, watch

_PAUSE = 0.2
_MOST_READINGS = 25
"""The files must come to rest within five seconds; else the next look tries again."""


class Reading(Protocol):
    """All files as they were read once. `stamps` are device, inode, size and times of each, by name."""

    @property
    def contents(self) -> Mapping[str, bytes]: ...

    @property
    def stamps(self) -> Mapping[str, tuple[int, ...]]: ...

    @property
    def diagnostics(self) -> Sequence[Diagnostic]: ...


class FolderSource:
    """As `engine.ports.Source`. What does not load, or is gone, leaves the last good one in force.

    `read` reads all of `paths` once and never raises; `load` makes manifests of bytes. Neither is asked for a path
    again after that: what was read is what is loaded. A file is taken at rest only: two readings in a row, a fifth of
    a second apart, are equal in content and in what the file system says of it.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        clock: Clock,
        *,
        read: Callable[[], Reading],
        load: Load,
        awatch: Awatch | None = None,
    ) -> None:
        self._paths = tuple(paths)
        self._clock = clock
        self._read = read
        self._load = load
        self._awatch = awatch
        self._bell = Bell()
        self._busy = asyncio.Lock()
        self._seen: tuple[object, ...] | None = None
        self._accepted: tuple[Mapping[str, bytes], Revision] | None = None
        self._in_force = InForce(", ".join(str(path) for path in paths))

    async def look(self) -> Declared:
        async with self._busy:
            reading = await self._settled()
            if reading is None:
                self._in_force.trouble(f"the files keep changing: they were never at rest; {STAYS}", "source-unsettled")
            else:
                await self._judge(reading)
            return self._in_force.declared()

    def changes(self) -> AsyncGenerator[None, None]:
        return self._bell.rings(partial(watch, self._paths, self._clock, awatch=self._awatch))

    def wake(self) -> None:
        self._bell.ring()

    async def _settled(self) -> Reading | None:
        before = await asyncio.to_thread(self._read)
        for _ in range(_MOST_READINGS):
            await self._clock.sleep(_PAUSE)
            after = await asyncio.to_thread(self._read)
            if _facts(before) == _facts(after):
                return after
            before = after
        return None

    async def _judge(self, reading: Reading) -> None:
        now = self._clock.now()
        seen = (*_facts(reading), now.date())
        if seen == self._seen:
            self._in_force.checked(now)
            return
        loaded = await asyncio.to_thread(
            partial(self._load, reading.contents, today=now.date(), before=reading.diagnostics)
        )
        at = Revision(revision.revision(self._paths[0]))
        if loaded.desired is not None:
            same = self._accepted == (reading.contents, at)
            self._in_force.accept(loaded, at, now, same=same)
            self._accepted = (reading.contents, at)
        else:
            because, how = self._why(reading, loaded)
            self._in_force.reject(at, because, problems(loaded.diagnostics), f"{how}; {STAYS}", now)
        self._seen = seen

    def _why(self, reading: Reading, loaded: Loaded) -> tuple[Rejection, str]:
        gone = not reading.contents and not any(path.exists() for path in self._paths)
        if gone or is_empty(loaded.diagnostics):
            return Rejection.EMPTY, "put the manifests back: an empty or vanished folder declares nothing"
        return Rejection.INVALID, "mend the manifests"


def _facts(reading: Reading) -> tuple[object, ...]:
    return dict(reading.contents), dict(reading.stamps), tuple(reading.diagnostics)
