"""Run a soak and print what it has seen."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.soak.weeks import CALM_HOURS, Figures, soak

FLAT = 0.10
"""How much more the daemon may hold at the end than after the second day, as a share."""


def main(arguments: list[str]) -> int:
    """0 when the vaults ended as declared and memory stayed flat, else 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--days", type=int, default=14)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-memory", action="store_true", help="do not measure memory: four times as fast")
    parser.add_argument("--folder", help="where vault and journal are kept meanwhile; a folder in memory is quickest")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="soak-", dir=given.folder) as folder:
        began = time.monotonic()
        figures = soak(Path(folder), 24 * given.days, given.seed, measure=not given.no_memory)
        print(told(figures, time.monotonic() - began))
    return 1 if figures.wrong or figures.growth > FLAT else 0


def told(figures: Figures, seconds: float) -> str:
    """For people."""
    lines = [
        f"{figures.hours / 24:.0f} simulated days and {CALM_HOURS} hours of calm in {seconds:.0f} s",
        f"{figures.looks} looks at vaults, {figures.writes} writes, {figures.restarts} lives of the daemon, "
        f"{figures.begun} notices that something began and {figures.over} that it was over",
        *(f"  {number:5} {what}" for what, number in sorted(figures.happened.items())),
    ]
    if figures.memory:
        held = ", ".join(f"{size / 1024:.1f}" for size in figures.memory)
        lines.append(f"held by the daemon at the end of each day, MiB: {held}; growth {figures.growth:+.1%}")
        lines.append(f"resident at most, MiB: {max(figures.resident) / 1024:.0f}")
    lines += ["ended as declared"] if not figures.wrong else ["WRONG", *(f"  {line}" for line in figures.wrong)]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
