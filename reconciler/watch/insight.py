"""What the page asks of the planner, with the dearest part of it kept as long as a board stays the same."""

from __future__ import annotations

import threading

from reconciler.model.board import Board
from reconciler.model.desired import Desired
from reconciler.model.observed import Observed, VmKey
from reconciler.model.outlook import Outlook
from reconciler.model.trace import Trace
from reconciler.planning.outlook import outlook
from reconciler.planning.select import Selection, select
from reconciler.planning.situation import Situation, situation_of
from reconciler.planning.trace import trace


class Planner:
    """Implements `web.ports.Insight`; safe in several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made_of: tuple[Desired, Observed] | None = None
        self._situation: Situation | None = None
        self._selection: Selection | None = None

    def trace(self, board: Board, key: VmKey) -> Trace | None:
        with self._lock:
            situation = self._of(board)
            if situation is None:
                return None
            if self._selection is None:
                self._selection = select(situation)
            return trace(situation, self._selection, key)

    def outlook(self, board: Board, vault: str, policy: str) -> Outlook | None:
        with self._lock:
            situation = self._of(board)
        return outlook(situation, vault, policy) if situation is not None else None

    def _of(self, board: Board) -> Situation | None:
        desired, observed = board.desired, board.observed
        if desired is None or observed is None:
            return None
        if self._made_of is None or self._made_of[0] is not desired or self._made_of[1] is not observed:
            self._made_of, self._selection = (desired, observed), None
            self._situation = situation_of(desired, observed)
        return self._situation
