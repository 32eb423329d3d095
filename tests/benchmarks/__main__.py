"""`python -m tests.benchmarks [RUNS]`: a table of CPU seconds and memory; quote the medians and their ratios."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks import ROOT, measure

HEADER = f"{'':44} {'median':>8} {'least':>8} {'most':>8} {'MiB':>8}"
LOAD = "import sys; from pathlib import Path; from reconciler.manifests.load import load; load([Path(sys.argv[1])])"
ESTATE = "from tests.benchmarks.estates import estate; made = estate(100_000, protected={})"
PLAN = f"{ESTATE}; from reconciler.planning import Brakes, plan; plan(*made, brakes=Brakes())"
SCOPE = """apiVersion: reconciler/v1
kind: Vault
metadata: {name: rsv-prod}
spec:
  subscriptionId: 00000000-0000-0000-0000-000000000001
  resourceGroup: rg-backup
  location: westeurope
---
apiVersion: reconciler/v1
kind: BackupPolicy
metadata: {name: daily-30d}
spec:
  vaults: [rsv-prod]
  schedule: {every: day, at: "22:00"}
  retention: {daily: 30 days}
---
apiVersion: reconciler/v1
kind: Protection
metadata: {name: all}
spec:
  vault: rsv-prod
  policy: daily-30d
  virtualMachines:
"""


def _example(name: str, *words: str) -> tuple[str, ...]:
    example = ROOT / "examples" / name
    where = ("--cloud", "embedded", "--estate", str(example / "estate.yaml"), "-f", str(example / "backup"))
    return ("-m", "reconciler", *where, *words)


def _manifest(folder: Path, machines: int) -> str:
    lines = "".join(f"    - {{name: vm-{number}, resourceGroup: rg-web}}\n" for number in range(machines))
    path = folder / f"{machines}.yaml"
    path.write_text(SCOPE + lines, encoding="utf-8")
    return str(path)


def _bomb(folder: Path, name: str, text: str) -> str:
    path = folder / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def _commands(folder: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield "an empty interpreter", ("-c", "pass")
    yield "reconcile --help", ("-m", "reconciler", "--help")
    yield "validate the quickstart", ("-m", "reconciler", "validate", "-f", str(ROOT / "examples/quickstart/backup"))
    yield "dry run of the quickstart, 12 VMs", _example("quickstart", "--dry-run")
    yield "dry run of contoso, 200 VMs", _example("contoso", "--dry-run")
    yield "twelve pages over 10,000 VMs, 8 times", ("-m", "tests.benchmarks.page", "10000")
    yield "load 1,000 named VMs", ("-c", LOAD, _manifest(folder, 1_000))
    yield "load 8,000 named VMs", ("-c", LOAD, _manifest(folder, 8_000))
    yield "refuse a MiB of brackets", ("-c", LOAD, _bomb(folder, "brackets", "[" * (1 << 20)))
    wrong = "apiVersion: reconciler/v1\nkind: Retirement\nspec:\n  virtualMachines:\n" + "  - 1\n" * 45_000
    yield "refuse 45,000 wrong list elements", ("-c", LOAD, _bomb(folder, "elements", wrong))


def _large() -> Iterator[tuple[str, tuple[str, ...]]]:
    """What an estate of 100,000 VMs costs: to plan it is the difference to making it up."""
    for state, protected in (("unprotected", False), ("protected for the most part", True)):
        yield f"100,000 VMs {state}, made up", ("-c", ESTATE.format(protected))
        yield "... and planned", ("-c", PLAN.format(protected))


def main(runs: int) -> None:
    """Print the table; the large ones are run once."""
    sys.stdout.write(HEADER + "\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for title, command in _commands(folder):
            sys.stdout.write(measure(title, command, folder, runs).row() + "\n")
            sys.stdout.flush()
        for title, command in _large():
            sys.stdout.write(measure(title, command, folder, 1).row() + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
