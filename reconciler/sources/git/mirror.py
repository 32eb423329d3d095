"""The objects of one branch, on disk: what was fetched, and nothing that Git would run, check out or be told by."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha1
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from dulwich.client import FetchPackResult, GitClient
from dulwich.errors import ObjectFormatException
from dulwich.object_store import DiskObjectStore
from dulwich.objects import Commit, ObjectID, object_header
from dulwich.refs import Ref

from reconciler.sources.git.pack import measure
from reconciler.sources.git.trouble import TroubleError, plain
from reconciler.sources.git.wire import Wire

MEBIBYTE = 1024 * 1024
COMMIT, TREE, BLOB = 1, 2, 3
_DEPTH = 100
"""Commits of history that are kept; further back one looks only to tell a rewind from a long absence."""
_MANY_PACKS = 20
_LARGEST_ASKED_FOR = MEBIBYTE + 1
"""Remotes that can leave larger files out are asked to: no manifest is that large."""
_HEADS = b"refs/heads/"
_SHOWN = 5
_SHA1 = 40


@dataclass(frozen=True, slots=True)
class Limits:
    """`pack` is all that one look may receive, `largest` one object, in bytes; `commits` how far back one looks."""

    pack: int = 512 * MEBIBYTE
    largest: int = 64 * MEBIBYTE
    objects: int = 2_000_000
    commits: int = 500_000


@dataclass(frozen=True, slots=True)
class Ask:
    """Whom to ask for what: the last commits of the branch or all of them, with their files or, if it can, without."""

    client: GitClient
    path: str
    branch: bytes
    shallow: bool = True
    files: bool = True


class Wanted(Protocol):
    """Which of the remote's commits are to be sent."""

    def __call__(self, refs: Mapping[Ref, ObjectID], depth: int | None = None) -> list[ObjectID]: ...


class DamagedError(Exception):
    """An object that should be here is not, or is not what its name says."""


class Mirror:
    """Of one branch, in `folder`. `shallow` are the commits whose parents were left out, kept by the caller.

    To be used by one thread of one process at a time, inside of `with`.
    """

    def __init__(self, folder: Path, limits: Limits, shallow: Sequence[str] = ()) -> None:
        self._folder = folder
        self._limits = limits
        self._store = _open(folder)
        self.shallow = frozenset(name for name in shallow if self.has(name))

    def __enter__(self) -> Mirror:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    @property
    def is_crowded(self) -> bool:
        return len(self._store.packs) > _MANY_PACKS

    def empty(self) -> None:
        """Forget all objects; the next fetch brings them again."""
        self._close()
        shutil.rmtree(self._folder, ignore_errors=True)
        self.shallow = frozenset()
        self._store = _open(self._folder)

    def get(self, name: str) -> tuple[int, bytes]:
        """The kind (`COMMIT`, `TREE`, `BLOB`) and the bytes of the object of this id; raises DamagedError."""
        try:
            kind, content = self._store.get_raw(ObjectID(name.encode("ascii")))
        except Exception as error:
            raise DamagedError(name) from error
        if sha1(object_header(kind, len(content)) + content, usedforsecurity=False).hexdigest() != name:
            raise DamagedError(name)
        return kind, content

    def commit(self, name: str) -> Commit:
        """Raises DamagedError, and TroubleError for what is there but is no commit."""
        kind, content = self.get(name)
        try:
            if kind == COMMIT:
                return Commit.from_string(content)
        except (ValueError, AssertionError, ObjectFormatException) as error:
            raise _no_commit(name) from error
        raise _no_commit(name)

    def has(self, name: str) -> bool:
        return ObjectID(name.encode("ascii")) in self._store

    def fetch(self, ask: Ask, wire: Wire, haves: Iterable[str] = ()) -> str:
        """Fetch what is new, and give the id of the newest commit. Raises TroubleError, and whatever libraries do.

        `haves` are commits that are here with all that belongs to them. A remote that takes the short history that is
        here for a long one leaves out too much; it is then asked as if nothing were here.
        """
        here = [name for name in haves if self.has(name)]
        name = self._fetch(ask, wire, _Known(here, self.shallow))
        if here and not self.has(name):
            name = self._fetch(ask, wire, _Known((), ()))
        if not self.has(name):
            raise TroubleError("source-unreachable", "the remote did not send the commit that it names")
        return name

    def _fetch(self, ask: Ask, wire: Wire, known: _Known) -> str:
        found: list[ObjectID] = []

        def wanted(refs: Mapping[Ref, ObjectID], *_: object, **__: object) -> list[ObjectID]:
            found.append(_newest(refs, ask.branch))
            return [name for name in found if name not in self._store]

        with tempfile.TemporaryFile(dir=self._folder) as made:
            file = cast("BinaryIO", made)
            result = self._receive(ask, wire, wanted, known, file)
            self._keep(file, wire)
        if not found:
            raise TroubleError("source-unreachable", "the remote does not say which branches it has")
        self.shallow = (self.shallow - _texts(result.new_unshallow)) | _texts(result.new_shallow)
        return found[0].decode("ascii")

    def follows(self, newer: str, older: str) -> bool | None:
        """Whether `older` is among the ancestors of `newer`; None when the kept history ends before that is known."""
        ended = True
        for number, name in enumerate(self.ancestors(newer)):
            if name == older:
                return True
            if number > self._limits.commits:
                return None
            ended = ended and name not in self.shallow
        return False if ended else None

    def ancestors(self, name: str) -> Iterator[str]:
        """The commit and all before it that are here, the nearest first. Raises DamagedError."""
        seen, todo = {name}, [name]
        for one in todo:
            yield one
            if one not in self.shallow:
                parents = [parent.decode("ascii") for parent in self.commit(one).parents]
                todo += [parent for parent in dict.fromkeys(parents) if parent not in seen]
                seen.update(parents)

    def _close(self) -> None:
        """What a failed read still points into cannot be unmapped; it goes when that error is collected."""
        with suppress(BufferError):
            self._store.close()

    def _receive(self, ask: Ask, wire: Wire, wanted: Wanted, known: _Known, file: BinaryIO) -> FetchPackResult:
        def receive(data: bytes) -> int:
            wire.check()
            if file.tell() + len(data) > self._limits.pack:
                size = self._limits.pack // MEBIBYTE
                raise TroubleError("source-limit", f"the repository is larger than {size} MiB: nothing of it is kept")
            return file.write(data)

        return ask.client.fetch_pack(
            ask.path,
            wanted,
            known,
            receive,
            depth=_DEPTH if ask.shallow else None,
            ref_prefix=[_HEADS],
            filter_spec=b"blob:limit=%d" % _LARGEST_ASKED_FOR if ask.files else b"tree:0",
        )

    def _keep(self, file: BinaryIO, wire: Wire) -> None:
        if file.seek(0, 2) == 0:
            return
        limits = self._limits
        if measure(file, most_objects=limits.objects, largest=limits.largest, check=wire.check):
            file.seek(0)
            self._store.add_thin_pack(file.read, None)


