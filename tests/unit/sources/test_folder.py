"""A folder: what loads is put in force, what does not is told, and half a configuration is never taken."""

from __future__ import annotations

import itertools
import os
from datetime import timedelta
from pathlib import Path

import pytest

from reconciler.model.board import Rejected, Rejection
from reconciler.sources.folder import FolderSource
from tests.unit.sources.folders import VAULT, Clock, names, put, remove, source


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "backup"
    put(made, a=VAULT % "one")
    return made


async def rejected(follows: FolderSource) -> Rejected:
    found = (await follows.look()).state.rejected
    assert found is not None
    return found


async def test_what_loads_is_in_force(folder: Path) -> None:
    clock = Clock()
    found = await source(folder, clock=clock).look()
    assert names(found) == ["one"]
    assert found.desired is not None
    assert found.state.in_force is not None
    assert found.state.in_force.digest == found.desired.digest
    assert found.state.title == str(folder)
    assert (found.state.loaded_at, found.state.checked_at) == (clock.now(), clock.now())
    assert (found.state.rejected, found.state.trouble) == (None, "")


async def test_a_second_look_gives_the_same_value(folder: Path) -> None:
    clock = Clock()
    follows = source(folder, clock=clock)
    first = await follows.look()
    clock.time += timedelta(hours=1)
    second = await follows.look()
    assert second.desired is first.desired
    assert second.state.loaded_at == first.state.loaded_at
    assert second.state.checked_at == clock.now()


async def test_what_does_not_load_leaves_the_last_good_one(folder: Path) -> None:
    follows = source(folder)
    good = await follows.look()
    (folder / "b.yaml").write_text("apiVersion: reconciler/v1\nkind: Volt\n")
    bad = await follows.look()
    assert bad.desired is good.desired
    assert bad.state.in_force == good.state.in_force
    assert bad.state.rejected is not None
    assert bad.state.rejected.because is Rejection.INVALID
    [problem] = bad.state.rejected.problems
    assert (Path(problem.span.file).name, problem.span.line, problem.code) == ("b.yaml", 2, "manifest-unknown-kind")
    assert "stays in force" in bad.state.rejected.how


async def test_a_rejection_keeps_the_time_of_its_first_sight_and_ends_when_mended(folder: Path) -> None:
    clock = Clock()
    follows = source(folder, clock=clock)
    (folder / "b.yaml").write_text("nothing")
    first = await rejected(follows)
    clock.time += timedelta(hours=1)
    (folder / "b.yaml").write_text("nothing yet")
    assert (await rejected(follows)).seen_at == first.seen_at
    (folder / "b.yaml").write_text(VAULT % "two")
    mended = await follows.look()
    assert mended.state.rejected is None
    assert names(mended) == ["one", "two"]


async def test_nothing_is_in_force_before_the_first_good_one(tmp_path: Path) -> None:
    found = await source(tmp_path / "missing").look()
    assert found.desired is None
    assert found.state.in_force is None
    assert found.state.rejected is not None
    assert found.state.rejected.because is Rejection.EMPTY


@pytest.mark.parametrize("how", ["removed", "emptied", "comments only"])
async def test_an_empty_or_vanished_folder_declares_nothing_new(folder: Path, how: str) -> None:
    follows = source(folder)
    good = await follows.look()
    remove(folder)
    if how != "removed":
        put(folder)
    if how == "comments only":
        put(folder, a="# nothing\n")
    found = await follows.look()
    assert found.desired is good.desired
    assert found.state.rejected is not None
    assert found.state.rejected.because is Rejection.EMPTY
    put(folder, a=VAULT % "back")
    assert names(await follows.look()) == ["back"]


async def test_one_of_two_paths_gone_is_a_mistake_not_a_smaller_configuration(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(VAULT % "two")
    follows = source(folder, other)
    assert names(await follows.look()) == ["one", "two"]
    other.unlink()
    found = await follows.look()
    assert names(found) == ["one", "two"]
    assert found.state.rejected is not None
    assert found.state.rejected.because is Rejection.INVALID


async def test_a_file_that_cannot_be_read_leaves_the_last_good_one(folder: Path) -> None:
    follows = source(folder)
    await follows.look()
    os.mkfifo(folder / "b.yaml")
    found = await follows.look()
    assert names(found) == ["one"]
    assert found.state.rejected is not None
    assert [one.code for one in found.state.rejected.problems] == ["manifest-unreadable"]


async def test_a_half_written_file_is_not_taken(folder: Path) -> None:
    """The writer pauses between two documents: what is there would load."""
    half, whole = VAULT % "two", VAULT % "two" + "---\n" + VAULT % "three"
    writing = (lambda text=text: put(folder, b=text) for text in (half[:40], half, whole))
    found = await source(folder, clock=Clock(writing)).look()
    assert names(found) == ["one", "three", "two"]


async def test_files_that_never_rest_are_told_and_left(folder: Path) -> None:
    clock = Clock()
    follows = source(folder, clock=clock)
    good = await follows.look()
    count = itertools.count()
    clock.meanwhile = iter(lambda: lambda: put(folder, a=VAULT % f"v{next(count)}"), None)
    found = await follows.look()
    assert found.desired is good.desired
    assert "keep changing" in found.state.trouble
    assert found.state.checked_at == good.state.checked_at
    clock.meanwhile = iter(())
    assert (await follows.look()).state.trouble == ""


async def test_a_swap_of_equal_bytes_is_no_change(folder: Path) -> None:
    follows = source(folder)
    good = await follows.look()
    swap = folder / ".a.yaml.swp"
    swap.write_text(VAULT % "one")
    swap.rename(folder / "a.yaml")
    found = await follows.look()
    assert found.desired is good.desired
    assert found.state.loaded_at == good.state.loaded_at


async def test_the_places_are_those_of_the_files_as_they_are(folder: Path) -> None:
    follows = source(folder)
    first = await follows.look()
    put(folder, a="# a comment\n" + VAULT % "one")
    second = await follows.look()
    assert first.desired is not None
    assert second.desired is not None
    assert second.desired.digest == first.desired.digest
    assert second.desired.vaults[0].span.line == first.desired.vaults[0].span.line + 1


async def test_the_day_decides_what_is_out_of_date(folder: Path) -> None:
    clock = Clock()
    (folder / "p.yaml").write_text(
        "apiVersion: reconciler/v1\nkind: Pause\nmetadata: {name: p}\n"
        "spec: {vault: one, reason: a move, owner: me, until: 2027-01-16T00:00:00Z}\n"
    )
    follows = source(folder, clock=clock)
    first = await follows.look()
    assert first.warnings == ()
    clock.time += timedelta(days=1)
    second = await follows.look()
    assert [one.code for one in second.warnings] == ["manifest-expired"]
    assert second.desired is first.desired
