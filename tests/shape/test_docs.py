"""What the documentation shows is what the program does."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from reconciler.actions import ACTIONS
from reconciler.actions.lifecycle import page
from tests.pictures import PICTURE, picture, printed, words

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_the_lifecycle_is_drawn_from_the_table() -> None:
    assert (ROOT / "docs" / "lifecycle.md").read_text(encoding="utf-8") == page()


def test_every_action_is_in_the_picture() -> None:
    assert [kind for kind in ACTIONS if f"| {kind} |" not in page()] == []


def test_the_picture_of_a_plan_shows_what_is_printed() -> None:
    assert words(PICTURE.read_text(encoding="utf-8")) == words(picture(printed())), "run: python -m tests.pictures"


def test_the_picture_fetches_nothing() -> None:
    assert re.findall(r"(?:url\(|href=|src=)[\"']?https?:", PICTURE.read_text(encoding="utf-8")) == []


def _links() -> list[tuple[Path, str]]:
    found = [
        (path, link)
        for path in PAGES
        for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text(encoding="utf-8"))
    ]
    return [(path, link) for path, link in found if "://" not in link]


@pytest.mark.parametrize(("path", "link"), _links(), ids=lambda value: str(value).rsplit("/", 1)[-1])
def test_links_lead_somewhere(path: Path, link: str) -> None:
    assert (path.parent / link).exists()


def test_ci_runs_the_readmes_test_command() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    tested = re.search(r"^python -m venv .*&& (pip install .* && pytest)$", readme, re.MULTILINE)
    assert tested, "the README's test command is not on a line of its own"
    assert tested[1] in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_the_readmes_first_command_is_the_quickstart() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    line = next(line for line in readme.splitlines() if line.startswith("python -m venv") and "--dry-run" in line)
    command = shlex.split(line.rpartition("&&")[2])
    assert command[0] == "reconcile"
    assert [word for word in command if word.startswith("examples/") and not (ROOT / word).exists()] == []
