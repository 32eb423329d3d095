"""What has been told over one channel, remembered beyond the process: once when it begins, once when it is over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from reconciler.model.board import Board
from reconciler.notices.cause import Cause, judged

BEGUN_AFTER = 30.0
"""Seconds that a cause lasts before it is told: what passes by itself is no news."""
OVER_AFTER = 60.0
"""Seconds that it is gone before that is told: what comes back at once was not over."""


class Notebook(Protocol):
    """As `engine.ports.Notebook`."""

    def note(self, name: str, text: str | None) -> None: ...

    def notes(self, prefix: str) -> Mapping[str, str]: ...


class Ledger:
    """Of one channel. Times are on a clock that only moves on."""

    def __init__(self, channel: str, notes: Notebook) -> None:
        self._prefix = f"told/{channel}/"
        self._notes = notes
        self._told: dict[str, Cause] = {}
        self._there_since: dict[str, float] = {}
        self._gone_since: dict[str, float] = {}
        self._busy: set[str] = set()
        """On their way."""
        self._resting: dict[str, float] = {}
        self.read()

    def read(self) -> None:
        """Take over what another process has told meanwhile."""
        kept = self._notes.notes(self._prefix)
        read = {name.removeprefix(self._prefix): Cause.read(text) for name, text in kept.items()}
        self._told = {fingerprint: cause for fingerprint, cause in read.items() if cause is not None}

    def news(
        self, current: Mapping[str, Cause], board: Board, now: float, *, leads: bool = True
    ) -> tuple[list[Cause], list[Cause]]:
        """What has begun and what is over, and is to be told now; each is given once, until it is told or dropped.

        Who does not lead says of nothing that it is over.
        """
        there = {mark: self._there_since.get(mark, now) for mark in current if mark not in self._told}
        gone = {
            mark: self._gone_since.get(mark, now)
            for mark, cause in self._told.items()
            if leads and mark not in current and judged(board, cause)
        }
        self._there_since, self._gone_since = there, gone
        self._resting = {mark: until for mark, until in self._resting.items() if until > now}
        still = self._busy | self._resting.keys()
        begun = [current[mark] for mark, at in there.items() if now - at >= BEGUN_AFTER and mark not in still]
        over = [self._told[mark] for mark, at in gone.items() if now - at >= OVER_AFTER and mark not in still]
        self._busy.update(cause.fingerprint for cause in (*begun, *over))
        return begun, over

    def told(self, causes: Iterable[Cause], *, over: bool) -> None:
        """It was delivered."""
        for cause in causes:
            mark = cause.fingerprint
            self._busy.discard(mark)
            self._notes.note(f"{self._prefix}{mark}", None if over else cause.written())
            if over:
                self._told.pop(mark, None)
            else:
                self._told[mark] = cause

    def drop(self, causes: Iterable[Cause], until: float) -> None:
        """It could not be delivered: it is news again from `until` on."""
        for cause in causes:
            self._busy.discard(cause.fingerprint)
            self._resting[cause.fingerprint] = until
