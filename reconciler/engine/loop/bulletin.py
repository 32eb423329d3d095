"""The board in force, and who waits for the next one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from reconciler.model.board import Board, PassRecord, VaultState

PASSES = 200
"""How many records of passes are kept, over all vaults."""


class Bulletin:
    """Implements the page's Boards. Boards are values: who has read one keeps it, whatever comes after."""

    def __init__(self, board: Board, now: Callable[[], datetime]) -> None:
        self._board = board
        self._now = now
        self._changed = asyncio.Event()
        self._closed = False

    def board(self) -> Board:
        return self._board

    async def changes(self) -> AsyncIterator[Board]:
        """The current board at once, then each newer one; who reads slowly misses those in between."""
        told: Board | None = None
        while True:
            if self._board is not told:
                told = self._board
                yield told
            elif self._closed:
                return
            else:
                await self._changed.wait()

    def post(self, **changes: Any) -> None:
        """A new board, which differs in these fields."""
        self._board = replace(self._board, made_at=self._now(), **changes)
        self._wake()

    def vault(self, name: str, **changes: Any) -> None:
        """A new board, on which the state of one vault differs in these fields."""
        state = self._board.vaults.get(name) or VaultState(name)
        self.post(vaults={**self._board.vaults, name: replace(state, **changes)})

    def keep_vaults(self, names: Mapping[str, object]) -> None:
        """Forget the vaults that are not among these."""
        kept = {name: self._board.vaults.get(name) or VaultState(name) for name in names}
        self.post(vaults=kept)

    def passed(self, record: PassRecord) -> None:
        self.post(passes=(record, *self._board.passes)[:PASSES])

    def close(self) -> None:
        """Nothing comes any more: listeners end."""
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
