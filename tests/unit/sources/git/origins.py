"""Real repositories, made by the library: commits of any tree one likes, also of those that Git would never write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from secrets import SystemRandom
from typing import Any

from dulwich.objects import Blob, Commit, ObjectID, Tree
from dulwich.refs import Ref
from dulwich.repo import Repo

from reconciler.manifests.load import load_texts
from reconciler.sources.git.address import branch, parse
from reconciler.sources.git.branch import Followed
from reconciler.sources.git.source import GitSource
from tests.unit.sources.folders import VAULT, Clock

FILE, LINK, MODULE = 0o100644, 0o120000, 0o160000
WHO = b"Ada <ada@example.org>"
START = 1_800_000_000
Entry = bytes | tuple[int, bytes]
"""The content of a file, or a mode and a content; of a submodule the content is the id of a commit."""


class Origin:
    """A bare repository with one branch, `main`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.repo = Repo.init_bare(str(folder), mkdir=True)

    def commit(
        self, files: Mapping[str, Entry], parents: Sequence[str] = (), *, subject: str = "a change", on: str = "main"
    ) -> str:
        """Write a commit and set the branch to it; its id."""
        commit = self.drafted(files, parents, subject)
        return self.keep(commit, on)

    def drafted(self, files: Mapping[str, Entry], parents: Sequence[str], subject: str = "a change") -> Commit:
        made = Commit()
        made.tree = self.tree({name.encode(): entry for name, entry in files.items()})
        made.parents = [ObjectID(parent.encode()) for parent in parents]
        made.author = made.committer = WHO
        made.author_time = made.commit_time = START + 60 * len(list(self.repo.object_store))
        made.author_timezone = made.commit_timezone = 3600
        made.message = subject.encode()
        return made

    def keep(self, commit: Commit, on: str = "main") -> str:
        self.repo.object_store.add_object(commit)
        self.set(on, commit.id.decode())
        return commit.id.decode()

    def set(self, name: str, commit: str | None) -> None:
        """Force a branch to a commit, or delete it."""
        ref = Ref(b"refs/heads/" + name.encode())
        if commit is None:
            del self.repo.refs[ref]
        else:
            self.repo.refs[ref] = ObjectID(commit.encode())

    def tree(self, files: Mapping[bytes, Entry]) -> ObjectID:
        below: dict[bytes, dict[bytes, Entry]] = {}
        made = Tree()
        for name, entry in files.items():
            first, _, rest = name.partition(b"/")
            if rest:
                below.setdefault(first, {})[rest] = entry
                continue
            mode, content = entry if isinstance(entry, tuple) else (FILE, entry)
            made.add(first, mode, ObjectID(content) if mode == MODULE else self.blob(content))
        for first, inside in below.items():
            made.add(first, 0o040000, self.tree(inside))
        self.repo.object_store.add_object(made)
        return made.id

    def blob(self, content: bytes) -> ObjectID:
        made = Blob.from_string(content)
        self.repo.object_store.add_object(made)
        return made.id


def vault(name: str) -> bytes:
    return (VAULT % name).encode()


def source(
    address: str,
    state: Path,
    *,
    clock: Clock | None = None,
    limits: Any = None,
    patience: float = 60.0,
    **followed: Any,
) -> GitSource:
    """Of `main`, over any transport; the rest is as in `Followed`."""
    what = Followed(parse(address, local=True), branch("main"), **followed)
    return GitSource(
        what, state, clock or Clock(), load=load_texts, random=SystemRandom(), patience=patience, limits=limits
    )
