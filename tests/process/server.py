"""`reconcile vault serve` as a process of its own, ready before anybody asks it, ended by its own id."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"
QUICKSTART = EXAMPLES / "quickstart"
TIMEOUT = 120


@dataclass(frozen=True)
class Served:
    """Where it listens, and in which folder its file lies."""

    url: str
    folder: Path


def reconcile(*words: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """One command line, to its end."""
    return subprocess.run(
        command(*words),
        cwd=folder,
        env=clean(folder) | environment,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )


def command(*words: str) -> list[str]:
    """A command line as an argument of `Popen`."""
    return [sys.executable, "-m", "reconciler", *words]


def clean(folder: Path) -> dict[str, str]:
    """An environment in which nothing of the developer's counts but this very tree."""
    return {
        "PYTHONPATH": str(EXAMPLES.parent),
        "PATH": "/usr/bin:/bin",
        "HOME": str(folder),
        "PYTHONWARNINGS": "default",
    }


@contextmanager
def served(folder: Path, *words: str, estate: Path = QUICKSTART / "estate.yaml") -> Iterator[Served]:
    """Serve an estate on a free port; the first line that it writes says that it is ready, and where."""
    serve = command("vault", "serve", "--port", "0", "--estate", str(estate), *words)
    with subprocess.Popen(
        serve, cwd=folder, env=clean(folder), text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("Listening on "), line
            yield Served(line.removeprefix("Listening on ").strip(), folder)
            process.send_signal(signal.SIGTERM)
            assert process.wait(TIMEOUT) == 0
        finally:
            if process.poll() is None:
                process.kill()
