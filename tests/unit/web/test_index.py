"""The list of all VMs: each under one word, found by its words, in the order asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.web.index import SORTS, Index, Sort, Wanted, word_of
from reconciler.web.paging import part
from reconciler.web.query import Query
from reconciler.web.sight import Sights, cause_id
from tests.unit.planning.making import NOW
from tests.unit.web.boards import board_of

BOARD = board_of()
INDEX = Index(BOARD)


def labels(wanted: Wanted, stale: frozenset[str] = frozenset()) -> list[str]:
    return [entry.label.rpartition("/")[2] for entry in INDEX.select(wanted, stale)]


def test_every_vm_is_there_once_under_one_word() -> None:
    assert {entry.label.rpartition("/")[2]: entry.word for entry in INDEX.entries} == {
        "web-01": "verified",
        "web-02": "initial-backup-pending",
        "web-03": "not-protected",
        "web-04": "not-protected",
        "db-01": "verified",
        "db-02": "stopped",
        "dev-01": "outside",
        "vdi-01": "exempt",
        "new-01": "uncovered",
    }


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Wanted(words=frozenset({"verified"})), ["db-01", "web-01"]),
        (Wanted(words=frozenset({"stopped", "exempt"})), ["db-02", "vdi-01"]),
        (Wanted(text="WEB 01"), ["web-01"]),
        (Wanted(text="env=prod new"), ["new-01"]),
        (Wanted(text="weekly"), ["db-01"]),
        (Wanted(text="rsv rg-db"), ["db-02", "db-01"]),
        (Wanted(text="nothing like it"), []),
        (Wanted(policy="WEEKLY"), ["db-01"]),
        (Wanted(vault="rsv", text="db"), ["db-02", "db-01"]),
        (Wanted(vault="other"), []),
        (Wanted(keys=frozenset()), []),
        (Wanted(text="web", sort="name", reverse=True), ["web-04", "web-03", "web-02", "web-01"]),
    ],
)
def test_searched_and_filtered(wanted: Wanted, expected: list[str]) -> None:
    assert labels(wanted) == expected


def test_worst_first() -> None:
    assert labels(Wanted()) == ["web-03", "web-04", "new-01", "db-02", "web-02", "vdi-01", "dev-01", "db-01", "web-01"]


@pytest.mark.parametrize("sort", SORTS)
def test_each_order_has_all(sort: Sort) -> None:
    found = INDEX.select(replace(Wanted(), sort=sort))
    assert sorted(map(id, found)) == sorted(map(id, INDEX.entries))
    assert INDEX.select(replace(Wanted(), sort=sort, reverse=True)) == found[::-1]


def test_a_stale_vault_has_nothing_protected() -> None:
    stale = frozenset({"rsv"})
    assert labels(Wanted(words=frozenset({"verified"})), stale) == []
    assert sorted(labels(Wanted(words=frozenset({"unknown"})), stale)) == ["db-01", "web-01", "web-02"]
    assert {word_of(entry, stale) for entry in INDEX.entries if entry.word == "stopped"} == {"stopped"}


def test_the_index_is_made_anew_only_for_what_it_is_made_of() -> None:
    sights = Sights()
    first = sights.of(BOARD, NOW).index
    assert sights.of(replace(BOARD, paused="a file"), NOW).index is first
    assert sights.of(replace(BOARD, plan=None), NOW).index is not first


def test_a_cause_keeps_its_name_whomever_it_befalls() -> None:
    finding = Sights().of(BOARD, NOW).findings[0]
    assert cause_id(finding) == cause_id(replace(finding, subjects=("somebody else",)))
    assert cause_id(finding) != cause_id(replace(finding, message="another"))


@pytest.mark.parametrize(
    ("number", "rows", "first", "shown"),
    [(0, [0, 1, 2], 1, 1), (1, [0, 1, 2], 1, 1), (2, [3, 4, 5], 4, 2), (3, [6], 7, 3), (99, [6], 7, 3)],
)
def test_a_part_of_a_list(number: int, rows: list[int], first: int, shown: int) -> None:
    found = part(list(range(7)), number, size=3)
    assert (list(found.rows), found.first, found.number, found.pages, found.total) == (rows, first, shown, 3, 7)


def test_an_empty_list_has_one_page() -> None:
    nothing: list[int] = []
    found = part(nothing, 5)
    assert (found.rows, found.first, found.number, found.pages) == ([], 0, 1, 1)


def test_an_address_with_one_value_changed() -> None:
    query = Query([("q", "a b"), ("state", "verified"), ("state", "claimed"), ("page", "3"), ("empty", "")])
    assert query.with_(page=None) == "q=a+b&state=verified&state=claimed"
    assert query.with_(page=4, q=None) == "state=verified&state=claimed&page=4"
    assert query.with_(state="x&y") == "q=a+b&page=3&state=x%26y"
