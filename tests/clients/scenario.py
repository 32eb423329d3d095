"""A scenario: named steps that pass or fail one by one, and the table of them at the end."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

COMMAND_SECONDS = 300
SCENARIO_SECONDS = 1500
_TAIL = 900


class ClientError(Exception):
    """A client's command ended with an error, or said something else than it must; the text is what it said."""


@dataclass(frozen=True)
class Vault:
    """A running embedded vault: its address, the certificate authority its clients must trust, and its estate."""

    host: str
    port: int
    authority: Path
    work: Path

    @property
    def url(self) -> str:
        return f"https://{self.host}:{self.port}"


SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
TENANT = "00000000-0000-0000-0000-00000000ad75"
CLIENT = "00000000-0000-0000-0000-0000000000aa"
SECRET = "any text will do"
REGION = "westeurope"


@dataclass
class Outcome:
    step: str
    seconds: float
    error: str = ""


@dataclass
class Scenario:
    """The steps of one client. A failed step does not end it; too much time does."""

    client: str
    out: TextIO
    outcomes: list[Outcome] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        begun, error = time.monotonic(), ""
        try:
            if begun - self.started > SCENARIO_SECONDS:
                raise ClientError(f"the scenario took longer than {SCENARIO_SECONDS} s")
            yield
        except KeyboardInterrupt:
            raise
        except Exception as problem:
            error = f"{type(problem).__name__}: {problem}"[-_TAIL:]
        outcome = Outcome(name, time.monotonic() - begun, error)
        self.outcomes.append(outcome)
        mark = "FAIL" if error else "ok"
        print(f"{self.client:10} {mark:4} {outcome.seconds:6.1f} s  {name}", file=self.out, flush=True)
        if error:
            print("".join(f"           | {line}\n" for line in error.splitlines()), file=self.out, flush=True)

    @property
    def failed(self) -> int:
        return sum(1 for outcome in self.outcomes if outcome.error)


def expect(actual: object, wanted: object) -> None:
    """Fail the step, saying both, when they differ."""
    if actual != wanted:
        raise ClientError(f"expected {wanted!r}, got {actual!r}")


def run(
    command: Sequence[str | Path], environment: Mapping[str, str], work: Path, seconds: int = COMMAND_SECONDS
) -> str:
    """What a command printed; ClientError with the end of what it complained when it fails or takes too long."""
    try:
        done = subprocess.run(  # the commands are those of the scenario
            [str(part) for part in command],
            env={**os.environ, **environment},
            cwd=work,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired as late:
        raise ClientError(f"no answer in {seconds} s: {' '.join(map(str, command))}") from late
    if done.returncode:
        raise ClientError((done.stderr.strip() or done.stdout.strip())[-_TAIL:] or f"exit code {done.returncode}")
    return done.stdout


def as_json(text: str) -> Any:
    return json.loads(text) if text.strip() else None


def table(scenarios: Sequence[Scenario]) -> str:
    """A line a client: steps passed, failed, and the names of those that failed."""
    lines = [f"{'client':10} {'passed':>6} {'failed':>6}  failed steps"]
    for one in scenarios:
        names = "; ".join(outcome.step for outcome in one.outcomes if outcome.error) or "-"
        lines.append(f"{one.client:10} {len(one.outcomes) - one.failed:6} {one.failed:6}  {names}")
    return "\n".join(lines)
