"""Alive means useful: a loop that runs and fails is not alive (facts I-46). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.model.board import Board


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reasons` say what is wrong; a good one has none."""

    reasons: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        return not self.reasons


def live(board: Board, ages: Mapping[str, float]) -> Verdict:
    """`ages` are seconds since the last *completed* pass over each vault, or since the watch over it began."""
    late = {name: age for name, age in sorted(ages.items()) if age > board.bound}
    return Verdict(tuple(_late(board, name, age) for name, age in late.items()))


def _late(board: Board, name: str, age: float) -> str:
    state = board.vaults.get(name)
    trouble = f": {state.trouble}" if state is not None and state.trouble else ""
    return f"no pass over the vault {name} was completed for {age / 60:.0f} minutes{trouble}"


def ready(board: Board, stopping: str = "") -> Verdict:
    """Manifests are in force, and each of their vaults was looked at; a standby is ready too."""
    if stopping:
        return Verdict((stopping,))
    if board.source.in_force is None:
        rejected, trouble = board.source.rejected, board.source.trouble
        why = trouble or (f"the newest is {rejected.because}: {rejected.how}" if rejected is not None else "")
        return Verdict((f"no manifests are in force yet{': ' if why else ''}{why}",))
    unseen = [state for state in board.vaults.values() if state.last_completed is None]
    if unseen and len(unseen) == len(board.vaults):
        return Verdict(tuple(f"the vault {state.name} was not read yet: {state.trouble or 'wait'}" for state in unseen))
    waiting = [state.name for state in unseen if not state.trouble]
    return Verdict(tuple(f"the vault {name} was not looked at yet" for name in waiting))
