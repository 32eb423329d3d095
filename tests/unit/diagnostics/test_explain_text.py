"""`explain CODE`: a row in full, or what is close."""

from __future__ import annotations

from collections.abc import Callable

from reconciler.diagnostics.catalog import catalog
from reconciler.diagnostics.explain_text import render_found


def test_a_row(same_as: Callable[[str, str], None]) -> None:
    same_as("explain.txt", render_found("380008", catalog().find("380008")).plain)


def test_an_unknown_code() -> None:
    lines = render_found("register-vm-not-runing\x1b", catalog().find("register-vm-not-runing")).plain.splitlines()
    assert lines[0] == "The table has no code register-vm-not-runing\\x1b."
    assert "  did you mean register-vm-not-running?" in lines


def test_every_row_fits() -> None:
    for code in catalog().rows:
        assert all(len(line) <= 80 for line in render_found(code, catalog().find(code)).plain.splitlines())
