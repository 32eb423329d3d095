"""What a page asks of Azure about a VM: once, until there is something new."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from reconciler.azure.observe import AzureReader
from reconciler.model.board import Board
from reconciler.model.observed import Gap, ProtectedItem, RecoveryPoint
from reconciler.model.timeline import EventKind
from reconciler.store.journal import JournalReader
from reconciler.watch.histories import BACK, Histories
from tests.unit.azure.scripted import Says, bench
from tests.unit.planning.making import NOW, machine
from tests.unit.web.asking import Boards
from tests.unit.web.boards import board_of

WEB = machine("web-01").key


class Reader(AzureReader):
    """Counts what it is asked; `gaps` is what it cannot read."""

    def __init__(self) -> None:
        super().__init__(bench([Says(body={"value": []})]).client)
        self.asked: list[datetime] = []
        self.gaps: list[Gap] = []

    async def history(self, vault: str, item: ProtectedItem, since: datetime) -> tuple[list[RecoveryPoint], list[Gap]]:
        self.asked.append(since)
        return ([] if self.gaps else [RecoveryPoint(NOW, None)]), self.gaps


def histories(tmp_path: Path, reader: Reader, boards: Boards) -> Histories:
    return Histories(boards, JournalReader(str(tmp_path / "none.db")), reader, lambda: NOW)


def later(board: Board) -> Board:
    """The same with a newer recovery point."""
    assert board.observed is not None
    vault = board.observed.vaults["rsv"]
    item = replace(vault.items[WEB], last_recovery_point=NOW)
    seen = replace(board.observed, vaults={"rsv": replace(vault, items={**vault.items, WEB: item})})
    return replace(board, observed=seen)


async def test_points_are_read_once_until_there_is_a_newer_one(tmp_path: Path) -> None:
    reader, boards = Reader(), Boards(board_of())
    asked = histories(tmp_path, reader, boards)
    for _ in range(3):
        found = await asked.of("rsv", WEB)
        assert [event.kind for event in found.events] == [EventKind.POINT]
    assert reader.asked == [NOW - BACK]
    boards.post(later(boards.board()))
    await asked.of("rsv", WEB)
    assert len(reader.asked) == 2


async def test_what_could_not_be_read_is_told_and_tried_again(tmp_path: Path) -> None:
    reader = Reader()
    reader.gaps = [Gap("points", "503")]
    asked = histories(tmp_path, reader, Boards(board_of()))
    assert (await asked.of("rsv", WEB)).gaps == ("points: 503",)
    reader.gaps = []
    assert (await asked.of("rsv", WEB)).gaps == ()


async def test_without_a_point_nothing_is_asked(tmp_path: Path) -> None:
    reader = Reader()
    asked = histories(tmp_path, reader, Boards(board_of(fresh=False)))
    assert (await asked.of("rsv", WEB)).events == ()
    assert (await asked.of("other", WEB)).gaps == ("the vault other was not looked at yet",)
    assert reader.asked == []
    assert timedelta(0) < BACK
