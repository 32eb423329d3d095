"""The child process in a tree with a planted bug: it runs cases there, or looks for some, and tells what they violate.

It is asked in JSON on its standard input, and answers on its standard output:
`{"cases": [[ladder, case], …]}` is answered with the violations of each case, as pairs of promise and text;
`{"ladder": 1, "like": "policy", "seconds": 20, "breaks": []}` with up to two cases and their violations.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import reconciler
from tests.ladders.climb import judge, silence, simplest
from tests.ladders.ladder import Ladder, Verdict
from tests.ladders.registry import ladders

_STEPS = 25


def _told(verdict: Verdict) -> list[list[str]]:
    return [[one.invariant, one.said] for one in verdict.violations]


def _found(ladder: Ladder, asked: Mapping[str, Any]) -> Iterator[tuple[str, list[list[str]]]]:
    """The simplest case that is like the first that breaks a promise, and that first one."""
    until = time.monotonic() + asked["seconds"]
    for case in ladder.cases(0):
        if time.monotonic() > until:
            return
        if asked["like"] not in case:
            continue
        verdict = judge(ladder, case)
        broken = {one.invariant for one in verdict.violations} - {"crash"}
        if broken & set(asked["breaks"]) or (broken and not asked["breaks"]):
            simple = simplest(ladder, case, verdict, steps=_STEPS)
            yield simple, _told(judge(ladder, simple))
            yield case, _told(verdict)
            return


def main() -> None:
    silence()
    asked = json.load(sys.stdin)
    if "cases" in asked:
        answers: list[Any] = [_told(judge(ladders()[number], case)) for number, case in asked["cases"]]
    else:
        answers = list(_found(ladders()[asked["ladder"]], asked))
    json.dump({"tree": str(Path(reconciler.__file__).parents[1]), "answers": answers}, sys.stdout)


if __name__ == "__main__":
    main()
