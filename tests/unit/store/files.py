"""A journal in a file, and processes that leave it, or find it, in some state."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from reconciler.store.journal import Journal
from tests.unit.engine.estate import protect

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


def now() -> datetime:
    return NOW


def filled(path: Path, entries: int = 40) -> Path:
    """A journal with so many intents in it, closed."""
    with Journal(str(path), now) as journal:
        for number in range(entries):
            journal.intend("r1", protect(f"vm-{number}"), "c")
    return path


def child(script: str, *words: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """A Python process of its own; `options` as `subprocess.run` takes them."""
    head = "import sys, resource\nfrom datetime import UTC, datetime\nfrom reconciler.store.journal import *\n"
    head += "from reconciler.model.journal import JournalError\nfrom tests.unit.engine.estate import protect\n"
    head += "NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)\n"
    command = [sys.executable, "-c", head + script, *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False, **options)


WRITE_AND_STOP = """
import os
journal = Journal(sys.argv[1], lambda: NOW)
for number in range(40):
    journal.intend("r1", protect(f"vm-{number}"), "c")
os._exit(9)
"""


def as_nobody(act: Callable[[], str]) -> str:
    """What `act` says in a process that has no rights; nothing may be imported there any more."""
    reading, writing = os.pipe()
    child_id = os.fork()
    if not child_id:
        os.setgroups([])
        os.setgid(pwd.getpwnam("nobody").pw_gid)
        os.setuid(pwd.getpwnam("nobody").pw_uid)
        try:
            said = act()
        except BaseException as error:
            said = repr(error)
        os.write(writing, said.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as stream:
        told = stream.read()
    os.waitpid(child_id, 0)
    return told
