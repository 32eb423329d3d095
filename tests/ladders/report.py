"""What came of the ladders: a table for people, and a document for machines."""

from __future__ import annotations

import platform
import sqlite3
import subprocess
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from reconciler import __version__
from tests.ladders.ladder import Climb, Finding

ROOT = Path(__file__).parents[2]
FORMAT = "1"
_LIBRARIES = ("aiohttp", "azure-core", "azure-mgmt-core", "hypothesis", "msgspec", "starlette")
_HEAD = ("ladder", "", "runs", "distinct", "of", "behaviours", "violations", "seconds", "runs/min")


def document(climbs: Iterable[Climb], *, budget: str, seed: int, jobs: int, began: str) -> dict[str, Any]:
    """The report as JSON has it; `began` is an ISO time in UTC."""
    return {
        "format": FORMAT,
        "tool": __version__,
        "began": began,
        "budget": budget,
        "seed": seed,
        "jobs": jobs,
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "libraries": {name: version(name) for name in _LIBRARIES},
        "ladders": [_ladder(done) for done in climbs],
    }


def _ladder(done: Climb) -> dict[str, Any]:
    ladder = done.ladder
    return {
        "number": ladder.number,
        "title": ladder.title,
        "commit": commit(),
        "what": ladder.what,
        "unit": ladder.unit,
        "runs": done.runs,
        "distinct": len(done.cases),
        "behaviours": len(done.traces - {""}),
        "total": done.total,
        "goal": ladder.full(),
        "complete": done.complete,
        "seconds": round(done.seconds, 1),
        "skipped": dict(sorted(done.skipped.items())),
        "not_run": done.not_run,
        "violations": [_finding(ladder.number, finding) for finding in done.findings],
    }


def _finding(number: int, finding: Finding) -> dict[str, Any]:
    return {
        "seed": finding.case,
        "said": [str(violation) for violation in finding.violations],
        "simplest": finding.simplest,
        "replay": replay(number, finding.simplest or finding.case),
    }


def replay(number: int, case: str) -> str:
    """The command that makes a run again."""
    return f"python -m tests.ladders replay --ladder {number} --seed '{case}'"


def commit() -> str:
    """The commit of the tree, with `+` when something in it is not committed; `unknown` outside of a repository."""
    try:
        head = _git("rev-parse", "HEAD")
        return head + ("+" if _git("status", "--porcelain") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def table(climbs: Sequence[Climb]) -> str:
    """A line for each ladder, columns aligned."""
    rows = [_HEAD, *(_row(done) for done in climbs)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    return "\n".join(_line(row, widths) for row in rows)


def _row(done: Climb) -> tuple[str, ...]:
    head = (str(done.ladder.number), done.ladder.title)
    if done.not_run:
        return (*head, "not run", "", "", "", "", "", "")
    total = "" if done.total is None else str(done.total)
    rate = f"{60 * done.runs / done.seconds:.0f}" if done.seconds else ""
    counts = (str(done.runs), str(len(done.cases)), total, str(len(done.traces - {""})), str(len(done.findings)))
    return (*head, *counts, f"{done.seconds:.0f}", rate)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [
        text.ljust(width) if column == 1 else text.rjust(width)
        for column, (text, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join(cells).rstrip()


def troubles(climbs: Iterable[Climb]) -> str:
    """Every finding with what was broken and how to see it again; why what was not run was not."""
    lines: list[str] = []
    for done in climbs:
        if done.not_run:
            lines.append(f"ladder {done.ladder.number} was not run: {done.not_run}")
        lines += [f"ladder {done.ladder.number}: {count} skipped: {why}" for why, count in sorted(done.skipped.items())]
        for finding in done.findings:
            lines += [f"ladder {done.ladder.number}, seed {finding.case}"]
            lines += [f"    {violation}" for violation in finding.violations]
            lines += [f"    {replay(done.ladder.number, finding.simplest or finding.case)}"]
    return "\n".join(lines)
