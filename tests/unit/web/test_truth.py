"""Nothing is shown as protected that was not seen so within the bound (facts I-45)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from reconciler.model.board import Board, VaultState
from reconciler.model.observed import Gap
from reconciler.planning.status import status
from reconciler.web.app import create_app
from reconciler.web.index import PROTECTED_WORDS
from reconciler.web.ports import Daemon
from reconciler.web.sight import Sight, Sights
from tests.unit.planning.making import NOW
from tests.unit.web.asking import Boards, ask
from tests.unit.web.boards import BOUND, WORLD, board_of

GREEN = ('badge w-verified"', "figure ok", 'badge w-claimed"', "badge w-initial")


def sight(board: Board, after: float = 0) -> Sight:
    return Sights().of(board, NOW + timedelta(seconds=after))


async def shown(board: Board, after: float, path: str) -> str:
    boards = Boards(board)
    app = create_app(Daemon(boards, lambda: NOW + timedelta(seconds=after)))
    return (await ask(app, path)).text


def test_what_was_seen_counts_until_the_bound() -> None:
    counts = sight(board_of(), BOUND - 1).counts
    assert counts["verified"] == 2
    assert sight(board_of(), BOUND - 1).good_for == 1


def test_beyond_the_bound_nothing_is_protected() -> None:
    seen = sight(board_of(), BOUND)
    assert not PROTECTED_WORDS & set(seen.counts)
    assert seen.counts["unknown"] == 3
    assert seen.counts["stopped"] == 1
    assert (set(seen.stale), seen.good_for) == ({"rsv"}, 0)


@pytest.mark.parametrize("path", ["/", "/vms", "/vms.json", "/overview.json"])
async def test_no_page_shows_green_beyond_it(path: str) -> None:
    fresh, old = await shown(board_of(), 0, path), await shown(board_of(), BOUND, path)
    assert "verified" in fresh
    assert [mark for mark in GREEN if mark in old] == []
    assert '"shown": "verified"' not in old
    if path == "/":
        assert "<h1>0 of 6 virtual machines that are to be protected are verified</h1>" in old
        assert "was not read within the bound" in old


async def test_a_vault_that_was_not_read_takes_nothing_from_the_others() -> None:
    world = {**WORLD, "vaults": {**WORLD["vaults"], "other": {}}}
    world["documents"] = {**WORLD["documents"], "Vault other": {}, "BackupPolicy daily": {"vaults": ["rsv", "other"]}}
    board = board_of(world)
    late = VaultState("other", seen_at=NOW - timedelta(seconds=BOUND + 1))
    seen = sight(replace(board, vaults={"rsv": VaultState("rsv", seen_at=NOW), "other": late}))
    assert seen.stale == {"other"}
    assert seen.counts["verified"] == 2
    assert seen.oldest == late.seen_at


def test_what_has_a_gap_is_unknown_whatever_its_age() -> None:
    board = board_of()
    assert board.observed is not None
    assert board.desired is not None
    holed = replace(board.observed, gaps=(Gap("items", "503", "rsv"),))
    seen = sight(replace(board, observed=holed, status=status(board.desired, holed)))
    assert not PROTECTED_WORDS & set(seen.counts)


def test_a_claim_is_no_proof() -> None:
    """Azure shows them as protected; without a recovery point as young as promised none is green."""
    counts = sight(board_of(fresh=False)).counts
    assert counts.get("verified", 0) == 0
    assert counts["claimed"] == 2


async def test_before_the_first_look_nothing_is_known() -> None:
    board = replace(board_of(), observed=None, status=None, plan=None, vaults={})
    for path in ("/", "/vms", "/jobs", "/policies", "/findings", "/plan", "/audit"):
        text = await shown(board, 0, path)
        assert "Nothing has been seen yet" in text
        assert [mark for mark in GREEN if mark in text] == []
    assert ">0</span>" in await shown(board, 0, "/")


async def test_a_page_left_open_turns_by_itself() -> None:
    """The style sheet that comes with it takes the green away, also when server and script are gone."""
    assert 'href="/stale/0.css"' in await shown(board_of(), BOUND, "/")
    text = await shown(board_of(), 100, "/")
    assert f'href="/stale/{int(BOUND) - 100}.css"' in text
    app = create_app(Daemon(Boards(board_of()), lambda: NOW))
    assert (await ask(app, "/stale/800.css")).text == ":root { --good-for: 800s; }\n"
    assert (await ask(app, "/stale/99999999999.css")).text == ":root { --good-for: 1000000s; }\n"
