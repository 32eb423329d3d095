"""Whatever becomes of the source, the last good configuration stays in force, and it is said that it does."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model.board import Declared
from tests.unit.sources.folders import VAULT, names, put, remove
from tests.unit.sources.folders import source as folder_source
from tests.unit.sources.git.origins import Origin, source, vault


def become_a_file(folder: Path) -> None:
    remove(folder)
    folder.write_text("no manifest", encoding="utf-8")


DISASTERS: dict[str, Callable[[Path], object]] = {
    "a mistake": lambda folder: put(folder, b="apiVersion: reconciler/v1\nkind: Volt\n"),
    "no YAML": lambda folder: put(folder, a="{["),
    "an unknown key": lambda folder: put(folder, a=VAULT % "one" + "extra: 1\n"),
    "the same twice": lambda folder: put(folder, b=VAULT % "one"),
    "an empty file": lambda folder: put(folder, a=""),
    "a cut file": lambda folder: put(folder, a=(VAULT % "one")[:70]),
    "all files gone": lambda folder: (folder / "a.yaml").unlink(),
    "the folder gone": remove,
    "a file for a folder": become_a_file,
    "another name": lambda folder: (folder / "a.yaml").rename(folder / "a.txt"),
    "a link out": lambda folder: (folder / "b.yaml").symlink_to("/etc/passwd"),
    "a hidden key": lambda folder: put(folder, a=VAULT % "one" + "# comment\u2028extra: 1\n"),
    "a bomb": lambda folder: put(folder, a="[" * 100_000),
    "a binary": lambda folder: (folder / "b.yaml").write_bytes(bytes(range(256))),
    "too large": lambda folder: put(folder, a="#" * 2_000_000),
    "a broken reference": lambda folder: put(
        folder, b="apiVersion: reconciler/v1\nkind: BackupPolicy\nmetadata: {name: p}\nspec: {vaults: [none]}\n"
    ),
}


@pytest.mark.parametrize("name", DISASTERS)
async def test_of_a_folder(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "backup"
    put(folder, a=VAULT % "one")
    follows = folder_source(folder)
    good = await follows.look()
    DISASTERS[name](folder)
    for _ in range(2):
        found = await follows.look()
        assert found.desired is good.desired
        assert found.state.in_force == good.state.in_force
        assert found.state.rejected is not None
        assert "stays in force" in found.state.rejected.how
        assert found.state.rejected.problems
    if folder.is_dir():
        remove(folder)
    else:
        folder.unlink(missing_ok=True)
    put(folder, a=VAULT % "two")
    mended = await follows.look()
    assert names(mended) == ["two"]
    assert mended.state.rejected is None


@dataclass
class Story:
    """A repository that lives through anything, and what must be in force of it by now."""

    folder: Path
    origin: Origin = field(init=False)
    good: dict[str, str] = field(default_factory=dict)
    """Commits that load, with the vault they declare."""
    parents: dict[str, list[str]] = field(default_factory=dict)
    in_force: str | None = None
    head: str | None = None
    away: bool = False

    def __post_init__(self) -> None:
        self.origin = Origin(self.folder / "origin.git")
        self.follow()

    def follow(self) -> None:
        """Start, or start again."""
        self.source = source(str(self.origin.folder), self.folder / "state")

    def commit(self, content: bytes, name: str | None, parents: list[str]) -> None:
        sha = self.origin.commit({"a.yaml": content} if content else {"b.txt": b"gone"}, parents)
        self.parents[sha], self.head, self.away = parents, sha, False
        if name is not None:
            self.good[sha] = name

    def do(self, what: str, number: int) -> None:
        here = [self.head] if self.head else []
        if what == "good":
            self.commit(vault(f"v-{number}"), f"v-{number}", here)
        elif what == "bad":
            self.commit(b"bad: [%d" % number, None, here)
        elif what == "empty":
            self.commit(b"", None, here)
        elif what == "foreign":
            self.commit(vault(f"f-{number}"), f"f-{number}", [])
        elif what == "back" and self.head and self.parents[self.head]:
            self.head, self.away = self.parents[self.head][0], False
            self.origin.set("main", self.head)
        elif what == "away" and self.head:
            self.away = not self.away
            self.origin.set("main", None if self.away else self.head)
        elif what == "restart":
            self.follow()

    def before(self, sha: str) -> set[str]:
        seen, todo = {sha}, [sha]
        for one in todo:
            todo += [parent for parent in self.parents[one] if parent not in seen]
            seen.update(self.parents[one])
        return seen

    async def look(self) -> Declared:
        """Look, and reckon what must be in force."""
        if self.head in self.good and not self.away:
            follows = self.in_force is None or self.in_force in self.before(self.head or "")
            self.in_force = self.head if follows else self.in_force
        return await self.source.look()


WHAT = st.lists(st.sampled_from(["good", "good", "bad", "empty", "foreign", "back", "away", "restart"]), max_size=12)


@settings(max_examples=15, deadline=None)
@given(WHAT)
def test_of_a_branch_whatever_happens_to_it(what: list[str]) -> None:
    asyncio.run(_live(what))


async def _live(what: list[str]) -> None:
    folder = Path(tempfile.mkdtemp())
    story = Story(folder)
    try:
        for number, one in enumerate(what):
            story.do(one, number)
            found = await story.look()
            wanted = [] if story.in_force is None else [story.good[story.in_force]]
            assert names(found) == wanted, (what[: number + 1], found.state)
            newest = found.state.in_force is not None and found.state.in_force.id == story.head
            assert newest or found.state.trouble or found.state.rejected, "it is not said that a newer one failed"
    finally:
        story.origin.repo.close()
        shutil.rmtree(folder)
