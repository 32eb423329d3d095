"""File events, for as long as one likes to hear of them: the only importer of watchfiles."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol

import structlog
import watchfiles
from watchfiles import Change

from reconciler.clocks import Clock

_REST = 300
_MOST_STORM = 3000
"""Milliseconds: a batch ends when nothing happened for the first, or when a storm has lasted for the second."""
_TICK = 5000
_POLL = 2000
_RETRY = 1.0

log = structlog.get_logger(__name__)


class Awatch(Protocol):
    """The part of `watchfiles.awatch` that is used: batches of events, an empty one at each timeout."""

    def __call__(
        self,
        *paths: Path | str,
        watch_filter: Callable[[Change, str], bool],
        debounce: int,
        step: int,
        rust_timeout: int,
        yield_on_timeout: bool,
        force_polling: bool | None,
        poll_delay_ms: int,
        ignore_permission_denied: bool,
    ) -> AsyncIterator[set[tuple[Change, str]]]: ...


async def watch(paths: Sequence[Path], clock: Clock, ring: Callable[[], None], *, awatch: Awatch | None = None) -> None:
    """Ring whenever something below `paths` came to rest after a change; runs until it is cancelled.

    A path that is missing, or replaced by another folder of the same name (also through a symbolic link), is watched
    anew. Where the system has no more watches to give, the files are looked at every two seconds instead.
    """
    polling = False
    known = identities(paths)
    while True:
        there = [path for path in paths if path.exists()]
        try:
            if there:
                async for batch in _batches(awatch or watchfiles.awatch, there, paths, polling=polling):
                    if batch:
                        ring()
                    if identities(paths) != known:
                        break
        except FileNotFoundError:
            log.debug("watched path vanished")
        except (OSError, RuntimeError) as error:
            log.warning("file events not available", error=str(error), next="the files are polled")
            polling = True
        if identities(paths) == known:
            await clock.sleep(_RETRY)
        if identities(paths) != known:
            known = identities(paths)
            ring()


def identities(paths: Iterable[Path]) -> tuple[tuple[int, int] | None, ...]:
    """Which file or folder each path leads to now; None where it leads nowhere."""
    return tuple(_identity(path) for path in paths)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return (found.st_dev, found.st_ino)


def _batches(
    awatch: Awatch, there: Sequence[Path], paths: Sequence[Path], *, polling: bool
) -> AsyncIterator[set[tuple[Change, str]]]:
    roots = [os.path.realpath(path) for path in paths] + [os.path.abspath(path) for path in paths]

    def counts(_change: Change, path: str) -> bool:
        return not any(_hidden(os.path.relpath(path, root)) for root in roots if path.startswith(root))

    return awatch(
        *there,
        watch_filter=counts,
        debounce=_MOST_STORM,
        step=_REST,
        rust_timeout=_TICK,
        yield_on_timeout=True,
        force_polling=polling or None,
        poll_delay_ms=_POLL,
        ignore_permission_denied=True,
    )


def _hidden(relative: str) -> bool:
    """`.git` and the like are not read; but `..data` is how Kubernetes swaps the files of a mounted volume."""
    return any(part.startswith(".") and not part.startswith("..") for part in Path(relative).parts)