class _Known:
    """Tells a remote what is here, in the way dulwich asks for it."""

    def __init__(self, haves: Iterable[str], shallow: Iterable[str]) -> None:
        self._haves = iter([ObjectID(name.encode("ascii")) for name in haves])
        self.shallow = {ObjectID(name.encode("ascii")) for name in shallow}

    def __next__(self) -> ObjectID | None:
        return next(self._haves, None)

    def ack(self, sha: ObjectID, /) -> None:
        """The remote has it too."""

    def nak(self) -> None:
        """The remote has nothing of it."""


def _newest(refs: Mapping[Ref, ObjectID], branch: bytes) -> ObjectID:
    found = refs.get(Ref(branch))
    if found is not None and len(found) == _SHA1:
        return found
    name = branch.removeprefix(_HEADS).decode("ascii")
    if found is not None:
        raise TroubleError("source-branch-missing", "the repository uses SHA-256, which is not followed yet")
    others = sorted(other.removeprefix(_HEADS).decode("utf-8", "replace") for other in refs if other.startswith(_HEADS))
    if not others:
        raise TroubleError("source-branch-missing", f"the repository has no branch {name}: it is empty")
    shown = plain(", ".join(others[:_SHOWN])) + (" …" if len(others) > _SHOWN else "")
    raise TroubleError(
        "source-branch-missing",
        f"the repository has no branch {name} (it has {shown}): was it renamed or deleted? Give another with --branch",
    )


def _no_commit(name: str) -> TroubleError:
    return TroubleError("source-unreachable", f"what the remote has under {name} is no well formed commit")


def _texts(names: Iterable[bytes] | None) -> frozenset[str]:
    return frozenset(name.decode("ascii") for name in names or ())


def _open(folder: Path) -> DiskObjectStore:
    """The objects in a private folder, made if missing; what a killed fetch left half done is removed."""
    packs = folder / "pack"
    packs.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    whole = {path.stem for path in packs.glob("*.idx")} & {path.stem for path in packs.glob("*.pack")}
    for path in [*folder.glob("tmp*"), *packs.iterdir()]:
        if path.parent == folder or path.stem not in whole or path.suffix == ".lock":
            path.unlink(missing_ok=True)
    return DiskObjectStore(folder, fsync_object_files=True)
