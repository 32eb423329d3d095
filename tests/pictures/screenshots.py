"""Screenshots of the page: every one a browser's, over 1,000 machines of an embedded vault."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import structlog
from PIL import Image
from playwright.sync_api import Browser

from tests.browser.addresses import PAGES
from tests.browser.conftest import Estate
from tests.browser.serving import browser, chromium

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
LARGEST = 150_000
"""Bytes of one picture."""

_COLOURS = 256


@dataclass(frozen=True, slots=True)
class Look:
    """How a page is looked at; lengths are pixels. Of a longer page only the upper part is taken."""

    page: str
    dark: bool = False
    width: int = 1280
    height: int = 1400
    language: str = "en"


LOOKS: Mapping[str, Look] = {
    "overview": Look("overview", height=1260),
    "overview-dark": Look("overview", dark=True, height=1100),
    "overview-narrow": Look("overview", width=390, height=1500),
    "overview-zh-TW": Look("overview", height=1100, language="zh-TW"),
    "virtual-machines": Look("vms", height=1100),
    "virtual-machines-narrow": Look("vms", width=390, height=1500, dark=True),
    "virtual-machine": Look("vm", height=2100),
    "jobs": Look("failed-jobs", height=700),
    "policies": Look("policies", height=1000),
    "policy": Look("policy"),
    "findings": Look("findings", height=1200),
    "plan": Look("plan", height=1200),
    "audit": Look("audit", height=800),
}


def take() -> None:
    """Make all of them anew."""
    found = chromium()
    if found is None:
        raise SystemExit("the pictures are taken by Chromium: apt-get install chromium")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name, Estate(Path(name, "journal.db")) as estate:
        board = estate.boards.board()
        estate.boards.post(replace(board, source=replace(board.source, rejected=estate.site.rejected())))
        with browser(found, Path(name)) as chrome:
            for title, look in LOOKS.items():
                content = shrunk(_shot(chrome, estate.url, look))
                if len(content) > LARGEST:
                    raise SystemExit(f"{title} has {len(content)} bytes")
                (FOLDER / f"{title}.png").write_bytes(content)
        estate.run(estate.site.closed())


def _shot(chrome: Browser, url: str, look: Look) -> bytes:
    context = chrome.new_context(
        viewport={"width": look.width, "height": look.height},
        color_scheme="dark" if look.dark else "light",
        locale=look.language,
    )
    tab = context.new_page()
    tab.goto(url + PAGES[look.page])
    whole = int(tab.evaluate("document.documentElement.scrollHeight"))
    height = min(look.height, whole)
    taken = tab.screenshot(clip={"x": 0, "y": 0, "width": look.width, "height": height})
    context.close()
    return taken


def shrunk(content: bytes) -> bytes:
    """The same picture in few colours: text on plain ground loses nothing."""
    picture = (
        Image.open(io.BytesIO(content))
        .convert("RGB")
        .quantize(_COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    )
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()
