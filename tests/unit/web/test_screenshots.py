"""The screenshots that the documentation shows are those that are taken, and small."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image

from tests.pictures.screenshots import FOLDER, LARGEST, LOOKS

ROOT = Path(__file__).parents[3]


def test_each_is_there_and_shown_and_no_other() -> None:
    page = (ROOT / "docs" / "page.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"screenshots/([\w-]+)\.png", page))
    assert shown == {path.stem for path in FOLDER.glob("*.png")} == set(LOOKS)


@pytest.mark.parametrize("name", LOOKS)
def test_each_is_small_and_as_wide_as_its_window(name: str) -> None:
    path = FOLDER / f"{name}.png"
    assert path.stat().st_size <= LARGEST
    with Image.open(path) as picture:
        assert picture.width == LOOKS[name].width
        assert picture.height <= LOOKS[name].height
