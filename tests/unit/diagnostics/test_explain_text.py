"""`explain CODE`: a row in full, or what is close."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rich.cells import cell_len

from reconciler.diagnostics.catalog import catalog
from reconciler.diagnostics.explain_text import render_found
from reconciler.diagnostics.language import LANGUAGES, Language


def test_a_row(same_as: Callable[[str, str], None]) -> None:
    same_as("explain.txt", render_found("380008", catalog().find("380008")).plain)


def test_an_unknown_code() -> None:
    lines = render_found("register-vm-not-runing\x1b", catalog().find("register-vm-not-runing")).plain.splitlines()
    assert lines[0] == "The table has no code register-vm-not-runing\\x1b."
    assert "  did you mean register-vm-not-running?" in lines


def test_a_row_in_chinese(same_as: Callable[[str, str], None]) -> None:
    found = catalog().find("GuestAgentCertificateNotFound")
    same_as("explain.zh-TW.txt", render_found("x", found, language="zh-TW").plain)


def test_a_topic(same_as: Callable[[str, str], None]) -> None:
    same_as("explain-topic.txt", render_found("vm-agent", catalog().find("vm-agent")).plain)


def test_steps_are_numbered() -> None:
    lines = render_found("x", catalog().find("vss-writer-failed")).plain.splitlines()
    assert [line[:5] for line in lines if line[2:4] in {"1.", "2."}] == ["  1. ", "  2. "]


def test_a_code_is_told_in_its_own_words() -> None:
    page = render_found("x", catalog().find("ExtensionSnapshotFailedNoNetwork")).plain
    assert page.startswith("backup-snapshot-timeout: The VM has no network connection")


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_fits(language: Language) -> None:
    for code in (*catalog().rows, *catalog().topics):
        page = render_found(code, catalog().find(code), language=language).plain
        assert all(cell_len(line) <= 80 for line in page.splitlines()), code
