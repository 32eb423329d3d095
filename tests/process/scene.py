"""One estate behind one vault on https, one journal, and what must be true of both once nothing is wrong any more."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import unquote

import trustme

from tests.process.server import clean, command, reconcile, served
from tests.unit.store.postgres_server import Server, server

_ESTATE = """\
estate: v1
clock: 2026-03-02T09:00:00Z
seed: 1
subscriptions: [{id: 00000000-0000-0000-0000-000000000001, name: harmed}]
vaults: [{name: rsv, resourceGroup: rg-backup, location: westeurope}]
virtualMachines: [{count: %d, name: "vm-{n:03}", resourceGroup: rg, tags: {env: prod}, os: Linux}]
"""
_BACKUP = """\
apiVersion: reconciler/v1
kind: Vault
metadata: {name: rsv}
spec: {subscriptionId: 00000000-0000-0000-0000-000000000001, resourceGroup: rg-backup, location: westeurope}
---
apiVersion: reconciler/v1
kind: BackupPolicy
metadata: {name: nightly}
spec:
  vaults: [rsv]
  schedule: {every: day, at: "22:00", timeZone: UTC}
  retention: {daily: 30 days}
---
apiVersion: reconciler/v1
kind: Protection
metadata: {name: all}
spec: {vault: rsv, policy: nightly, select: {tags: {env: [prod]}}}
"""
_SPEED = "300"
"""Virtual seconds a second: an operation of a minute ends while one looks on."""
_PROTECTED = ("Protected", "IRPending")


@dataclass(frozen=True)
class Scene:
    """`journal` is what `--journal` is given; `database` the server that holds it, None where it is a file."""

    folder: Path
    url: str
    journal: str
    machines: int
    database: Server | None

    @property
    def words(self) -> tuple[str, ...]:
        return ("--cloud", self.url, "-f", "backup.yaml")

    @property
    def settings(self) -> dict[str, str]:
        """The certificate of this vault is trusted; the journal's address has a password, so it is no option."""
        return {"SSL_CERT_FILE": str(self.folder / "ca.pem"), "RECONCILE_JOURNAL": self.journal}

    @property
    def environment(self) -> dict[str, str]:
        """Of every process: nothing of the developer's."""
        return clean(self.folder) | self.settings

    def start(self, *, before: Sequence[str] = (), **given: Any) -> subprocess.Popen[str]:
        """Apply, telling each event on stdout; the caller waits for it. `before` is a command that starts another."""
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | given
        line = [*before, *command(*self.words, "-o", "jsonl")]
        return subprocess.Popen(line, cwd=self.folder, env=self.environment, text=True, **pipes)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Apply, to its end."""
        return reconcile(*self.words, *words, folder=self.folder, **self.settings)

    def shown(self, *words: str) -> dict[str, Any]:
        """What the vault holds, or with `--requests` what it was asked."""
        shown = reconcile("vault", "show", "-o", "json", *words, folder=self.folder)
        found: dict[str, Any] = json.loads(shown.stdout)
        return found

    def log(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(reconcile("log", "-o", "json", folder=self.folder, **self.settings).stdout)
        return found


@contextmanager
def scene(store: str, machines: int) -> Iterator[Scene]:
    """`store` is `sqlite` or `postgresql`."""
    with TemporaryDirectory(prefix="harm-") as name:
        folder = Path(name)
        (folder / "estate.yaml").write_text(_ESTATE % machines)
        (folder / "backup.yaml").write_text(_BACKUP)
        words = ("--speed", _SPEED, *_certified(folder))
        with served(folder, *words, estate=folder / "estate.yaml") as vault:
            if store == "sqlite":
                yield Scene(folder, vault.url, str(folder / "journal" / "journal.db"), machines, None)
                return
            with server() as database:
                yield Scene(folder, vault.url, database.fresh(), machines, database)


def _certified(folder: Path) -> tuple[str, ...]:
    """A certificate for loopback from an authority made on the spot."""
    authority = trustme.CA()
    leaf = authority.issue_cert("127.0.0.1", "localhost")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    leaf.private_key_and_cert_chain_pem.write_to_path(folder / "vault.pem")
    return ("--tls-cert", str(folder / "vault.pem"), "--tls-key", str(folder / "vault.pem"))


def judged(place: Scene, *, forgotten: bool = False) -> Iterator[str]:
    """One undisturbed run, then what is not as it must be: `I-2: …`. Of a journal that was taken away less is asked."""
    ended = place.run()
    if ended.returncode != 0:
        yield f"I-2: the undisturbed run ended with {ended.returncode}: {ended.stderr[-600:]}"
    yield from _told(ended.stderr)
    again = place.run("--dry-run", "--detailed-exitcode")
    if again.returncode != 0:
        yield f"I-1: a dry run after that ended with {again.returncode}: {(again.stdout + again.stderr)[-600:]}"
    held, asked = place.shown(), place.shown("--requests")["requests"]
    yield from _protected(place, held)
    yield from _sent_once(asked)
    yield from _chained(place, [] if forgotten else asked)
    if place.database is None:
        yield from _sound(Path(place.journal))


def _told(stderr: str) -> Iterator[str]:
    if "Traceback" in stderr or "should not have" in stderr:
        yield f"crash: {stderr[-1500:]}"


def _protected(place: Scene, held: Mapping[str, Any]) -> Iterator[str]:
    items = Counter(item["vm"].lower() for item in held["items"] if item["protectionState"] in _PROTECTED)
    jobs = Counter(job["item"].lower() for job in held["jobs"] if job["operation"] == "ConfigureBackup")
    if len(items) != place.machines or set(items.values()) != {1}:
        yield f"I-2: {len(items)} of {place.machines} VMs are items of the vault: {items.most_common(3)}"
    yield from (f"I-27: {vm} has {count} jobs that configure its backup" for vm, count in jobs.items() if count > 1)


def _sent_once(asked: list[dict[str, Any]]) -> Iterator[str]:
    taken = Counter(
        unquote(one["path"]).lower()
        for one in asked
        if one["method"] == "PUT" and "/protecteditems/" in one["path"].lower() and one["status"] < 300
    )
    yield from (f"I-27: {path} was taken {count} times" for path, count in taken.items() if count > 1)


def _chained(place: Scene, asked: list[dict[str, Any]]) -> Iterator[str]:
    """The audit log is whole, and holds an intent for every write that the vault took."""
    log = place.log()
    if not log["chain"]["whole"]:
        yield f"I-47: the audit log is broken: {log['chain']}"
    intended = {unquote(entry["path"].partition("?")[0]).lower() for entry in log["entries"]}
    for one in asked:
        changes = one["method"] in {"PUT", "PATCH", "DELETE"} or one["path"].lower().endswith("/refreshcontainers")
        if changes and unquote(one["path"]).lower() not in intended:
            yield f"I-28: {one['method']} {one['path']} is not in the audit log"


def _sound(path: Path) -> Iterator[str]:
    if not path.exists():
        yield "I-47: there is no journal"
        return
    connection = sqlite3.connect(path)
    try:
        [(said,)] = connection.execute("PRAGMA integrity_check").fetchall()
    finally:
        connection.close()
    if said != "ok":
        yield f"I-47: the journal is damaged: {said}"
