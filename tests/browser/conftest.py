"""Chromium for each module, and a page over 1,000 machines, made once for all of this folder."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from playwright.sync_api import Browser, Page

from reconciler.web.ports import Daemon
from tests.browser.serving import Complaints, Served, browser, chromium
from tests.browser.site import Site, daemon_of, lived
from tests.unit.web.asking import Boards


@pytest.fixture(scope="module", autouse=True)
def quiet() -> Iterator[None]:
    """Thousands of requests are not told one by one."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="module")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Of a module, not of the session: while it is driven, no other test can run an event loop in this thread."""
    found = chromium()
    if found is None:
        pytest.skip("there is no Chromium here: apt-get install chromium")
    with browser(found, tmp_path_factory.mktemp("chromium")) as started:
        yield started


class Estate(Served):
    """The page over a site, which stays at hand for what is to happen to it."""

    site: Site

    def __init__(self, journal: Path) -> None:
        async def make() -> tuple[Daemon, Boards]:
            self.site = Site(journal)
            boards = Boards(await lived(self.site))
            return daemon_of(self.site, boards), boards

        super().__init__(make)


@pytest.fixture(scope="session")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    with Estate(tmp_path_factory.mktemp("site") / "journal.db") as started:
        yield started
        started.run(started.site.closed())


@pytest.fixture
def page(chrome: Browser) -> Iterator[Page]:
    """A new tab, as wide as a laptop; whatever its console complains of fails the test."""
    context = chrome.new_context(viewport={"width": 1280, "height": 900}, locale="en")
    tab = context.new_page()
    complaints = Complaints(tab)
    yield tab
    context.close()
    assert complaints.all == []
