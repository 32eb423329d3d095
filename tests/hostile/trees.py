"""Hostile folders: names, links, pipes, devices, what may not be read, and what is moved while it is read."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from reconciler.diagnostics.text import render_diagnostics
from reconciler.manifests.load import load
from reconciler.revision import revision
from tests.hostile.kind import Kind, Said
from tests.hostile.manifests import PLACES, TODAY

SOUND = PLACES["value"].replace(b"HERE", b"why")
STOLEN = SOUND.replace(b"why", b"stolen")
"""Lies outside of every folder that is read; nothing of it may ever be seen."""
_NOBODY = 65534
_READINGS = 200
"""Of a folder in which something is moved to and fro."""

UNREADABLE, LARGE, EMPTY = "manifest-unreadable", "yaml-too-large", "manifest-empty"
Build = Callable[[Path, Path], object]
"""Takes the folder and a place outside of it."""


def _named(*names: bytes) -> Build:
    """Sound files, each with documents of its own."""

    def build(folder: Path, outside: Path) -> None:
        for number, name in enumerate(names):
            content = SOUND.replace(b"rsv", b"rsv%d" % number).replace(b"seed", b"seed%d" % number)
            path = os.path.join(os.fsencode(folder), name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(content)

    return build


def _linked(**targets: str) -> Build:
    """`a.yaml` is sound; each name is a link to a target, with `OUT` for the place outside."""

    def build(folder: Path, outside: Path) -> None:
        _named(b"a.yaml")(folder, outside)
        for name, target in targets.items():
            (folder / name.replace("__", ".").replace("SLASH", "/")).symlink_to(target.replace("OUT", str(outside)))

    return build


def _listening(folder: Path, outside: Path) -> None:
    """A socket, bound by a short name: there is room for 107 bytes."""
    here = os.open(folder, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"/proc/self/fd/{here}/x.yaml")
    os.close(here)


def _device(number: int) -> Build:
    return lambda folder, outside: os.mknod(folder / "x.yaml", 0o020666, os.makedev(1, number))


def _locked(name: str) -> Build:
    def build(folder: Path, outside: Path) -> None:
        _named(b"a.yaml", b"sub/b.yaml")(folder, outside)
        (folder / name).chmod(0)

    return build


def _stairs(depth: int) -> Build:
    """Folders in folders, deeper than any path can say."""

    def build(folder: Path, outside: Path) -> None:
        here = os.open(folder, os.O_RDONLY)
        for _ in range(depth):
            os.mkdir("d", dir_fd=here)
            below = os.open("d", os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = below
        os.close(os.open("a.yaml", os.O_CREAT | os.O_WRONLY, dir_fd=here))
        os.close(here)

    return build


def _bare(folder: Path, outside: Path) -> None:
    """A bare repository whose configuration names programs, and a manifest beside it."""
    _named(b"a.yaml")(folder, outside)
    program = f"touch {outside / 'ran'}"
    (folder / "HEAD").write_text("ref: refs/heads/main\n")
    (folder / "config").write_text(f'[core]\n bare = true\n fsmonitor = "{program}"\n hooksPath = {folder}\n')
    for name in ("objects", "refs"):
        (folder / name).mkdir()
    (folder / "post-checkout").write_text(f"#!/bin/sh\n{program}\n")
    (folder / "post-checkout").chmod(0o755)


def _git(**files: str) -> Build:
    """A `.git` folder with odd content; `FIFO` stands for a pipe that nobody writes to."""

    def build(folder: Path, outside: Path) -> None:
        _named(b"a.yaml")(folder, outside)
        (folder / ".git").mkdir()
        for name, content in files.items():
            path = folder / ".git" / name.replace("_", "-")
            if content == "FIFO":
                os.mkfifo(path)
            else:
                path.write_text(content)

    return build


def _pointing(text: str) -> Build:
    def build(folder: Path, outside: Path) -> None:
        _named(b"a.yaml")(folder, outside)
        (folder / ".git").write_text(text)

    return build


def _still(*builds: Build) -> Build:
    def build(folder: Path, outside: Path) -> None:
        for one in builds:
            one(folder, outside)

    return build


LONG = b"n" * 250 + b".yaml"
DEEP = b"/".join([b"d" * 200] * 18) + b"/" + b"n" * 200 + b".yaml"
TREES: Mapping[str, tuple[Build, str]] = {
    "plain": (_named(b"a.yaml", b"b.yml", b"sub/c.yaml"), "3"),
    "empty": (lambda folder, outside: None, f"{EMPTY} 0"),
    "other-suffixes": (_named(b"a.YAML", b"b.json", b"yaml", b"c.yaml~", b"d.yaml.bak"), f"{EMPTY} 0"),
    "hidden": (_named(b".a.yaml", b".git/b.yaml", b".yaml"), f"{EMPTY} 0"),
    "long-name": (_named(LONG), "1"),
    "long-path": (_named(DEEP), "1"),
    "newline": (_named(b"a\nb.yaml", b"a\n/c.yaml"), "2"),
    "not-utf-8": (_named(b"\xff\xfe.yaml", b"caf\xe9.yaml", b"\xed\xa0\x80.yaml"), "3"),
    "commands": (_named(b"-rf.yaml", b"--help.yaml", b"$(id).yaml", b"a;b.yaml", b"`x`.yaml", b"a b.yaml"), "6"),
    "terminal": (_named(b"\x1b[2J.yaml", b"\x07\x08.yaml", "a\u202eb.yaml".encode(), b"\r.yaml"), "4"),
    "twins": (_named(b"\\xff.yaml", b"\xff.yaml", b"\\\\xff.yaml", "é.yaml".encode(), "e\u0301.yaml".encode()), "5"),
    "escaped-twins": (_named(b"\\udcff.yaml", b"\xff.yaml", b"\\n.yaml", b"\n.yaml"), "4"),
    "case-twins": (_named(b"a.yaml", b"A.yaml"), "2"),
    "folder-of-that-name": (_named(b"x.yaml/a.yaml"), "1"),
    "link-out": (_linked(x__yaml="OUT/stolen.yaml"), f"{UNREADABLE} 1"),
    "link-passwd": (_linked(x__yaml="/etc/passwd"), f"{UNREADABLE} 1"),
    "link-up": (_linked(x__yaml="../outside/stolen.yaml"), f"{UNREADABLE} 1"),
    "link-to-itself": (_linked(x__yaml="x.yaml"), f"{UNREADABLE} 1"),
    "link-in-a-circle": (_linked(x__yaml="y.yaml", y__yaml="x.yaml"), f"{UNREADABLE} 1"),
    "link-nowhere": (_linked(x__yaml="nowhere"), f"{UNREADABLE} 1"),
    "link-nowhere-that-nobody-asked-for": (_linked(README="nowhere"), "1"),
    "link-in-two-steps": (_linked(y="OUT/stolen.yaml", x__yaml="y"), f"{UNREADABLE} 1"),
    "link-twice-inside": (_linked(x__yaml="a.yaml"), "manifest-duplicate-name 2"),
    "folder-link-out": (_linked(sub="OUT"), f"{UNREADABLE} 1"),
    "folder-link-root": (_linked(sub="/"), f"{UNREADABLE} 1"),
    "folder-link-up": (_linked(sub=".."), f"{UNREADABLE} 1"),
    "folder-link-here": (_linked(sub="."), "1"),
    "link-through-a-folder-link": (_linked(sub="OUT", x__yaml="sub/stolen.yaml"), f"{UNREADABLE} 1"),
    "link-to-a-terminal": (_linked(x__yaml="/dev/tty"), f"{UNREADABLE} 1"),
    "link-proc": (_linked(x__yaml="/proc/self/environ"), f"{UNREADABLE} 1"),
    "mounted-config-map": (
        _still(_named(b"..2026_03/a.yaml"), _linked(__data="..2026_03", x__yaml="..2026_03/a.yaml")),
        "manifest-duplicate-name 2",
    ),
    "pipe": (lambda folder, outside: os.mkfifo(folder / "x.yaml"), f"{UNREADABLE} 0"),
    "linked-pipe": (
        _still(lambda folder, outside: os.mkfifo(folder / "x"), _linked(x__yaml="x")),
        f"{UNREADABLE} 1",
    ),
    "socket": (_listening, f"{UNREADABLE} 0"),
    "zero-device": (_device(5), f"{UNREADABLE} 0"),
    "full-device": (_device(7), f"{UNREADABLE} 0"),
    "memory-device": (_device(1), f"{UNREADABLE} 0"),
    "locked-file": (_locked("a.yaml"), f"{UNREADABLE} 1"),
    "locked-folder": (_locked("sub"), f"{UNREADABLE} 1"),
    "locked": (_locked("."), f"{UNREADABLE} 0"),
    "deep": (_stairs(60), f"{EMPTY} 1"),
    "too-deep": (_stairs(70), f"{LARGE} 0"),
    "much-too-deep": (_stairs(3_000), f"{LARGE} 0"),
    "bare-repository": (_bare, "1"),
    "git-waits": (_git(HEAD="FIFO"), "1"),
    "git-head-far-away": (_git(HEAD="ref: refs/../../../../etc/passwd"), "1"),
    "git-head-large": (_git(HEAD="ref: refs/heads/" + "x" * 1_000_000), "1"),
    "git-packed-waits": (_git(HEAD="ref: refs/heads/main", packed_refs="FIFO"), "1"),
    "git-common-waits": (_git(HEAD="ref: refs/heads/main", commondir="FIFO"), "1"),
    "git-common-far-away": (_git(HEAD="ref: refs/heads/main", commondir="/proc/self"), "1"),
    "git-file": (_pointing("gitdir: /proc/self"), "1"),
    "git-file-nul": (_pointing("gitdir: a\0b"), "1"),
    "git-file-itself": (_pointing("gitdir: .git"), "1"),
    "swapped-file": (_linked(), "1"),
    "swapped-folder": (_named(b"a.yaml", b"sub/b.yaml"), "2"),
}
"""What is built, and what comes of it: codes, and how many files are read. Of what is moved, it is one possibility."""


class Trees(Kind):
    name, module = "tree", __name__

    def cases(self) -> Iterator[str]:
        return (f"tree {name}" for name in TREES)

    @contextmanager
    def made(self, case: str) -> Iterator[bytes]:
        name = case.split(" ")[1]
        top = Path(tempfile.mkdtemp(prefix="tree-"))
        top.chmod(0o755)
        folder, outside = top / "folder", top / "outside"
        try:
            folder.mkdir()
            outside.mkdir()
            (outside / "stolen.yaml").write_bytes(STOLEN)
            TREES[name][0](folder, outside)
            with _swapping(name, folder, outside):
                yield os.fsencode(f"{name}\n{folder}")
        finally:
            folder.chmod(0o755)
            _remove(top)

    def warm(self) -> None:
        load([Path(__file__).parents[2] / "examples"], today=TODAY)
        render_diagnostics(load([Path("/nowhere")]).diagnostics, {})

    def read(self, content: bytes) -> Said:
        name, _, path = os.fsdecode(content).partition("\n")
        folder = Path(path)
        if name.startswith("locked"):
            os.setgroups([])
            os.setgid(_NOBODY)
            os.setuid(_NOBODY)
        wrong, outcomes = [], set()
        for _ in range(_READINGS if name.startswith("swapped") else 1):
            loaded = load([folder], today=TODAY)
            page = render_diagnostics(loaded.diagnostics, loaded.sources).plain
            page.encode()
            if "stolen" in page or any("stolen" in text or "root:" in text for text in loaded.sources.values()):
                wrong.append("I-41: a file outside of the folder was read")
            if not all(line.isprintable() for line in page.split("\n")):
                wrong.append("I-42: a name commands the terminal")
            codes = sorted({one.code for one in loaded.diagnostics})
            outcomes.add(" ".join([*codes, str(loaded.files)]))
        revision(folder)
        if (folder.parent / "outside" / "ran").exists():
            wrong.append("I-42: a program was run")
        return {"outcome": " or ".join(sorted(outcomes)), "wrong": wrong}

    def judged(self, case: str, said: Said) -> Iterator[str]:
        name = case.split(" ")[1]
        if not name.startswith("swapped") and said["outcome"] != TREES[name][1]:
            yield f"I-39: {TREES[name][1]} was expected, and not {said['outcome']}"


KIND = Trees()


@contextmanager
def _swapping(name: str, folder: Path, outside: Path) -> Iterator[None]:
    """Put a link to what lies outside in the place of a file or a folder, and take it away, as fast as can be."""
    if not name.startswith("swapped"):
        yield
        return
    place, stolen = (folder / "a.yaml", "stolen.yaml") if name == "swapped-file" else (folder / "sub", ".")
    kept, link, end = outside / "kept", outside / "link", threading.Event()
    if stolen == ".":
        (outside / "b.yaml").write_bytes(STOLEN)

    def swap() -> None:
        while not end.is_set():
            link.symlink_to(outside / stolen)
            place.rename(kept)
            link.rename(place)
            place.unlink()
            kept.rename(place)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()


def _remove(top: Path) -> None:
    """Also what is nested deeper than a path can say: the levels are brought up one after the other."""
    here = top / "folder" / "d"
    while (here / "d").is_dir():
        (here / "d").rename(top / "next")
        shutil.rmtree(here)
        (top / "next").rename(here)
    shutil.rmtree(top)
