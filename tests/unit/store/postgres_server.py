"""A PostgreSQL server for tests: its own data, a Unix socket only, ended by its own control program."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

PASSWORD = "corr ect/horse@battery:staple"
_NOBODY = "nobody"
_DEBIAN = Path("/usr/lib/postgresql")
_SETTINGS = "-c listen_addresses='' -c fsync=off -c max_connections=60 -c log_min_messages=fatal"


@dataclass(frozen=True)
class Server:
    """`folder` holds data and socket; connections sign in with a password."""

    binaries: Path
    folder: Path
    user: str | None
    """Whom the server runs as: root may not."""
    numbers: count[int]

    def address(self, schema: str = "", user: str = "reconcile", password: str = PASSWORD, **options: str) -> str:
        """What `--journal` would be given; with a `schema`, a place of its own in the one database."""
        if schema:
            options["options"] = f"-csearch_path={schema}"
        words = "&".join(f"{name}={quote(value, safe='')}" for name, value in options.items())
        host = quote(str(self.folder), safe="")
        return f"postgresql://{user}:{quote(password, safe='')}@{host}/postgres" + (f"?{words}" if words else "")

    def fresh(self) -> str:
        """The address of an empty journal."""
        schema = f"journal_{next(self.numbers)}"
        self.execute(f"CREATE SCHEMA {schema}")
        return self.address(schema)

    def execute(self, statement: str, schema: str = "public") -> list[tuple[Any, ...]]:
        """As the owner of all; what it gives."""
        with psycopg.connect(self.address(schema), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def control(self, *words: str) -> None:
        """`pg_ctl`, to its end."""
        command = [self.binaries / "pg_ctl", "-D", self.folder / "data", "-l", self.folder / "log", "-s", "-w", *words]
        self.run(*map(str, command), "-o", f"-k {self.folder} {_SETTINGS}")

    def run(self, *command: str) -> None:
        """One program of the server's, as whom it runs."""
        subprocess.run(
            command,
            check=True,
            timeout=60,
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            user=self.user,
            group=None if self.user is None else pwd.getpwnam(self.user).pw_gid,
            extra_groups=None if self.user is None else [],
        )


@contextmanager
def server() -> Iterator[Server]:
    """A running one; skips where none is installed, which may not be in CI."""
    binaries = _binaries()
    if binaries is None:
        assert not os.environ.get("CI"), "CI has to have a PostgreSQL server"
        pytest.skip("no PostgreSQL server is installed: apt-get install postgresql")
    folder, user = Path(mkdtemp(prefix="pg-")), _NOBODY if os.getuid() == 0 else None
    try:
        if user is not None:
            shutil.chown(folder, user)
        made = Server(binaries, folder, user, count(1))
        secret = folder / "secret"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        made.run(str(binaries / "initdb"), "-D", str(folder / "data"), "-U", "reconcile", "-A", "scram-sha-256",
                 "--pwfile", str(secret), "--no-sync", "-E", "UTF8", "--locale=C")  # fmt: skip
        made.control("start")
        try:
            yield made
        finally:
            made.control("stop", "-m", "immediate")
    finally:
        shutil.rmtree(folder)


def is_installed() -> bool:
    """Whether `server` can start one here."""
    return _binaries() is not None


def _binaries() -> Path | None:
    """Where `postgres` lies, beside what belongs to it."""
    found = shutil.which("postgres")
    places = [Path(found).resolve().parent] if found else []
    places += sorted(_DEBIAN.glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "initdb").exists() and (place / "pg_ctl").exists()), None)
