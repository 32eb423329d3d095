"""`reconcile --watch` as a process of its own, heard through its log, ended by its own id."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.process.server import QUICKSTART, TIMEOUT, clean

READY = "Watching. The page is at "


@dataclass
class Watching:
    """A daemon that listens. Its log is read line by line, as far as somebody asks; `said` is what was read of it."""

    process: subprocess.Popen[str]
    url: str
    said: list[str]

    def until(self, message: str, **facts: object) -> Mapping[str, Any]:
        """Read the log up to a line that says this, with these facts in it."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said.append(line)
            entry = json.loads(line) if line.startswith("{") else {}
            if entry.get("msg") == message and facts.items() <= entry.items():
                return entry
        raise AssertionError(f"it ended without saying {message!r}")

    def get(self, path: str) -> tuple[int, str]:
        parts = urlsplit(self.url)
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def end(self, number: int) -> tuple[int, float]:
        """Send a signal and wait: the exit code, and the seconds that it took."""
        began = time.monotonic()
        self.process.send_signal(number)
        assert self.process.stderr is not None
        self.said += self.process.stderr.readlines()
        return self.process.wait(TIMEOUT), time.monotonic() - began


@contextmanager
def watching(folder: Path, *words: str, **environment: str) -> Iterator[Watching]:
    """Watch the quickstart, or what `words` name, on a free port."""
    command = [sys.executable, "-m", "reconciler", "--watch", "--listen", "127.0.0.1:0", "--log-format", "json"]
    command += ["--log-level", "info", *(words or quickstart())]
    with subprocess.Popen(
        command, cwd=folder, env=clean(folder) | environment, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stderr is not None
            said: list[str] = []
            for line in process.stderr:
                said.append(line)
                if line.startswith(READY):
                    yield Watching(process, line.removeprefix(READY).strip(), said)
                    break
            else:
                raise AssertionError("it ended before it listened")
        finally:
            if process.poll() is None:
                process.kill()


def quickstart() -> list[str]:
    return ["--cloud", "embedded", "--estate", str(QUICKSTART / "estate.yaml"), "-f", str(QUICKSTART / "backup")]
