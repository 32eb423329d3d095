"""Which files are read: those given, and every `*.yaml` and `*.yml` below the folders given."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from reconciler.manifests.contents import Files, read_file
from reconciler.manifests.folder import read_folder


def collect(paths: Sequence[Path], *, most_bytes: int) -> Files:
    """Read what `paths` name; of a larger file only `most_bytes` and one byte more. Never raises OSError."""
    found = Files()
    for path in paths:
        try:
            where = Path(os.path.abspath(path))
        except FileNotFoundError:
            found.complain(path, "the current folder is gone", "go to a folder that exists")
            continue
        if where.is_dir():
            read_folder(where, found, most_bytes)
        elif where.exists():
            read_file(where, found, most_bytes)
        else:
            found.complain(where, "there is no such file or folder", "check the path given with -f")
    return found
