"""600 hostile names: no script runs, no layout breaks, and nothing goes to the console."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote_plus

import pytest
from playwright.sync_api import Browser, Request

from reconciler.web.ports import Daemon
from tests.browser import hostile
from tests.browser.serving import Complaints, Served, overflow
from tests.unit.web.asking import Boards, daemon_of

PAGES = [
    "/",
    *(f"/vms?page={number}" for number in range(1, 13)),
    *(f"/vms?q={quote_plus(name.encode('utf-8', 'replace'))}" for name in hostile.MARKUP[::12]),
    *(f"/vm?id={quote_plus(hostile.vm(number).key.encode('utf-8', 'replace'))}" for number in (0, 3, 30, 60, 63, 81)),
    "/jobs",
    "/jobs?page=3",
    "/policies",
    *(f"/policy?vault=rsv&name={quote_plus(name)}" for name in (hostile.NAMES[0], hostile.NAMES[14])),
    "/findings",
    "/plan",
    "/plan?page=2",
    "/audit",
]
LAID_OUT = """() => {
  const edge = document.documentElement.clientWidth;
  const inside = (box) => box.left >= -1 && box.right <= edge + 1;
  const parts = [...document.querySelectorAll("header.top, main, .bottom, h1, .filter, .pager, .item, .card, .scroll")];
  const foreign = "iframe, object, embed, base, style, form:not(.filter), [onerror], [onload], [style]";
  return {
    parts: parts.length,
    out: parts.filter((one) => !inside(one.getBoundingClientRect())).map((one) => one.className || one.localName),
    scripts: document.scripts.length,
    foreign: document.querySelectorAll(foreign).length,
    header: document.querySelector("header.top").getBoundingClientRect().top,
    mains: document.querySelectorAll("main").length,
    order: document.querySelector("footer.bottom").getBoundingClientRect().top
      >= document.querySelector("main").getBoundingClientRect().bottom - 1,
  };
}"""


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    async def make() -> tuple[Daemon, Boards]:
        made = hostile.board()
        boards = Boards(made)
        daemon = replace(
            daemon_of(made), boards=boards, audit=hostile.Log(), timeline=hostile.timeline, manifest=hostile.manifest
        )
        return daemon, boards

    with Served(make) as started:
        yield started


def test_there_are_six_hundred_of_them() -> None:
    assert len(set(hostile.NAMES)) == len(hostile.NAMES) == 600


@pytest.mark.parametrize(("width", "pages"), [(360, PAGES), (1280, [*PAGES[:2], *PAGES[13::2]])])
def test_hostile_names_are_only_names(chrome: Browser, served: Served, width: int, pages: list[str]) -> None:
    context = chrome.new_context(viewport={"width": width, "height": 800})
    asked: list[str] = []
    tab = context.new_page()
    complaints = Complaints(tab)

    def note(request: Request) -> None:
        asked.append(request.url)

    tab.on("request", note)
    for path in pages:
        answer = tab.goto(served.url + path)
        assert answer is not None
        assert answer.status == 200, path
        laid = tab.evaluate(LAID_OUT)
        assert laid["parts"] > 4, path
        assert (laid["out"], laid["foreign"], laid["scripts"]) == ([], 0, 1), path
        assert (laid["header"], laid["mains"], laid["order"]) == (0, 1, True), path
        assert overflow(tab) == 0, path
    assert complaints.all == []
    assert [url for url in asked if not url.startswith(served.url)] == []
    context.close()


def test_every_name_is_there_to_be_read(chrome: Browser, served: Served) -> None:
    """Shown as text, character by character; what has no glyph is spelled out."""
    context = chrome.new_context()
    tab = context.new_page()
    seen = ""
    for number in range(1, 13):
        tab.goto(f"{served.url}/vms?page={number}&sort=name")
        seen += "\n".join(tab.locator("tbody th a[href*='/vm?']").all_text_contents()) + "\n"
    missing = [name for name in hostile.MARKUP if f"/{name}\n" not in seen]
    assert missing == []
    assert "\\x00nul\\x00" in seen
    assert "\\u202egnp.exe\\u202c" in seen
    assert "\\ud83d" in tab.locator("#state").inner_text()
    context.close()
