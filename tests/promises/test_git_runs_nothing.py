"""Following a repository runs no program, reads no configuration of Git, and writes nothing but its own state.

Neither the repository, nor the machine's Git settings, nor the variables that Git obeys, make it do otherwise.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from reconciler.sources.git.remote import Access
from tests.unit.sources.folders import names
from tests.unit.sources.git.origins import LINK, MODULE, Origin, source, vault
from tests.unit.sources.git.remotes import Trust, over_https
from tests.unit.sources.git.ssh_remote import SshRemote, new_key, over_ssh

SOURCES = Path(__file__).parents[2] / "reconciler" / "sources"
RUNS = {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty", "pty.spawn"}
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Witness:
    """What the interpreter was told to do while `watching`: hooks cannot be taken off again, so it is off else."""

    def __init__(self) -> None:
        self.watching = False
        self.ran: list[str] = []
        self.read: list[str] = []
        self.wrote: list[str] = []
        self.met: set[object] = set()
        sys.addaudithook(self._heard)

    def _heard(self, event: str, given: tuple[Any, ...]) -> None:
        if not self.watching:
            return
        if event in RUNS:
            self.ran.append(event)
        elif event == "socket.connect":
            self.met.add(given[1][1])
        elif event == "open" and isinstance(given[0], str | bytes):
            path = os.fsdecode(given[0])
            written = isinstance(given[2], int) and given[2] & WRITES
            (self.wrote if written else self.read).append(path)
        elif event in {"os.rename", "os.remove", "os.symlink", "os.mkdir", "os.link"}:
            self.wrote += [os.fsdecode(one) for one in given[:2] if isinstance(one, str | bytes)]

    @contextmanager
    def look(self) -> Iterator[None]:
        self.ran, self.read, self.wrote, self.met = [], [], [], set()
        self.watching = True
        try:
            yield
        finally:
            self.watching = False


WITNESS = Witness()


@pytest.fixture
def canary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that every command which Git could be made to run would write."""
    file = tmp_path / "canary"
    command = f"touch {file}"
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(
        f'[core]\n\tsshCommand = {command}\n\tfsmonitor = "{command}"\n\tgitProxy = {command}\n\thooksPath = {home}\n'
        f'[credential]\n\thelper = "!{command}"\n[url "ext::{command}"]\n\tinsteadOf = https://\n\tinsteadOf = ssh://\n'
        f'[http]\n\tsslVerify = false\n\tproxy = http://127.0.0.1:1\n[filter "evil"]\n\tsmudge = "{command}"\n'
    )
    for name in ("GIT_SSH", "GIT_SSH_COMMAND", "GIT_ASKPASS", "SSH_ASKPASS", "GIT_PROXY_COMMAND", "GIT_EDITOR"):
        monkeypatch.setenv(name, command)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(home / ".gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", str(home / ".gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.sshCommand")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", command)
    monkeypatch.setenv("GIT_SSL_NO_VERIFY", "1")
    monkeypatch.setenv("GIT_DIR", str(home))
    monkeypatch.setenv("GIT_TEMPLATE_DIR", str(home))
    monkeypatch.setenv("GIT_TRACE", str(file))
    return file


def hostile(origin: Origin, command: str) -> None:
    """One good commit, with all beside the manifests that has made some Git run a command."""
    origin.commit(
        {
            "backup/a.yaml": vault("one"),
            ".gitattributes": b"* filter=evil diff=evil merge=evil\n",
            ".gitmodules": f'[submodule "x"]\n\tpath = x\n\turl = ext::{command}\n\tupdate = !{command}\n'.encode(),
            "x": (MODULE, b"1" * 40),
            "link": (LINK, b"/etc/passwd"),
            "inner/HEAD": b"ref: refs/heads/main\n",
            "inner/config": f'[core]\n\tbare = true\n\tfsmonitor = "{command}"\n'.encode(),
            "inner/objects/info/alternates": b"/etc\n",
            "inner/hooks/post-checkout": (0o100755, f"#!/bin/sh\n{command}\n".encode()),
            "hooks/post-merge": (0o100755, f"#!/bin/sh\n{command}\n".encode()),
            "sitecustomize.py": f"import os; os.system({command!r})\n".encode(),
            "yaml.py": f"import os; os.system({command!r})\n".encode(),
        }
    )


def require_quiet(canary: Path, state: Path, port: int) -> None:
    assert WITNESS.ran == []
    assert not canary.exists()
    assert [path for path in WITNESS.read if "gitconfig" in path or "/.config/git" in path] == []
    assert [path for path in WITNESS.wrote if not path.startswith(str(state))] == []
    assert WITNESS.met == {port}
    kept = [path for path in state.rglob("*") if path.is_file()]
    assert {path.suffix for path in kept} <= {".json", ".pack", ".idx", ""}
    assert {path.name for path in kept if not path.suffix} == {"lock"}
    assert [path for path in kept if path.is_symlink() or path.stat().st_mode & 0o111] == []


async def test_over_https(tmp_path: Path, canary: Path) -> None:
    origin, trust = Origin(tmp_path / "origin.git"), Trust()
    hostile(origin, f"touch {canary}")
    with over_https(origin, trust) as (address, _), WITNESS.look():
        found = await source(address, tmp_path / "state", access=trust.access(), folder=("backup",)).look()
    assert names(found) == ["one"], found.state
    require_quiet(canary, tmp_path / "state", int(address.split(":")[2].partition("/")[0]))
    origin.repo.close()


async def test_over_ssh(tmp_path: Path, canary: Path) -> None:
    origin = Origin(tmp_path / "origin.git")
    hostile(origin, f"touch {canary}")
    with over_ssh(SshRemote(origin, new_key(tmp_path / "host"), new_key(tmp_path / "user"))) as remote:
        access = Access(ssh_key=tmp_path / "user", known_hosts=remote.known(tmp_path / "known"))
        with WITNESS.look():
            found = await source(remote.address, tmp_path / "state", access=access, folder=("backup",)).look()
    assert names(found) == ["one"], found.state
    require_quiet(canary, tmp_path / "state", remote.port)
    origin.repo.close()


async def test_the_settings_of_git_do_not_make_it_trust_anybody(tmp_path: Path, canary: Path) -> None:
    origin, trust = Origin(tmp_path / "origin.git"), Trust()
    origin.commit({"a.yaml": vault("one")})
    with over_https(origin, trust) as (address, asked):
        found = await source(address, tmp_path / "state").look()
    assert found.desired is None
    assert "certificate" in found.state.trouble
    assert asked == []
    origin.repo.close()


def test_the_witness_would_have_seen_it(tmp_path: Path) -> None:
    with WITNESS.look():
        subprocess.run(["true"], check=True)
        (tmp_path / "x").write_text("x")
    assert WITNESS.ran[:1] == ["subprocess.Popen"]
    assert str(tmp_path / "x") in WITNESS.wrote


@pytest.mark.parametrize("path", sorted(SOURCES.rglob("*.py")), ids=lambda path: path.name)
def test_no_module_of_the_sources_can_run_anything(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not imported & {"subprocess", "pty", "multiprocessing", "dulwich.porcelain", "dulwich.hooks", "dulwich.repo"}
    called = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    assert not {name for name in called if name.startswith(("os.system", "os.exec", "os.spawn", "os.popen", "os.fork"))}
    assert not called & {"eval", "exec", "compile", "__import__"}
