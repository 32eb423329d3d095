"""What a commit may hold: files are read as they are, and nothing that leads elsewhere is followed."""

from __future__ import annotations

from hashlib import sha1, shake_128
from pathlib import Path

import pytest
from dulwich.objects import Tree
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.board import Problem, Rejection
from reconciler.sources.git import tree
from reconciler.sources.git.mirror import Limits
from tests.unit.sources.folders import names
from tests.unit.sources.git.origins import FILE, LINK, MODULE, Entry, Origin, source, vault

COMMIT = b"1" * 40
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n"


async def refused(origin: Origin, state: Path, files: dict[str, Entry]) -> list[Problem]:
    """The commit is not in force, and the one before it still is; why."""
    good = origin.commit({"a.yaml": vault("one")})
    follows = source(str(origin.folder), state)
    await follows.look()
    origin.commit({"a.yaml": vault("two"), **files}, [good])
    found = await follows.look()
    assert names(found) == ["one"]
    assert found.state.rejected is not None
    assert found.state.rejected.because is Rejection.INVALID
    return list(found.state.rejected.problems)


@pytest.mark.parametrize(
    ("name", "entry", "says"),
    [
        ("passwd.yaml", (LINK, b"/etc/passwd"), "symbolic link"),
        ("up", (LINK, b".."), "symbolic link"),
        ("deep/in/here", (LINK, b"../../a.yaml"), "symbolic link"),
        ("module", (MODULE, COMMIT), "submodule"),
        ("module.yaml", (MODULE, COMMIT), "submodule"),
        ("big.yaml", POINTER, "Git LFS"),
        ("huge.yaml", b"#" * (1024 * 1024 + 1), "larger than"),
        ("A.yaml", vault("three"), "case"),
        ("device", (0o020000, b"x"), "neither a file nor a folder"),
    ],
)
async def test_what_is_not_followed(origin: Origin, tmp_path: Path, name: str, entry: Entry, says: str) -> None:
    [problem] = await refused(origin, tmp_path / "state", {name: entry})
    assert says in problem.message
    assert problem.span.file in {name, "a.yaml"}
    assert problem.code == "manifest-unreadable" or name == "huge.yaml"


@pytest.mark.parametrize(
    "raw", [b"\xff.yaml", b"a\n.yaml", b"\x1b[2J.yaml", "e\u202e.yaml".encode(), b"..", b".", b"a\x7f"]
)
async def test_names_that_are_not_the_same_for_everybody(origin: Origin, tmp_path: Path, raw: bytes) -> None:
    good = origin.commit({"a.yaml": vault("one")})
    follows = source(str(origin.folder), tmp_path / "state")
    await follows.look()
    commit = origin.drafted({}, [good])
    commit.tree = origin.tree({b"b.yaml": vault("two"), raw: vault("three")})
    origin.keep(commit)
    found = await follows.look()
    assert names(found) == ["one"]
    assert found.state.rejected is not None
    [problem] = found.state.rejected.problems
    assert "plain UTF-8" in problem.message
    assert problem.span.file.isprintable()


