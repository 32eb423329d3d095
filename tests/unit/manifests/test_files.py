"""Which files are read, and that no link leads out of the folder, also when it is put there meanwhile."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from reconciler.manifests.files import Files, collect

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


def test_a_link_that_is_put_there_meanwhile_leads_nowhere(folder: Path, tmp_path: Path) -> None:
    """Somebody keeps swapping a file, and the folder it is in, for links out of the folder."""
    over = threading.Event()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a.yaml").write_bytes(SECRET)

    def swap() -> None:
        while not over.is_set():
            for made, target in (("link", "../../outside.yaml"), ("file", None)):
                new = folder / "sub" / f".{made}"
                new.symlink_to(target) if target else new.write_bytes(b"a")
                new.rename(folder / "sub" / "a.yaml")
            os.rename(folder / "sub", folder / ".sub")
            (folder / "sub").symlink_to(tmp_path / "elsewhere")
            (folder / "sub").unlink()
            os.rename(folder / ".sub", folder / "sub")

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        seen = {content for _ in range(400) for content in read(folder).contents.values()}
    finally:
        over.set()
        thread.join()
    assert seen <= {b"a", b""}


def test_a_file_that_is_written_has_another_stamp(folder: Path) -> None:
    before = read(folder)
    assert read(folder).stamps == before.stamps
    os.utime(folder / "sub" / "a.yaml", ns=(1, 1))
    assert read(folder).stamps != before.stamps
    assert list(read(folder).stamps) == list(before.stamps)
