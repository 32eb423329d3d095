"""On which kind of file system a path lies, by the system's own table."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.store import filesystem
from reconciler.store.filesystem import network_type

MOUNTS = """\
overlay / overlay rw,relatime 0 0
tmpfs /tmp tmpfs rw 0 0
server:/export /data nfs4 rw,vers=4.2 0 0
//share/x /data/disk\\040two cifs rw 0 0
/dev/sda1 /data/local ext4 rw 0 0
server:/old /data/local nfs rw 0 0
/dev/sdb1 /data/local ext4 rw 0 0
sshfs /remote fuse.sshfs rw 0 0
nonsense
"""


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/home/me/.reconcile/journal.db", ""),
        ("/data/journal.db", "nfs4"),
        ("/data/no/such/folder/journal.db", "nfs4"),
        ("/data/disk two/journal.db", "cifs"),
        ("/data/disk/journal.db", "nfs4"),
        ("/data/local/journal.db", ""),
        ("/data/../data/local/../journal.db", "nfs4"),
        ("/remote/a.db", "fuse.sshfs"),
    ],
)
def test_the_innermost_and_latest_mount_decides(path: str, found: str) -> None:
    assert network_type(Path(path), MOUNTS) == found


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    mounts = f"x / ext4\nserver:/a {tmp_path / 'real'} nfs\n"
    assert network_type(tmp_path / "link" / "journal.db", mounts) == "nfs"


def test_nobody_knows_where_there_is_no_table(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(filesystem, "_MOUNTS", tmp_path / "none")
    assert network_type(tmp_path / "journal.db") == ""


def test_this_machines_own_table_can_be_read(tmp_path: Path) -> None:
    assert filesystem._type_of(tmp_path, filesystem._table())
