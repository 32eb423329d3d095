"""The manifests of a commit, read by its objects: nothing is checked out, followed, filtered or run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from stat import S_ISDIR, S_ISREG
from typing import Protocol

from dulwich.errors import ObjectFormatException
from dulwich.objects import parse_tree

from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.model.span import Span
from reconciler.sources.git.mirror import BLOB, MEBIBYTE, TREE
from reconciler.sources.git.trouble import TroubleError

_SUFFIXES = (".yaml", ".yml")
_LINK, _MODULE, _ODD = 0o120000, 0o160000, 0
_POINTER = b"version https://git-lfs.github.com/spec/"
_MOST_ENTRIES = 500_000
_MOST_FILES = 100_000
_MOST_BYTES = 256 * MEBIBYTE
_DEEPEST = 64
_SHA1 = 20


class Objects(Protocol):
    """As `mirror.Mirror`."""

    def get(self, name: str) -> tuple[int, bytes]: ...

    def has(self, name: str) -> bool: ...


@dataclass(slots=True)
class Found:
    """`contents` by the path in the repository, which is the name in places too."""

    contents: dict[str, bytes] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Entry:
    """`mode` and `name` as the tree has them; `path` is that of the repository."""

    path: str
    mode: int
    name: str


def read(objects: Objects, root: str, folder: tuple[str, ...]) -> Found:
    """Every `*.yaml` and `*.yml` below `folder` of the tree `root`; names that begin with a dot are left out.

    A symbolic link, a submodule, a pointer of Git LFS, and a name that is not the same for everybody, are mistakes of
    the commit: told, not followed. Raises TroubleError beyond the limits, and DamagedError.
    """
    found = Found()
    where = "/".join(folder)
    start = _descend(objects, root, folder, found)
    if start is None:
        _complain(found, where, "there is no such folder in the commit", "check --path", code="manifest-empty")
        return found
    total = 0
    for entry in _files(objects, start, found):
        content = _content(objects, entry, found)
        if content is not None:
            found.contents[entry.path] = content
            total += len(content)
        if total > _MOST_BYTES or len(found.contents) > _MOST_FILES:
            text = f"the manifests are more than {_MOST_FILES} files or {_MOST_BYTES // MEBIBYTE} MiB"
            raise TroubleError("source-limit", f"{text}: follow a smaller folder with --path")
    if not found.contents and not found.diagnostics:
        message = "there is no *.yaml or *.yml file: the configuration is empty"
        _complain(found, where, message, "check --path", code="manifest-empty")
    return found


def _descend(objects: Objects, root: str, folder: tuple[str, ...], found: Found) -> _Entry | None:
    here = _Entry("", 0o040000, root)
    for part in folder:
        inside = {entry.path: entry for entry in _entries(objects, here, found)} if S_ISDIR(here.mode) else {}
        below = inside.get(f"{here.path}/{part}" if here.path else part)
        if below is None:
            return None
        here = below
    return here


def _files(objects: Objects, start: _Entry, found: Found) -> Iterator[_Entry]:
    """Regular files that hold manifests, in order; all else that stands there and matters is complained about."""
    todo, count = [start], 0
    while todo:
        here = todo.pop()
        if not S_ISDIR(here.mode):
            if here.path.endswith(_SUFFIXES):
                yield here
            continue
        if here.path.count("/") > _DEEPEST:
            _complain(found, here.path, f"folders are nested more than {_DEEPEST} deep", "put the files higher up")
            continue
        below = list(_entries(objects, here, found))
        count += len(below)
        if count > _MOST_ENTRIES:
            text = f"the folder holds more than {_MOST_ENTRIES} files and folders: follow a smaller one with --path"
            raise TroubleError("source-limit", text)
        todo += list(_allowed(below, found))[::-1]


def _entries(objects: Objects, folder: _Entry, found: Found) -> Iterator[_Entry]:
    """As they stand in the tree, also one that stands there twice."""
    kind, content = objects.get(folder.name)
    try:
        entries = list(parse_tree(content, sha_len=_SHA1)) if kind == TREE else None
    except (ValueError, ObjectFormatException):
        entries = None
    if entries is None:
        _complain(found, folder.path, "the folder is not well formed", "write the commit anew with Git")
        return
    for raw, mode, name in entries:
        text = "".join(_shown(one) for one in raw.decode("utf-8", "backslashreplace"))
        if raw.decode("utf-8", "replace") != text or raw in {b"", b".", b".."} or b"/" in raw:
            mode = _ODD
        yield _Entry(f"{folder.path}/{text}" if folder.path else text, mode, name.decode("ascii"))


def _shown(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode()


def _allowed(entries: list[_Entry], found: Found) -> Iterator[_Entry]:
    folded: dict[str, str] = {}
    for entry in entries:
        name = entry.path.rpartition("/")[2]
        other = folded.get(name.casefold())
        folded.setdefault(name.casefold(), entry.path)
        if name.startswith(".") and entry.mode != _ODD:
            continue
        if entry.mode == _ODD:
            _complain(found, entry.path, "the name is not plain UTF-8", "rename it")
        elif other is not None:
            _complain(found, entry.path, f"the name differs from {other} in case at most", "rename one of them")
        elif entry.mode == _LINK:
            _complain(found, entry.path, "a symbolic link is not followed", "put the file itself there")
        elif entry.mode == _MODULE:
            _complain(found, entry.path, "a submodule is not followed", "put the files themselves into the repository")
        elif S_ISDIR(entry.mode) or S_ISREG(entry.mode):
            yield entry
        else:
            _complain(found, entry.path, f"this is neither a file nor a folder (mode {entry.mode:o})", "remove it")


def _content(objects: Objects, entry: _Entry, found: Found) -> bytes | None:
    if not objects.has(entry.name):
        _complain(found, entry.path, "the file is larger than a manifest may be (1 MiB)", "split it")
        return None
    kind, content = objects.get(entry.name)
    if kind != BLOB:
        _complain(found, entry.path, "the file is not well formed", "write the commit anew with Git")
        return None
    if content.startswith(_POINTER):
        message = "this is a pointer of Git LFS: the content itself is not in the repository"
        _complain(found, entry.path, message, "commit the file without LFS")
        return None
    return content[: MEBIBYTE + 1]


def _complain(found: Found, path: str, message: str, advice: str, *, code: str = "manifest-unreadable") -> None:
    found.diagnostics.append(Diagnostic(code, message, Span(path or ".", 0, 0, 0), advice))
