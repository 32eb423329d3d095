"""Which files are read, and that no link leads out of the folder, also when it is put there meanwhile."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from reconciler.manifests.contents import Files
from reconciler.manifests.files import collect

SECRET = b"the secret of the machine"


def read(*paths: Path) -> Files:
    return collect(paths, most_bytes=1000)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "outside.yaml").write_bytes(SECRET)
    made = tmp_path / "backup"
    (made / "sub").mkdir(parents=True)
    (made / "sub" / "a.yaml").write_bytes(b"a")
    return made


def test_links_within_the_folder_are_read_as_kubernetes_mounts_them(folder: Path) -> None:
    (folder / "..2027_01_15").mkdir()
    (folder / "..2027_01_15" / "b.yaml").write_bytes(b"b")
    (folder / "..data").symlink_to("..2027_01_15")
    (folder / "b.yaml").symlink_to("..data/b.yaml")
    found = read(folder)
    assert sorted(found.contents.values()) == [b"a", b"b"]
    assert found.diagnostics == []


@pytest.mark.parametrize("target", ["../outside.yaml", "/etc/passwd", "..", "b.yaml", "missing.yaml"])
def test_links_that_lead_elsewhere_are_not_followed(folder: Path, target: str) -> None:
    (folder / "b.yaml").symlink_to(target)
    found = read(folder)
    assert list(found.contents.values()) == [b"a"]
    assert [one.code for one in found.diagnostics] == ["manifest-unreadable"]


def test_a_linked_folder_that_is_given_is_the_folder(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "current").symlink_to(folder)
    assert list(read(tmp_path / "current").contents.values()) == [b"a"]


@pytest.mark.parametrize("swapped", ["sub/a.yaml", "sub"])
def test_a_link_that_is_put_there_meanwhile_leads_nowhere(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, swapped: str
) -> None:
    """After the look at the path, before the file is opened: it, or the folder it is in, becomes a link."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a.yaml").write_bytes(SECRET)
    target = tmp_path / ("elsewhere" if swapped == "sub" else "outside.yaml")
    real_open, done = os.open, False

    def swap_first(*given: Any, **more: Any) -> int:
        nonlocal done
        if not done:
            done = True
            (folder / swapped).rename(folder / ".old")
            (folder / swapped).symlink_to(target)
        return real_open(*given, **more)

    monkeypatch.setattr(os, "open", swap_first)
    found = read(folder)
    assert done
    assert found.contents == {}
    assert [one.code for one in found.diagnostics] == ["manifest-unreadable"]


def test_a_file_that_is_written_has_another_stamp(folder: Path) -> None:
    before = read(folder)
    assert read(folder).stamps == before.stamps
    os.utime(folder / "sub" / "a.yaml", ns=(1, 1))
    assert read(folder).stamps != before.stamps
    assert list(read(folder).stamps) == list(before.stamps)
