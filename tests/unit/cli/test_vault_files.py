"""One vault's file and several processes: they take turns, and one that has to wait too long says so."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.vaultserver import database
from reconciler.vaultserver.world import World
from tests.process.server import clean
from tests.unit.cli.commands import Shell

FILE = Path(".reconcile/vault.db")
PROCESSES = 4


def test_processes_that_write_at_once_lose_nothing(shell: Shell) -> None:
    shell("vault", "seed", "2")
    command = [sys.executable, "-m", "reconciler", "vault", "fault", "add", "--operation", "Backup"]
    running = [
        subprocess.Popen(command, env=clean(Path.cwd()), stdout=subprocess.PIPE, text=True) for _ in range(PROCESSES)
    ]
    made = {process.communicate(timeout=120)[0].strip() for process in running}
    assert made == {f"fault/{number:06}: CloudInternalError" for number in range(1, PROCESSES + 1)}
    assert len(shell("vault", "fault", "list").out.splitlines()) == PROCESSES


def test_a_file_in_use_is_told_as_such(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    shell("vault", "seed", "2")
    monkeypatch.setattr(database, "_BUSY_SECONDS", 0)
    holder = sqlite3.connect(FILE, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        ended = shell("vault", "fault", "add", "--operation", "Backup")
    finally:
        holder.close()
    assert ended.code == 1
    assert "in use by another process" in ended.err
    assert "no embedded vault" not in ended.err


def test_a_file_that_is_none(shell: Shell) -> None:
    FILE.parent.mkdir()
    FILE.write_text("this is no database, but it is long enough to be taken for one" * 20, encoding="utf-8")
    ended = shell("vault", "set", "web-01", "power=stopped")
    assert ended.code == 1
    assert "this file is no embedded vault" in ended.err


def test_a_file_of_an_earlier_version_gets_what_has_been_added(tmp_path: Path) -> None:
    World(tmp_path / "vault.db").close()
    old = sqlite3.connect(tmp_path / "vault.db")
    old.execute("ALTER TABLE request DROP COLUMN code")
    old.close()
    world = World(tmp_path / "vault.db")
    world.database.log_request(world.now, "GET", "/", "", 404, "", "ResourceNotFound")
    assert [request.code for request in world.requests()] == ["ResourceNotFound"]
    world.close()
