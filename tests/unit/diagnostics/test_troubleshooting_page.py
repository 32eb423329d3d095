"""docs/troubleshooting.md is what the table says."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.diagnostics.catalog import catalog
from reconciler.diagnostics.troubleshooting_page import main, page

DOCS = Path(__file__).parents[3] / "docs"


def test_the_page_is_fresh() -> None:
    assert (DOCS / "troubleshooting.md").read_text(encoding="utf-8") == page(catalog())


def test_every_row_has_a_section() -> None:
    lines = page(catalog()).splitlines()
    assert [line.removeprefix("## ") for line in lines if line.startswith("## ")] == list(catalog().rows)


def test_check_tells_a_stale_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "page.md"
    assert main(["--check", str(path)]) == 1
    assert main([str(path)]) == 0
    assert main(["--check", str(path)]) == 0
    path.write_text("old", encoding="utf-8")
    assert main(["--check", str(path)]) == 1
    assert "run:" in capsys.readouterr().err


def test_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 64
    assert "usage" in capsys.readouterr().err
