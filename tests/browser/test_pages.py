"""Every page in a real browser: it fits, it says no word to the console, and axe finds nothing serious in it."""

from __future__ import annotations

import re
from importlib import resources
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.addresses import PAGES, vm
from tests.browser.conftest import Estate
from tests.browser.serving import Complaints, overflow

AXE = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
SERIOUS = {"serious", "critical"}


def visit(page: Page, estate: Estate, path: str) -> None:
    answer = page.goto(estate.url + path)
    assert answer is not None
    assert answer.status == (404 if path == PAGES["error"] else 200)


def axe(page: Page) -> list[str]:
    """What axe finds serious or critical: the rule and where."""
    page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']} ({one['impact']}): {node['html'][:120]}"
        for one in found["violations"]
        if one["impact"] in SERIOUS
        for node in one["nodes"]
    ]


def expected_complaints(name: str) -> int:
    """A browser tells of every answer that is none."""
    return 1 if name == "error" else 0


@pytest.mark.parametrize("name", PAGES)
def test_a_page(chrome: Browser, estate: Estate, name: str) -> None:
    """On a laptop in the light, and on a phone in the dark in Chinese."""
    for scheme, width, locale in (("light", 1280, "en"), ("dark", 360, "zh-TW")):
        context = chrome.new_context(
            viewport={"width": width, "height": 800},
            color_scheme="dark" if scheme == "dark" else "light",
            locale=locale,
        )
        tab = context.new_page()
        complaints = Complaints(tab)
        visit(tab, estate, PAGES[name])
        expect(tab.locator("html")).to_have_attribute("lang", locale)
        assert overflow(tab) == 0, (scheme, width, locale)
        assert axe(tab) == [], (scheme, width, locale)
        assert len(complaints.all) == expected_complaints(name), complaints.all
        context.close()


def test_overview_leads_to_what_it_counts(page: Page, estate: Estate) -> None:
    visit(page, estate, "/")
    figure = page.locator('a[href="/jobs?end=failed"]')
    number = figure.locator(".number").inner_text()
    figure.click()
    expect(page).to_have_url(re.compile("/jobs\\?end=failed$"))
    expect(page.locator(".pager").first).to_contain_text(f"of {number}")
    page.locator("summary").first.click()
    expect(page.locator("details").first).to_contain_text("Azure's reference:")


def test_search_filter_sort_and_page(page: Page, estate: Estate) -> None:
    visit(page, estate, "/vms")
    page.get_by_label("Search").fill("shop-api")
    page.get_by_label("Vault").select_option("rsv-shop-weu")
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".pager").first).to_contain_text("1–50 of 160")
    page.get_by_role("link", name="Virtual machine", exact=True).click()
    expect(page.locator("tbody th").first).to_contain_text("rg-shop-api/shop-api-001")
    page.get_by_role("link", name="Next", exact=True).first.click()
    expect(page.locator(".pager").first).to_contain_text("51–100 of 160")
    expect(page.locator("tbody th").first).to_contain_text("shop-api-051")
    expect(page.locator('th[aria-sort="ascending"]')).to_contain_text("Virtual machine")


def test_one_machine_tells_its_story(page: Page, estate: Estate) -> None:
    visit(page, estate, vm("shop-web-003"))
    expect(page.get_by_role("heading", level=1)).to_have_text("rg-shop-web/shop-web-003")
    expect(page.locator(".marked")).to_contain_text("tags: {env: [prod], app: [shop]}")
    expect(page.locator(".timeline")).to_contain_text("Recovery point file-system-consistent")
    for action in ("Discover", "Register", "Protect"):
        expect(page.locator(".timeline")).to_contain_text(f"{action} done")
    expect(page.locator("main")).to_contain_text("changed by somebody@contoso.example")
    expect(page.locator(".decides").first).to_contain_text("Protection shop decides")


def test_it_is_all_there_without_a_script(chrome: Browser, estate: Estate) -> None:
    context = chrome.new_context(java_script_enabled=False)
    tab = context.new_page()
    visit(tab, estate, "/vms?q=shop-web-23")
    expect(tab.locator("tbody tr")).to_have_count(10)
    tab.get_by_label("State").select_option("not-protected")
    tab.get_by_role("button", name="Show").click()
    expect(tab.locator("tbody tr")).to_have_count(3)
    tab.get_by_role("link", name="rg-shop-web/shop-web-239").click()
    expect(tab.locator("main")).to_contain_text("The VM agent 2.11.1.4 of rg-shop-web/shop-web-239 is not ready")
    tab.get_by_role("link", name="正體中文").click()
    expect(tab.locator("main")).to_contain_text("未受保護")
    context.close()


def test_the_keyboard_gets_everywhere(page: Page, estate: Estate) -> None:
    visit(page, estate, "/vms")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Search")).to_be_focused()
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.keyboard.type("shop-sql-02")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)


def test_it_prints_what_matters(page: Page, estate: Estate) -> None:
    visit(page, estate, "/vms")
    page.emulate_media(media="print", color_scheme="dark")
    expect(page.locator("body")).to_have_css("background-color", "rgb(255, 255, 255)")
    expect(page.locator("body")).to_have_css("color", "rgb(27, 36, 48)")
    expect(page.locator(".tabs")).to_be_hidden()
    expect(page.locator(".filter")).to_be_hidden()
    expect(page.locator("tbody tr").first.locator("td").last).to_be_visible()
    assert len(page.pdf()) > 10_000
