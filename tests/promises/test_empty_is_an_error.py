"""Promise: empty is an error, never "nothing is wanted"; whatever leaves the YAML stays as it is (I-13, I-40)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from itertools import chain, combinations
from pathlib import Path

import pytest

from reconciler import app
from reconciler.manifests.load import load
from reconciler.model.state import Risk
from reconciler.store.journal import Journal
from tests.unit.cli.commands import QUICKSTART
from tests.unit.engine.embedded import Site

TODAY = date(2026, 3, 2)
EMPTY = ["", "\n\n", "# nothing\n", "---\n", "---\n---\n", "null\n", "~\n", "[]\n", "{}\n", "--- \n# x\n...\n", '""\n']
FILES = sorted(path.name for path in (QUICKSTART / "backup").iterdir())
SUBSETS = list(chain.from_iterable(combinations(FILES, number) for number in range(1, len(FILES) + 1)))


def test_a_folder_without_manifests(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("kind: Vault", "utf-8")
    loaded = load([tmp_path], today=TODAY)
    assert loaded.desired is None
    assert {one.code for one in loaded.diagnostics} == {"manifest-empty"}


@pytest.mark.parametrize("text", EMPTY)
def test_a_file_without_a_document(tmp_path: Path, text: str) -> None:
    """Beside good ones too: whoever emptied it did not mean what is left."""
    (tmp_path / "empty.yaml").write_text(text, "utf-8")
    assert load([tmp_path], today=TODAY).desired is None
    shutil.copytree(QUICKSTART / "backup", tmp_path / "good")
    loaded = load([tmp_path], today=TODAY)
    assert loaded.desired is None
    assert all(one.span.file.endswith("empty.yaml") and one.span.line >= 1 for one in loaded.diagnostics)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """The quickstart, applied."""
    world = app.seeded(str(QUICKSTART / "estate.yaml"), Path("vault.db"))
    made = Site(world)
    whole = load([QUICKSTART / "backup"], today=TODAY).desired
    assert whole is not None
    made.desired = whole
    with Journal(":memory:", lambda: world.now) as journal:
        assert made.reconcile(journal).outcomes
    yield made
    world.close()


@pytest.mark.parametrize("gone", SUBSETS, ids="-".join)
@pytest.mark.parametrize("how", ["deleted", "emptied"])
def test_whatever_files_are_lost_nothing_is_taken_away(
    tmp_path: Path, site: Site, gone: tuple[str, ...], how: str
) -> None:
    shutil.copytree(QUICKSTART / "backup", tmp_path / "backup")
    for name in gone:
        path = tmp_path / "backup" / name
        path.unlink()
        if how == "emptied":
            path.touch()
    loaded = load([tmp_path / "backup"], today=TODAY)
    if loaded.desired is None:
        assert loaded.diagnostics
        return
    site.desired = loaded.desired
    plan = site.dry_run().plan
    every = (*plan.steps, *(held.step for held in plan.held))
    assert [step.id for step in every if step.risk > Risk.SAFE] == []
    assert "orphan" in {quiet.because for quiet in plan.quiet}, "and what is named no more is told"
