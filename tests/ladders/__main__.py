"""`python -m tests.ladders`: all ladders, one of them, or one run of one."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.ladders.climb import climb, judge, silence, simplest
from tests.ladders.hunt import hunt
from tests.ladders.ladder import Climb, Ladder
from tests.ladders.ladder_12_planted_bugs import ENOUGH
from tests.ladders.page import write
from tests.ladders.registry import ladders
from tests.ladders.report import document, replay, table, troubles

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}
_FOR_EVER = 30 * 24 * 3600.0
_TELL = 1.0
"""Seconds between two words about the progress."""


def main(words: Sequence[str]) -> int:
    """The exit code: 0, or 1 when something was violated; argparse makes it 2 for a wrong command."""
    chosen = _parser().parse_args(words)
    if chosen.command == "replay":
        return _replay(chosen.ladder, chosen.seed)
    if chosen.command == "hunt":
        numbers = [ladder.number for ladder in _picked(chosen.ladders)]
        return int(hunt(chosen.bug, numbers, seconds=chosen.seconds, like=chosen.like, strict=chosen.strict) < ENOUGH)
    if chosen.command == "docs":
        write(chosen.report_files)
        return 0
    return _run(chosen)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.ladders", description=__doc__)
    parser.add_argument("--budget", default="10m", help="10m, 90s, 2h: shared by the ladders; or full: every case")
    parser.add_argument("--only", default="", help="numbers of ladders, such as 1,2")
    parser.add_argument("--seed", type=int, default=0, help="decides which samples are drawn (default 0)")
    parser.add_argument("--cases", type=int, help="at most so many cases of each ladder")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="worker processes (default: the cores)")
    parser.add_argument("--report", type=Path, help="where to write the report, as JSON")
    commands = parser.add_subparsers(dest="command")
    again = commands.add_parser("replay", help="make one run again and say what it violates")
    again.add_argument("--ladder", type=int, required=True)
    again.add_argument("--seed", required=True, help="the text that a violation was printed with")
    hunting = commands.add_parser("hunt", help="look for cases that see a planted bug")
    hunting.add_argument("bug", help="its id in tests/ladders/planted")
    hunting.add_argument("--ladders", default="1,2,3,4,6,7", help="numbers of those to try (default 1,2,3,4,6,7)")
    hunting.add_argument("--seconds", type=float, default=20.0, help="for each (default 20)")
    hunting.add_argument("--like", default="", help="a part of the cases to try")
    hunting.add_argument("--strict", action="store_true", help="count only the promises that the bug names")
    pages = commands.add_parser("docs", help="make docs/reliability.md from reports of full runs")
    pages.add_argument("report_files", type=Path, nargs="+", metavar="REPORT")
    return parser


def _run(chosen: argparse.Namespace) -> int:
    budget = seconds_of(chosen.budget)
    picked = _picked(chosen.only)
    began, left = datetime.now(UTC).isoformat(timespec="seconds"), budget
    climbs: list[Climb] = []
    for place, ladder in enumerate(picked):
        share = left * ladder.share / sum(each.share for each in picked[place:])
        teller = _Teller()
        climbs.append(climb(ladder, seed=chosen.seed, seconds=share, most=chosen.cases, jobs=chosen.jobs, tell=teller))
        teller.end()
        left = max(left - climbs[-1].seconds, 0.0)
    print(table(climbs))
    if trouble := troubles(climbs):
        print(trouble)
    if chosen.report:
        report = document(climbs, budget=chosen.budget, seed=chosen.seed, jobs=chosen.jobs, began=began)
        chosen.report.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return int(any(done.findings for done in climbs))


def seconds_of(budget: str) -> float:
    """`10m` → 600; `full` → as long as it takes. SystemExit for anything else."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh])", budget)
    if budget == "full":
        return _FOR_EVER
    if match is None:
        raise SystemExit(f"a budget is a number with s, m or h behind it, or full: not {budget!r}")
    return float(match[1]) * _UNITS[match[2]]


def _picked(only: str) -> list[Ladder]:
    if not only:
        return list(ladders().values())
    try:
        return [ladders()[int(number)] for number in only.split(",")]
    except (KeyError, ValueError):
        known = ", ".join(map(str, ladders()))
        raise SystemExit(f"--only takes numbers of ladders, of which there are {known}: not {only!r}") from None


def _replay(number: int, case: str) -> int:
    ladder = _picked(str(number))[0]
    verdict = judge(ladder, case)
    if verdict.skipped:
        print(f"skipped: {verdict.skipped}")
    for violation in verdict.violations:
        print(violation)
    if not verdict.violations:
        print("nothing is violated")
        return 0
    simple = simplest(ladder, case, verdict)
    if simple != case:
        print(f"simpler: {replay(number, simple)}")
    return 1


class _Teller:
    """Says how a ladder goes: on a terminal in one line, else once a minute."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._began = self._last = time.monotonic()

    def __call__(self, done: Climb) -> None:
        now = time.monotonic()
        if now - self._last < (_TELL if self._terminal else 60.0):
            return
        self._last = now
        of = f" of {done.total}" if done.total else ""
        text = f"ladder {done.ladder.number}: {done.runs}{of} runs, {len(done.findings)} violations"
        end = "" if self._terminal else "\n"
        print(f"\r\x1b[K{text}" if self._terminal else text, end=end, file=sys.stderr, flush=True)

    def end(self) -> None:
        if self._terminal:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    silence()
    raise SystemExit(main(sys.argv[1:]))
