"""Promise: the command runs nothing from the folder it is started in, such as the checkout of a pull request.

Nor does anything there change what it says: modules that bear a library's name, start-up hooks of Python, programs,
hooks and settings of Git, settings files of ours. Only the manifests that are named, and our own state, are read.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
QUICKSTART = ROOT / "examples" / "quickstart"
COMMAND = Path(sys.executable).with_name("reconcile")
CLOUD = ("--cloud", "embedded", "--estate", str(QUICKSTART / "estate.yaml"))
LINES = {
    "version": ("version",),
    "explain": ("explain", "register-vm-not-running"),
    "validate": ("validate", "-f", "backup"),
    "dry run": (*CLOUD, "--dry-run", "--detailed-exitcode", "-f", "backup"),
    "apply": (*CLOUD, "-f", "backup"),
    "status": (*CLOUD, "status", "-f", "backup"),
    "log": ("log", "--cloud", "embedded"),
    "the public cloud": ("--dry-run", "-f", "backup"),
    "a wrong line": ("--dry-rum",),
}
TIMEOUT = 300
ANEW = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|sha256:[0-9a-f]+|seen [0-9T:Z-]+")
"""What differs between any two runs: ids, hashes of them, and the time of the look."""
LOADS = """
import atexit, sys
atexit.register(lambda: print(*sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr))
sys.argv = ["reconcile", *sys.argv[1:]]
from reconciler.cli.main import main
main()
"""


def run(folder: Path, *words: str | Path) -> tuple[int, str, str]:
    """How a command line ended, in an environment in which nothing of the developer's counts but this very tree."""
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(folder.parent / "home")}
    environment["AZURE_TOKEN_CREDENTIALS"] = "AzureCliCredential"  # the one that runs a program
    ended = subprocess.run(
        words, cwd=folder, env=environment, capture_output=True, text=True, timeout=TIMEOUT, check=False
    )
    return ended.returncode, ANEW.sub("…", ended.stdout), ANEW.sub("…", ended.stderr)


@cache
def loaded() -> frozenset[str]:
    """The modules that a command line loads, of Python, of libraries and of ours."""
    words = (*CLOUD, "--dry-run", "-f", str(QUICKSTART / "backup"))
    code, _, told = run(ROOT, sys.executable, "-P", "-c", LOADS, *words)
    assert code == 0, told
    return frozenset(name for name in told.splitlines()[-1].split() if name.isidentifier() and name != "__main__")


def manifests(folder: Path) -> Path:
    """A folder with the manifests of the quickstart, and nothing else."""
    (folder / "backup").mkdir(parents=True)
    for file in (QUICKSTART / "backup").iterdir():
        (folder / "backup" / file.name).write_bytes(file.read_bytes())
    (folder.parent / "home").mkdir(exist_ok=True)
    return folder


def booby_trapped(folder: Path, canary: Path) -> Path:
    """The same, with all beside them that could make a careless program run or obey something."""
    manifests(folder)
    module = f"open({str(canary)!r}, 'a').write(__name__ + '\\n')\n"
    program = f"#!/bin/sh\necho $0 >> {canary}\n"
    hooks = {"sitecustomize", "usercustomize", "readline", "conftest", "antigravity", "encodings"}
    for name in sorted(hooks | loaded()):
        (folder / f"{name}.py").write_text(module)
    for name in ("reconciler", "azure", "yaml", "dulwich"):
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(module)
    programs = ("git", "ssh", "az", "azd", "pwsh", "python", "python3", "sh", "uname", "ldconfig", "less")
    for name in (*programs, "bin/git", "node_modules/.bin/git"):
        _write(folder / name, program, mode=0o755)
    for name in ("post-checkout", "pre-commit", "fsmonitor", "post-index-change"):
        _write(folder / ".git" / "hooks" / name, program, mode=0o755)
    _write(folder / ".git" / "HEAD", "ref: refs/heads/main\n")
    _write(folder / ".git" / "config", f'[core]\n\tfsmonitor = "{canary}"\n\thooksPath = .\n\tpager = ./less\n')
    _write(folder / "x.pth", f"import os; {module}")
    _write(folder / "pyvenv.cfg", "home = .\ninclude-system-site-packages = true\n")
    _write(folder / "pyproject.toml", '[tool.reconcile]\nmax-writes = 0\npause-file = "/"\n')
    for name in ("settings.toml", "reconcile.toml", "reconcile.yaml", ".config/reconcile/settings.toml"):
        _write(folder / name, 'max-writes = 0\nno-such-setting = "x"\n')
    _write(folder / ".env", "RECONCILE_PAUSE=1\nAZURE_AUTHORITY_HOST=https://evil.example\n")
    _write(folder / "reconciler" / "catalog.toml", "not = [toml\n")
    _write(folder / "schemas" / "reconciler.json", "not json")
    _write(folder / "zoneinfo" / "UTC", "not a zone")
    return folder


def _write(file: Path, text: str, *, mode: int = 0o644) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(mode)


def steps(folder: Path, names: Iterable[str]) -> dict[str, tuple[int, str, str]]:
    """How each of the command lines ended in a folder, one after the other."""
    return {name: run(folder, COMMAND, *LINES[name]) for name in names}


def test_the_same_is_said_and_nothing_has_run(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    plain = steps(manifests(tmp_path / "plain" / "work"), LINES)
    trapped = booby_trapped(tmp_path / "trap" / "work", canary)
    ended = steps(trapped, LINES)
    assert not canary.exists(), canary.read_text()
    assert {name: code for name, (code, _, _) in plain.items()} == {
        **dict.fromkeys(LINES, 0),
        "dry run": 2,
        "apply": 4,
        "the public cloud": 1,
        "a wrong line": 64,
    }
    for name in LINES:
        assert ended[name] == plain[name], name


@pytest.mark.parametrize("words", [("-m", "reconciler", "version"), ("-c", "import yaml")])
def test_the_trap_would_have_caught_it(tmp_path: Path, words: tuple[str, ...]) -> None:
    """Python itself puts the folder in front of everything, unless it is told not to."""
    canary = tmp_path / "canary"
    folder = booby_trapped(tmp_path / "trap" / "work", canary)
    run(folder, sys.executable, "-P", *words)
    assert not canary.exists()
    run(folder, sys.executable, *words)
    assert canary.exists()
