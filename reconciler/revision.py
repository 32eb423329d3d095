"""The Git commit of a folder, read from Git's own files: no program runs, so nothing in the folder can act."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_REFERENCE = re.compile(r"refs/[A-Za-z0-9._/\-@+#=,]{1,240}")
_LARGEST_POINTER = 4096
_LARGEST_PACKED = 16 * 1024 * 1024


def revision(path: Path) -> str | None:
    """The commit that is checked out where `path` lies; None outside of a repository, or where it cannot be told."""
    try:
        start = path.resolve()
        for folder in (start, *start.parents):
            git = folder / ".git"
            if git.is_dir() or git.is_file():
                return _head(_git_folder(git))
    except (OSError, UnicodeDecodeError, ValueError, RuntimeError):
        return None
    return None


def _git_folder(git: Path) -> Path:
    """A worktree or a submodule has a file there, which says where the folder is."""
    if git.is_dir():
        return git
    name, _, target = _read(git, _LARGEST_POINTER).partition(":")
    if name != "gitdir":
        raise ValueError("no pointer to a Git folder")
    return (git.parent / target.strip()).resolve()


def _head(git: Path) -> str | None:
    head = _read(git / "HEAD", _LARGEST_POINTER)
    if not head.startswith("ref:"):
        return _commit(head)
    reference = head.removeprefix("ref:").strip()
    if not _REFERENCE.fullmatch(reference) or ".." in reference:
        return None
    pointer = git / "commondir"
    shared = (git / _read(pointer, _LARGEST_POINTER)).resolve() if pointer.is_file() else git
    for place in (git, shared):
        if (place / reference).is_file():
            return _commit(_read(place / reference, _LARGEST_POINTER))
    return _packed(shared / "packed-refs", reference)


def _packed(file: Path, reference: str) -> str | None:
    if not file.is_file():
        return None
    for line in _read(file, _LARGEST_PACKED).splitlines():
        commit, _, name = line.partition(" ")
        if name == reference:
            return _commit(commit)
    return None


def _commit(text: str) -> str | None:
    return text if _COMMIT.fullmatch(text) else None


def _read(file: Path, largest: int) -> str:
    """Raises ValueError for what is no regular file: a pipe, say, would never end."""
    with open(os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as stream:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise ValueError(f"{file.name} is no regular file")
        data = stream.read(largest + 1)
    if len(data) > largest:
        raise ValueError(f"{file.name} is larger than it should be")
    return data.decode("utf-8").strip()
