"""On which kind of file system a file lies, or would lie."""

from __future__ import annotations

import re
from pathlib import Path

_MOUNTS = Path("/proc/self/mounts")
_NETWORK = {
    *("nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "ceph", "glusterfs", "lustre", "beegfs", "gpfs"),
    *("fuse.sshfs", "fuse.s3fs", "fuse.glusterfs", "fuse.ceph", "fuse.rclone", "fuse.gcsfuse", "fuse.blobfuse"),
    *("fuse.blobfuse2", "fuse.cephfs", "fuse.davfs", "davfs", "fuse.juicefs", "fuse.mfs"),
}
_ESCAPE = re.compile(r"\\([0-7]{3})", re.ASCII)


def network_type(path: Path, mounts: str | None = None) -> str:
    """The type of the network file system that `path` lies on; empty for a disk of this machine, or if nobody knows.

    `mounts` is the system's table, in the form of /proc/self/mounts.
    """
    found = _type_of(path, _table() if mounts is None else mounts)
    return found if found in _NETWORK else ""


def _type_of(path: Path, mounts: str) -> str:
    """The innermost mount decides; of two on one place, the later one."""
    real = path.absolute().resolve()
    best, kind = -1, ""
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        place = Path(_ESCAPE.sub(lambda match: chr(int(match[1], 8)), fields[1]))
        depth = len(place.parts)
        if real.is_relative_to(place) and depth >= best:
            best, kind = depth, fields[2]
    return kind


def _table() -> str:
    try:
        return _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""
