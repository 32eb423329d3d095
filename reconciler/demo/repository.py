"""A repository made on the spot, for demonstrations: bare, with one branch, `main`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from dulwich.object_store import DiskObjectStore
from dulwich.objects import Blob, Commit, ObjectID, Tree

_BRANCH = "refs/heads/main"
_CONFIG = "[core]\n\trepositoryformatversion = 0\n\tbare = true\n"
_FILE = 0o100644


class Repository:
    """Grows by commits of whole trees without folders."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        (folder / "HEAD").write_text(f"ref: {_BRANCH}\n", encoding="ascii")
        (folder / "config").write_text(_CONFIG, encoding="ascii")
        (folder / _BRANCH).parent.mkdir(parents=True)
        self._store = DiskObjectStore.init(str(folder / "objects"))
        self._head: ObjectID | None = None

    def __enter__(self) -> Repository:
        return self

    def __exit__(self, *_error: object) -> None:
        self._store.close()

    def commit(self, files: Mapping[str, bytes], subject: str, author: str, at: datetime) -> str:
        """Make these files the newest state of the branch; the id of the commit. `author` is `Name <address>`."""
        store, tree, made = self._store, Tree(), Commit()
        for name, content in sorted(files.items()):
            blob = Blob.from_string(content)
            store.add_object(blob)
            tree.add(name.encode(), _FILE, blob.id)
        store.add_object(tree)
        made.tree = tree.id
        made.parents = [self._head] if self._head is not None else []
        made.author = made.committer = author.encode()
        made.author_time = made.commit_time = int(at.timestamp())
        made.author_timezone = made.commit_timezone = 0
        made.message = subject.encode()
        store.add_object(made)
        self._head, name = made.id, made.id.decode("ascii")
        draft = self.folder / "refs" / "heads" / "main.lock"
        draft.write_text(f"{name}\n", encoding="ascii")
        draft.replace(self.folder / _BRANCH)
        return name
