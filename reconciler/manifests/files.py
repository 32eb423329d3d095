"""Which files are read: those given, and every `*.yaml` and `*.yml` below the folders given."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.model.span import Span

SUFFIXES = (".yaml", ".yml")
_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


@dataclass(slots=True)
class Files:
    """`contents` by name, in order; names are relative to the working folder when below it.

    `stamps` are device, inode, size and times in nanoseconds of each file as it was opened: a file that is written
    meanwhile has others afterwards.
    """

    contents: dict[str, bytes] = field(default_factory=dict)
    stamps: dict[str, tuple[int, ...]] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)


def collect(paths: Sequence[Path], *, most_bytes: int) -> Files:
    """Read what `paths` name; of a larger file only `most_bytes` and one byte more. Never raises OSError."""
    found = Files()
    for path in paths:
        where = Path(os.path.abspath(path))
        if where.is_dir():
            _folder(where, found, most_bytes)
        elif where.exists():
            _read(where, found, most_bytes)
        else:
            _complain(found, where, "there is no such file or folder", "check the path given with -f")
    return found


def name_of(path: Path) -> str:
    """How a file is called in places; bytes that are not UTF-8 and what cannot be printed are escaped."""
    try:
        shown = path.relative_to(Path.cwd()).as_posix()
    except ValueError:
        shown = path.as_posix()
    text = shown.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def _folder(folder: Path, found: Files, most_bytes: int) -> None:
    complaints, root = len(found.diagnostics), folder.resolve()
    paths = list(_walk(folder, root, found))
    for path in paths:
        _read(path, found, most_bytes, below=root)
    if not paths and len(found.diagnostics) == complaints:
        message = f"{name_of(folder)} holds no *.yaml or *.yml file: the configuration is empty"
        place = Span(name_of(folder), 0, 0, 0)
        found.diagnostics.append(Diagnostic("manifest-empty", message, place, "check the path given with -f"))


def _walk(folder: Path, root: Path, found: Files) -> Iterator[Path]:
    def failed(error: OSError) -> None:
        _complain(found, Path(error.filename), f"the folder cannot be read: {error.strerror}", "check its permissions")

    for here, folders, files in os.walk(folder, onerror=failed):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in folders:
            _inside(Path(here, name), root, found)
        for name in sorted(files):
            path = Path(here, name)
            if path.suffix in SUFFIXES and not name.startswith(".") and _inside(path, root, found):
                yield path


def _inside(path: Path, root: Path, found: Files) -> bool:
    if not path.is_symlink():
        return True
    try:
        inside = path.resolve(strict=True).is_relative_to(root)
    except (OSError, RuntimeError):
        inside = False
    if not inside:
        _complain(found, path, "a symbolic link leads out of the folder", "put the file itself into the folder")
    return inside


def _read(path: Path, found: Files, most_bytes: int, below: Path | None = None) -> None:
    name = name_of(path)
    if name in found.contents:
        return
    try:
        descriptor = os.open(path, _READ) if below is None else _open_below(below, path)
        with os.fdopen(descriptor, "rb") as file:
            facts = os.fstat(descriptor)
            if not stat.S_ISREG(facts.st_mode):
                _complain(found, path, "this is no regular file", "give a file or a folder")
                return
            found.stamps[name] = (facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns)
            found.contents[name] = file.read(most_bytes + 1)
    except OSError as error:
        _complain(found, path, f"the file cannot be read: {error.strerror}", "check its permissions")


def _open_below(root: Path, path: Path) -> int:
    """Open what `path` leads to, and nothing outside of `root`, whatever is put in its way meanwhile. OSError."""
    target = path.resolve(strict=True)
    if not target.is_relative_to(root) or target == root:
        raise OSError(errno.ELOOP, "a symbolic link leads out of the folder")
    *folders, last = target.relative_to(root).parts
    here = os.open(root, _FOLDER)
    try:
        for part in folders:
            above, here = here, os.open(part, _FOLDER | os.O_NOFOLLOW, dir_fd=here)
            os.close(above)
        return os.open(last, _READ | os.O_NOFOLLOW, dir_fd=here)
    finally:
        os.close(here)


def _complain(found: Files, path: Path, message: str, advice: str) -> None:
    found.diagnostics.append(Diagnostic("manifest-unreadable", message, Span(name_of(path), 0, 0, 0), advice))
