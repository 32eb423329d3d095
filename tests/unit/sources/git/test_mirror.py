"""The objects on disk: damaged, killed, crowded or taken by another process, they are mended or it is told."""

from __future__ import annotations

import asyncio
import gc
import os
from pathlib import Path

import pytest

from reconciler.sources.git import memory, mirror
from tests.unit.sources.folders import names
from tests.unit.sources.git.origins import Origin, source, vault


def packs(state: Path, suffix: str = ".pack") -> list[Path]:
    return sorted(state.glob(f"*/objects/pack/*{suffix}"))


def flip(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 0xFF
    path.chmod(0o600)
    path.write_bytes(content)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("suffix", [".pack", ".idx"])
@pytest.mark.parametrize("at", [0, 14, 40, 80, -30, -1])
async def test_a_damaged_pack_is_fetched_anew(origin: Origin, tmp_path: Path, suffix: str, at: int) -> None:
    """The library leaves a pack that it cannot open to be collected, and warns of that."""
    origin.commit({"a.yaml": vault("one")})
    await source(str(origin.folder), tmp_path / "state").look()
    [pack] = packs(tmp_path / "state", suffix)
    flip(pack, at)
    found = await source(str(origin.folder), tmp_path / "state").look()
    gc.collect()
    assert names(found) == ["one"], found.state
    assert found.state.trouble == ""


@pytest.mark.parametrize("gone", [".pack", ".idx", ""])
async def test_what_is_lost_is_fetched_anew(origin: Origin, tmp_path: Path, gone: str) -> None:
    origin.commit({"a.yaml": vault("one")})
    await source(str(origin.folder), tmp_path / "state").look()
    for path in packs(tmp_path / "state", gone):
        path.unlink()
    found = await source(str(origin.folder), tmp_path / "state").look()
    assert names(found) == ["one"]


async def test_a_lost_mirror_forgets_no_rewind(origin: Origin, tmp_path: Path) -> None:
    first = origin.commit({"a.yaml": vault("one")})
    second = origin.commit({"a.yaml": vault("two")}, [first])
    await source(str(origin.folder), tmp_path / "state").look()
    for path in packs(tmp_path / "state", ""):
        path.unlink()
    origin.set("main", first)
    found = await source(str(origin.folder), tmp_path / "state").look()
    assert found.desired is None
    assert found.state.rejected is not None
    assert second in found.state.rejected.how


async def test_what_a_killed_fetch_left_is_in_nobodys_way(origin: Origin, tmp_path: Path) -> None:
    first = origin.commit({"a.yaml": vault("one")})
    await source(str(origin.folder), tmp_path / "state").look()
    [pack] = packs(tmp_path / "state")
    left = [pack.with_suffix(".idx.lock"), pack.with_name("pack-1234.pack"), pack.with_name("pack-1234.idx.lock")]
    left += [pack.parent.parent / "tmp_pack_xyz", pack.parent.parent / "tmp4711"]
    for path in left:
        path.write_bytes(b"half")
    origin.commit({"a.yaml": vault("two")}, [first])
    assert names(await source(str(origin.folder), tmp_path / "state").look()) == ["two"]
    assert [path for path in left if path.exists()] == []


async def test_many_packs_become_one(origin: Origin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirror, "_MANY_PACKS", 3)
    sha = origin.commit({"a.yaml": vault("v0")})
    follows = source(str(origin.folder), tmp_path / "state")
    await follows.look()
    for number in range(1, 9):
        sha = origin.commit({"a.yaml": vault(f"v-{number}")}, [sha])
        found = await follows.look()
        assert names(found) == [f"v-{number}"]
        assert found.state.rejected is None
        assert len(packs(tmp_path / "state")) <= 4
    assert len(packs(tmp_path / "state")) < 4


async def test_another_process_at_work_is_told(origin: Origin, tmp_path: Path) -> None:
    origin.commit({"a.yaml": vault("one")})
    follows = source(str(origin.folder), tmp_path / "state")
    first = await follows.look()
    [folder] = (tmp_path / "state").iterdir()
    with memory.locked(folder):
        found = await follows.look()
    assert "in use by another process" in found.state.trouble
    assert found.desired is first.desired
    assert (await follows.look()).state.trouble == ""


async def test_a_state_folder_that_cannot_be_made_is_told(origin: Origin, tmp_path: Path) -> None:
    origin.commit({"a.yaml": vault("one")})
    (tmp_path / "state").write_text("a file")
    found = await source(str(origin.folder), tmp_path / "state").look()
    assert found.state.trouble_code == "source-settings"
    assert "cannot be written" in found.state.trouble


async def test_what_cannot_be_remembered_is_not_put_in_force(
    origin: Origin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = origin.commit({"a.yaml": vault("one")})
    follows = source(str(origin.folder), tmp_path / "state")
    await follows.look()
    origin.commit({"a.yaml": vault("two")}, [first])

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", full)
        found = await follows.look()
    assert names(found) == ["one"]
    assert "No space left" in found.state.trouble
    assert names(await follows.look()) == ["two"]


async def test_looks_at_once_wait_for_each_other(origin: Origin, tmp_path: Path) -> None:
    origin.commit({"a.yaml": vault("one")})
    follows = source(str(origin.folder), tmp_path / "state")
    found = await asyncio.gather(*(follows.look() for _ in range(5)))
    assert [one.state.trouble for one in found] == [""] * 5
