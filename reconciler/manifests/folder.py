"""Everything below a folder, by descriptors: what is read lies in it, whatever is moved or linked meanwhile."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reconciler.manifests.contents import Files, read_file

SUFFIXES = (".yaml", ".yml")
DEEPEST = 64
MOST_ENTRIES = 500_000
"""Files and folders looked at below one folder; more are a mistake of whoever gave the path."""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


def read_folder(folder: Path, found: Files, most_bytes: int) -> None:
    """Take every `*.yaml` and `*.yml` below `folder`, but for names that begin with a dot. Never raises OSError."""
    before = len(found.contents) + len(found.diagnostics)
    files = 0
    try:
        with _opened(folder, None) as descriptor:
            walk = _Walk(folder, descriptor, found, most_bytes)
            walk.below(descriptor, folder, 0)
            files = walk.files
    except OSError as error:
        found.complain(folder, f"the folder cannot be read: {error.strerror}", "check its permissions")
    if not files and len(found.contents) + len(found.diagnostics) == before:
        message = "there is no *.yaml or *.yml file here: the configuration is empty"
        found.complain(folder, message, "check the path given with -f", "manifest-empty")


@contextmanager
def _opened(name: Path | str, inside: int | None) -> Iterator[int]:
    """A descriptor of a folder; of one inside another, only if it is no link to one."""
    descriptor = os.open(name, _FOLDER | (0 if inside is None else os.O_NOFOLLOW), dir_fd=inside)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


class _Walk:
    """`files` counts the manifests that were met, also those that could not be read."""

    def __init__(self, root: Path, descriptor: int, found: Files, most_bytes: int) -> None:
        self.files = 0
        self._root, self._descriptor = Path(os.path.realpath(root)), descriptor
        self._found = found
        self._most_bytes = most_bytes
        self._entries = 0

    def below(self, folder: int, where: Path, depth: int) -> None:
        """All of one folder; raises OSError when its names cannot be read."""
        for name in sorted(os.listdir(folder)):
            self._entries += 1
            if self._entries > MOST_ENTRIES:
                if self._entries == MOST_ENTRIES + 1:
                    text = f"the folder holds more than {MOST_ENTRIES} files and folders"
                    self._found.complain(where, text, "give a smaller one with -f", "yaml-too-large")
                return
            if not name.startswith("."):
                self._entry(folder, name, where / name, depth)

    def _entry(self, folder: int, name: str, path: Path, depth: int) -> None:
        try:
            mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
            if stat.S_ISDIR(mode):
                self._deeper(folder, name, path, depth + 1)
            elif stat.S_ISLNK(mode):
                self._link(path)
            elif path.suffix in SUFFIXES:
                self.files += 1
                if stat.S_ISREG(mode):
                    read_file(path, self._found, self._most_bytes, name=name, folder=folder)
                else:
                    self._found.complain(path, "this is no regular file", "give a file or a folder")
        except OSError as error:
            self._found.complain(path, f"this cannot be read: {error.strerror}", "check its permissions")

    def _deeper(self, folder: int, name: str, path: Path, depth: int) -> None:
        if depth > DEEPEST:
            text = f"folders are nested more than {DEEPEST} deep"
            self._found.complain(path, text, "put the files higher up", "yaml-too-large")
            return
        with _opened(name, folder) as descriptor:
            self.below(descriptor, path, depth)

    def _link(self, path: Path) -> None:
        """A link is followed to a file inside only, along the way that it stands for now and no other."""
        named = path.suffix in SUFFIXES
        try:
            target = path.resolve(strict=True)
        except (OSError, RuntimeError):
            if named:
                self._found.complain(path, "a symbolic link leads nowhere", "put the file itself into the folder")
            return
        if not target.is_relative_to(self._root):
            if named or target.is_dir():
                text = "a symbolic link leads out of the folder"
                self._found.complain(path, text, "put the file itself into the folder")
        elif named and not target.is_dir():
            self.files += 1
            self._step(self._descriptor, path, target.relative_to(self._root).parts)

    def _step(self, folder: int, path: Path, parts: tuple[str, ...]) -> None:
        name, *rest = parts
        if not rest:
            read_file(path, self._found, self._most_bytes, name=name, folder=folder)
            return
        with _opened(name, folder) as below:
            self._step(below, path, tuple(rest))
