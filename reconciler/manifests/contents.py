"""What was read of files: their contents by name, what the system says of each, and what could not be read."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.model.span import Span

MOST_FILES = 100_000
MOST_BYTES = 256 * 1024 * 1024
"""Of all manifests together: what is beyond is a mistake, so that no folder can fill the memory."""


@dataclass(slots=True)
class Files:
    """`contents` by name, in order; names are relative to the working folder when below it.

    `stamps` are device, inode, size and times in nanoseconds of each file as it was opened: a file that is written
    meanwhile has others afterwards.
    """

    contents: dict[str, bytes] = field(default_factory=dict)
    stamps: dict[str, tuple[int, ...]] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    size: int = 0

    def complain(self, path: Path, message: str, advice: str, code: str = "manifest-unreadable") -> None:
        self.diagnostics.append(Diagnostic(code, message, Span(name_of(path), 0, 0, 0), advice))

    def full(self, path: Path) -> bool:
        """Whether no more can be taken; says so."""
        if len(self.contents) < MOST_FILES and self.size < MOST_BYTES:
            return False
        text = f"the manifests are more than {MOST_FILES} files or {MOST_BYTES // 1024**2} MiB: this one is not read"
        self.complain(path, text, "give a smaller folder with -f", "yaml-too-large")
        return True


def name_of(path: Path) -> str:
    """How a file is called in places, each otherwise: what is not UTF-8 and what cannot be printed is escaped."""
    try:
        shown = path.relative_to(Path.cwd()).as_posix()
    except (ValueError, OSError):
        shown = path.as_posix()
    text = shown.replace("\\", "\\\\").encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def read_file(path: Path, found: Files, most_bytes: int, *, name: str = "", folder: int | None = None) -> None:
    """Take a regular file, which is `path`, or `name` in an open folder; there no link is followed."""
    known = name_of(path)
    if known in found.contents or found.full(path):
        return
    link = 0 if folder is None else os.O_NOFOLLOW
    try:
        descriptor = os.open(name or path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | link, dir_fd=folder)
        with os.fdopen(descriptor, "rb") as file:
            facts = os.fstat(descriptor)
            if not stat.S_ISREG(facts.st_mode):
                found.complain(path, "this is no regular file", "give a file or a folder")
                return
            content = file.read(most_bytes + 1)
    except OSError as error:
        found.complain(path, f"the file cannot be read: {error.strerror}", "check its permissions")
        return
    found.stamps[known] = (facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns)
    found.contents[known] = content
    found.size += len(content)
