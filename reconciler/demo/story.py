"""What happens in the demonstration: commits, trouble and its end, each told as it comes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from importlib import resources
from pathlib import PurePath
from typing import TYPE_CHECKING

from reconciler.diagnostics.catalog import catalog
from reconciler.engine.loop.bulletin import Bulletin
from reconciler.engine.loop.loop import Loop
from reconciler.model.board import Board
from reconciler.model.outcome import Failed
from reconciler.model.status import Trust
from reconciler.vaultserver import portal

if TYPE_CHECKING:
    from reconciler.demo.repository import Repository
    from reconciler.vaultserver.world import World

PATIENCE = 45.0
"""Seconds of ours that a chapter is given; then the next one begins."""
BREATH = 4.0
"""Seconds of ours between two chapters, to read and to look at the page."""
ADA, BOB = "Ada <ada@shop.example>", "Bob <bob@shop.example>"
MALLORY = "mallory@shop.example"
Seen = Callable[[Board], bool]


class Story:
    """`say` is given lines for people. Runs in the daemon's event loop, on the embedded vault it works on."""

    def __init__(
        self, world: World, repository: Repository, bulletin: Bulletin, loop: Loop, say: Callable[[str], None]
    ) -> None:
        self._world = world
        self._repository = repository
        self._bulletin = bulletin
        self._loop = loop
        self._say = say
        self._files: dict[str, bytes] = {}

    async def tell(self, breath: float = BREATH) -> None:
        """From the first commit to the last."""
        for chapter in (self._first, self._night, self._trouble, self._mend, self._meddling, self._mistake, self._end):
            await chapter()
            await asyncio.sleep(breath)

    async def _first(self) -> None:
        self._commit("1-web", "Protect the web servers", ADA)
        await self._until(lambda board: _protected(board) == 3)
        self._say(
            "web-01, web-02 and web-03 were discovered, checked and protected: seen in the vault, not just asked for."
        )
        self._commit("2-data", "Protect the databases, too", BOB)
        await self._until(lambda board: _protected(board) == 5)
        self._say("Five machines are protected. No recovery point yet, so nothing is green: Azure only claims it.")

    async def _night(self) -> None:
        self._say("The first night passes (the clock of the embedded vault is moved on) ...")
        self._world.advance(timedelta(hours=15))
        self._loop.wake("a night has passed")
        await self._until(lambda board: _verified(board) == 5)
        self._say(
            f"Backups ran: {_verified(self._bulletin.board())} machines are verified, by a recovery point of the night."
        )

    async def _trouble(self) -> None:
        self._commit("3-apps", "Protect the applications", ADA)
        await self._until(lambda board: len(_codes(board)) >= 2)
        for code in sorted(_codes(self._bulletin.board())):
            row = catalog().rows[code]
            self._say(f"Trouble: {row.title}. [{code}]\n{row.remedy}")

    async def _mend(self) -> None:
        self._say("Somebody follows the advice: batch-01 is started, and the agent of build-01 is repaired.")
        self._world.set_vm(portal.find_vm(self._world, "batch-01").id, "power", "running")
        self._world.set_vm(portal.find_vm(self._world, "build-01").id, "agent.status", "ready")
        self._loop.wake("a fact changed")
        await self._until(lambda board: _protected(board) == 7 and not _codes(board))
        self._say("Both are protected. Nobody had to run anything again: the fact changed, and the next pass saw it.")

    async def _meddling(self) -> None:
        self._say(f"{MALLORY} puts web-02 under another policy, in the portal.")
        self._world.actor = MALLORY
        portal.change_policy(self._world, "web-02", "DefaultPolicy")
        self._loop.wake("something changed")
        await self._until(lambda board: any(seen.by is not None for seen in board.drifts))
        for seen in self._bulletin.board().drifts:
            who = f", changed by {seen.by.caller}" if seen.by is not None else ""
            self._say(f"Drift: {seen.drift.label}: {seen.drift.found}{who}.")
        await self._until(lambda board: not board.drifts and not _steps(board))
        self._say("Corrected: web-02 is backed up as declared again.")

    async def _mistake(self) -> None:
        self._commit("4-mistake", "Tidy up", BOB)
        await self._until(lambda board: board.source.rejected is not None)
        rejected = self._bulletin.board().source.rejected
        if rejected is not None and rejected.problems:
            problem = rejected.problems[0]
            self._say(f"Rejected: {problem.span}: {problem.message}. The commit before stays in force.")
        self._commit("5-mended", "Mend the typing error", BOB)
        await self._until(lambda board: board.source.rejected is None)
        self._say("Mended: the newest commit is in force.")

    async def _end(self) -> None:
        await self._until(lambda board: not _steps(board))
        board = self._bulletin.board()
        self._say(
            f"Everything is as declared, and {_protected(board)} machines are protected. The page stays; "
            "Ctrl-C leaves nothing behind."
        )

    def _commit(self, name: str, subject: str, author: str) -> None:
        folder = resources.files("reconciler.demo").joinpath("commits", name)
        self._files |= {PurePath(file.name).name: file.read_bytes() for file in folder.iterdir()}
        sha = self._repository.commit(self._files, subject, author, self._world.now)
        self._say(f'{author.partition(" <")[0]} merges {sha[:8]} "{subject}"')

    async def _until(self, seen: Seen) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                async for board in self._bulletin.changes():
                    if seen(board):
                        return
        except TimeoutError:
            self._say("(That takes longer than usual; the page shows how far it is.)")


def _protected(board: Board) -> int:
    vms = board.status.vms if board.status is not None else ()
    return sum(vm.trust in {Trust.VERIFIED, Trust.CLAIMED} for vm in vms)


def _verified(board: Board) -> int:
    vms = board.status.vms if board.status is not None else ()
    return sum(vm.trust is Trust.VERIFIED for vm in vms)


def _codes(board: Board) -> set[str]:
    """The rows of what stands in the way of a machine."""
    return {one.outcome.code for one in board.results.values() if isinstance(one.outcome, Failed)}


def _steps(board: Board) -> int:
    return len(board.plan.steps) if board.plan is not None else -1
