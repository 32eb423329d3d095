"""docs/troubleshooting.md is what the table says."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.diagnostics.catalog import catalog
from reconciler.diagnostics.language import LANGUAGES, Language
from reconciler.diagnostics.troubleshooting_page import main, page

DOCS = Path(__file__).parents[3] / "docs"


@pytest.mark.parametrize(("name", "language"), [("troubleshooting.md", "en"), ("troubleshooting.zh-TW.md", "zh-TW")])
def test_the_page_is_fresh(name: str, language: Language) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == page(catalog(), language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_row_and_topic_has_a_section(language: Language) -> None:
    lines = page(catalog(), language).splitlines()
    sections = [line.removeprefix("## ") for line in lines if line.startswith("## ")]
    assert sections == [*catalog().rows, *catalog().topics]


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