class Objects:
    """Objects that Git would not write."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[int, bytes]] = {}

    def add(self, kind: int, content: bytes) -> bytes:
        name = sha1(content + bytes([kind]), usedforsecurity=False).hexdigest()
        self.kept[name] = (kind, content)
        return bytes.fromhex(name)

    def get(self, name: str) -> tuple[int, bytes]:
        return self.kept[name]

    def has(self, name: str) -> bool:
        return name in self.kept


OBJECTS = Objects()
BLOB, COMMIT_OBJECT = OBJECTS.add(3, vault("one")), OBJECTS.add(1, b"tree 1")
FOLDER = OBJECTS.add(2, b"100644 c.yaml\0" + BLOB)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"100644 b.yaml\0" + BLOB + b"100644 b.yaml\0" + FOLDER, "in case at most"),
        (b"100644 ../b.yaml\0" + BLOB, "plain UTF-8"),
        (b"100644 /etc/b.yaml\0" + BLOB, "plain UTF-8"),
        (b"100644 \0" + BLOB, "plain UTF-8"),
        (b"40000 b\0" + BLOB, "folder is not well formed"),
        (b"40000 b\0" + COMMIT_OBJECT, "folder is not well formed"),
        (b"100644 b.yaml\0" + FOLDER, "file is not well formed"),
        (b"100644 b.yaml", "folder is not well formed"),
        (b"100644 b.yaml\0" + BLOB[:9], "folder is not well formed"),
        (b"rw-r--r-- b.yaml\0" + BLOB, "folder is not well formed"),
        (b"-1 b.yaml\0" + BLOB, "folder is not well formed"),
        (b"777777777777 b.yaml\0" + BLOB, "folder is not well formed"),
        (b"0 b.yaml\0" + BLOB, "plain UTF-8"),
    ],
)
def test_trees_that_git_would_not_write(content: bytes, says: str) -> None:
    found = tree.read(OBJECTS, OBJECTS.add(2, content).hex(), ())
    assert [one.code for one in found.diagnostics] == ["manifest-unreadable"]
    assert says in found.diagnostics[0].message


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_complained_about(content: bytes) -> None:
    found = tree.read(OBJECTS, OBJECTS.add(2, content).hex(), ())
    assert not found.contents
    assert found.diagnostics


async def test_what_steers_git_elsewhere_is_only_a_file_here(origin: Origin, tmp_path: Path) -> None:
    origin.commit(
        {
            "a.yaml": vault("one"),
            ".gitmodules": b'[submodule "x"]\n\tpath = x\n\turl = ext::sh -c "touch /tmp/x"\n',
            ".gitattributes": b"*.yaml filter=evil diff=evil merge=evil\n",
            ".github/workflows/ci.yaml": b"not: a manifest",
            "bare/HEAD": b"ref: refs/heads/main\n",
            "bare/config": b'[core]\n\tfsmonitor = "touch /tmp/x"\n\tbare = true\n',
            "bare/hooks/post-checkout": (0o100755, b"#!/bin/sh\ntouch /tmp/x\n"),
            "run.sh": (0o100755, b"#!/bin/sh\n"),
        }
    )
    assert names(await source(str(origin.folder), tmp_path / "state").look()) == ["one"]


async def test_an_executable_manifest_is_a_manifest(origin: Origin, tmp_path: Path) -> None:
    origin.commit({"a.yaml": (0o100755, vault("one")), "b.yml": (0o100664, vault("two"))})
    assert names(await source(str(origin.folder), tmp_path / "state").look()) == ["one", "two"]


async def test_a_file_that_becomes_a_folder(origin: Origin, tmp_path: Path) -> None:
    first = origin.commit({"a.yaml": vault("one")})
    follows = source(str(origin.folder), tmp_path / "state")
    await follows.look()
    origin.commit({"a.yaml/b.yaml": vault("two")}, [first])
    assert names(await follows.look()) == ["two"]


async def test_the_file_itself_may_be_followed(origin: Origin, tmp_path: Path) -> None:
    origin.commit({"prod/a.yaml": vault("one"), "prod/b.yaml": vault("two")})
    assert names(await source(str(origin.folder), tmp_path / "state", folder=("prod", "a.yaml")).look()) == ["one"]


async def test_a_hundred_thousand_files_beside_the_manifests(origin: Origin, tmp_path: Path) -> None:
    """In folders of a thousand, all of one content, so that making them is not what takes the time."""
    many = origin.tree({b"%d.txt" % number: b"x" for number in range(1000)})
    commit = origin.drafted({"a.yaml": vault("one")}, ())
    root = origin.repo.object_store[commit.tree]
    assert isinstance(root, Tree)
    for number in range(100):
        root.add(b"d%d" % number, 0o040000, many)
    origin.repo.object_store.add_object(root)
    commit.tree = root.id
    origin.keep(commit)
    assert names(await source(str(origin.folder), tmp_path / "state").look()) == ["one"]


@pytest.mark.parametrize(("name", "most"), [("_MOST_ENTRIES", 2), ("_MOST_FILES", 2), ("_MOST_BYTES", 200)])
async def test_more_than_one_may_hold(
    origin: Origin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, most: int
) -> None:
    monkeypatch.setattr(tree, name, most)
    origin.commit({f"{name}.yaml": vault(name) for name in ("one", "two", "three")})
    found = await source(str(origin.folder), tmp_path / "state").look()
    assert found.desired is None
    assert found.state.trouble_code == "source-limit"


async def test_folders_without_end(origin: Origin, tmp_path: Path) -> None:
    origin.commit({"a/" * 80 + "b.yaml": vault("one"), "c.yaml": vault("two")})
    found = await source(str(origin.folder), tmp_path / "state").look()
    assert found.state.rejected is not None
    assert "nested" in found.state.rejected.problems[0].message


@pytest.mark.parametrize("limits", [Limits(pack=2000), Limits(largest=1000), Limits(objects=2)])
async def test_a_repository_beyond_the_limits_leaves_the_last_good_one(
    origin: Origin, tmp_path: Path, limits: Limits
) -> None:
    good = origin.commit({"a.yaml": vault("one")})
    assert names(await source(str(origin.folder), tmp_path / "state").look()) == ["one"]
    large = shake_128(b"no two alike").digest(4000) + bytes(1_000_000)
    origin.commit({"a.yaml": vault("two"), "large.bin": (FILE, large), "b.bin": COMMIT * 100}, [good])
    follows = source(str(origin.folder), tmp_path / "state", limits=limits)
    found = await follows.look()
    assert names(found) == ["one"]
    assert found.state.trouble_code == "source-limit"
    assert [path.suffix for path in (tmp_path / "state").glob("*/objects/pack/*.pack")] == [".pack"]
