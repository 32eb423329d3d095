"""A page that is left open: it follows the daemon, and turns when the daemon is gone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from reconciler.model.board import Board
from reconciler.model.status import Status
from reconciler.web.ports import Daemon
from tests.browser.conftest import Estate
from tests.browser.serving import Served
from tests.unit.web.asking import Boards, daemon_of
from tests.unit.web.boards import board_of

SOON = 2.0
"""Seconds in which an open page shows that a job has ended."""

LATE = 30_000
"""Milliseconds after which it never will."""

_TRIALS = 5
"""A machine that is busy with other tests may need more than one."""


def with_another_point(board: Board, number: int) -> Status:
    """The status with every recovery point so many hours older."""
    assert board.status is not None
    earlier = timedelta(hours=number % 20 + 1)
    vms = (replace(vm, last_point=vm.last_point - earlier if vm.last_point else None) for vm in board.status.vms)
    return replace(board.status, vms=tuple(vms))


def running_in(board: Board) -> int:
    return sum(one.job.running for one in board.status.jobs) if board.status is not None else 0


async def after(estate: Estate, minutes: int) -> Board:
    """A look at the vault, some minutes later."""
    estate.site.world.advance(timedelta(minutes=minutes))
    return await estate.site.board()


def test_a_job_that_ends_is_shown_within_two_seconds(page: Page, estate: Estate) -> None:
    """Of the moment at which the daemon knows it; the job is one of the vault's, which ends there."""
    page.goto(f"{estate.url}/jobs?end=in-progress")
    total = page.locator(".pager").first
    expect(total).to_contain_text("1–50 of")
    page.get_by_label("Search").fill("half a wo")
    before = estate.boards.board()
    ended = estate.run(after(estate, 90))
    assert running_in(ended) == 0 < running_in(before)
    spans = []
    for _ in range(_TRIALS):
        began = time.monotonic()
        estate.post(ended)
        expect(total).to_have_text("None", timeout=LATE)
        spans.append(time.monotonic() - began)
        if spans[-1] <= SOON:
            break
        estate.post(before)
        expect(total).to_contain_text("1–50 of", timeout=LATE)
    assert min(spans) <= SOON
    expect(page.get_by_label("Search")).to_have_value("half a wo")


def test_what_a_reader_does_is_left_alone(page: Page, estate: Estate) -> None:
    """The focus stays, what was unfolded stays unfolded, and what is marked is not taken away."""
    page.goto(f"{estate.url}/audit")
    page.locator("summary").nth(3).click()
    link = page.get_by_role("link", name="entry", exact=False).or_(page.locator("tbody a")).nth(5)
    link.focus()
    here = page.evaluate("document.activeElement.getAttribute('href')")
    before = page.locator("time").first.inner_text()
    board = estate.boards.board()
    estate.post(replace(board, made_at=board.made_at + timedelta(minutes=7), paused="paused by the file /run/pause"))
    expect(page.locator("#state")).to_contain_text("paused by the file /run/pause")
    assert page.evaluate("document.activeElement.getAttribute('href')") == here
    assert page.locator("details").nth(3).get_attribute("open") is not None
    assert before
    estate.post(replace(board, paused=""))
    expect(page.locator("#state")).not_to_contain_text("/run/pause")


@pytest.fixture
def brief() -> Iterator[Served]:
    """A page of a small world whose board counts for three seconds."""

    async def make() -> tuple[Daemon, Boards]:
        board = replace(board_of(), bound=3.0)
        boards = Boards(board)
        return replace(daemon_of(board), boards=boards, now=lambda: board.made_at), boards

    with Served(make) as started:
        yield started


@pytest.mark.parametrize("scripts", [True, False])
def test_green_goes_when_the_server_is_gone(chrome: Browser, brief: Served, *, scripts: bool) -> None:
    """With a script and without one: the style sheet has a clock of its own."""
    context = chrome.new_context(java_script_enabled=scripts)
    tab = context.new_page()
    tab.goto(f"{brief.url}/vms?state=verified")
    badge = tab.locator(".badge.w-verified").first
    expect(tab.locator(".stale-banner")).to_be_hidden()
    fresh = badge.evaluate("one => [getComputedStyle(one).color, getComputedStyle(one).textDecorationLine]")
    brief.stop()
    expect(tab.locator(".stale-banner")).to_be_visible()
    expect(badge).to_have_css("text-decoration-line", "line-through")
    stale = badge.evaluate("one => [getComputedStyle(one).color, getComputedStyle(one).textDecorationLine]")
    assert fresh[1] == "none"
    assert stale[0] != fresh[0]
    if scripts:
        expect(tab.locator(".gone-banner")).to_be_visible()
    context.close()


def test_a_page_that_is_renewed_stays_green_as_long_as_it_is(chrome: Browser, brief: Served) -> None:
    """Opened before anything was seen; each renewal starts the clock anew, and the last one is the last."""
    context = chrome.new_context()
    tab = context.new_page()
    board = brief.boards.board()
    brief.post(replace(board, observed=None, status=None, plan=None, vaults={}))
    tab.goto(f"{brief.url}/")
    expect(tab.locator("#state")).to_contain_text("Nothing has been seen yet")
    figure = tab.locator(".figure.ok .label").first
    for number in range(4):
        brief.post(replace(board, paused=f"reason {number}"))
        expect(tab.locator("#state")).to_contain_text(f"reason {number}")
        expect(figure).to_have_css("text-decoration-line", "none")
        tab.wait_for_timeout(900)
    expect(tab.locator(".stale-banner")).to_be_hidden()
    brief.stop()
    expect(tab.locator(".stale-banner")).to_be_visible()
    expect(figure).to_have_css("text-decoration-line", "line-through")
    context.close()


def test_what_is_marked_is_left_and_then_counts_no_longer(chrome: Browser, brief: Served) -> None:
    """Whoever copies a name keeps it in front of him, but not as something that was seen just now."""
    context = chrome.new_context()
    tab = context.new_page()
    tab.goto(f"{brief.url}/vms?state=verified")
    tab.locator("tbody th a").first.evaluate("one => getSelection().selectAllChildren(one)")
    board = brief.boards.board()
    number = 0
    while tab.locator(".stale-banner").is_hidden():
        number += 1
        brief.post(replace(board, paused=f"reason {number}", status=with_another_point(board, number)))
        expect(tab.locator("#state")).to_contain_text(f"reason {number}")
    assert "web-01" in tab.evaluate("String(getSelection())") or "db-01" in tab.evaluate("String(getSelection())")
    expect(tab.locator(".badge.w-verified").first).to_have_css("text-decoration-line", "line-through")
    tab.evaluate("getSelection().removeAllRanges()")
    brief.post(replace(board, paused="over"))
    expect(tab.locator(".stale-banner")).to_be_hidden()
    context.close()


def test_it_comes_back_with_the_server(chrome: Browser, estate: Estate) -> None:
    """A connection that breaks is made again by the browser, and the page with it."""
    context = chrome.new_context()
    page = context.new_page()
    page.goto(f"{estate.url}/")
    page.context.set_offline(True)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator(".gone-banner")).to_be_visible()
    page.context.set_offline(False)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator(".gone-banner")).to_be_hidden()
    context.close()
