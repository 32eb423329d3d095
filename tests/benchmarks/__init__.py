"""What things cost, measured as whole processes: `python -m tests.benchmarks`. Nothing here is asserted."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one command over several runs: CPU in seconds (user and system), peak memory in MiB of the largest run."""

    name: str
    cpu: tuple[float, ...]
    memory: float

    def row(self) -> str:
        middle, low, high = statistics.median(self.cpu), min(self.cpu), max(self.cpu)
        return f"{self.name:44} {middle:8.2f} {low:8.2f} {high:8.2f} {self.memory:8.0f}"


def measure(name: str, command: Sequence[str], folder: Path, runs: int) -> Cost:
    """Run a command once to warm up and then `runs` times, in `folder`, with its output thrown away."""
    spent = [_once(command, folder) for _ in range(runs + 1)][1:]
    return Cost(name, tuple(cpu for cpu, _ in spent), max(memory for _, memory in spent))


def _once(command: Sequence[str], folder: Path) -> tuple[float, float]:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    child = subprocess.Popen(
        [sys.executable, *command],
        cwd=folder,
        env=kept | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, _, used = os.wait4(child.pid, 0)
    child.returncode = 0
    return _cpu(used), used.ru_maxrss / 1024


def _cpu(used: resource.struct_rusage) -> float:
    return used.ru_utime + used.ru_stime
