"""Ladder 8: a simulated year of watch mode, a week at a time."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.ladders.ladder import Ladder, Verdict, Violation
from tests.soak.weeks import Figures, soak

_WEEK = 7 * 24
_INTERVAL = 900.0


class Weeks(Ladder):
    """A case is a seed and a number of hours: `17 168`."""

    number = 8
    title = "Weeks of watch mode"
    what = (
        "A daemon lives through a week with a commit an hour, meddling in the portal, faults of the service and "
        "restarts; then all trouble ends, and the vaults must become what the last commit declares. Fifty-two of them "
        "are a year."
    )
    unit = "weeks"
    goal = 52
    seconds = 1800.0

    def cases(self, seed: int) -> Iterator[str]:
        number = 1000 * seed
        while True:
            number += 1
            yield f"{number} {_WEEK}"

    def run(self, case: str) -> Verdict:
        seed, hours = (int(word) for word in case.split())
        with tempfile.TemporaryDirectory(prefix="weeks-") as folder:
            figures = soak(Path(folder), hours, seed, interval=_INTERVAL)
        return Verdict(tuple(Violation("I-2", wrong) for wrong in figures.wrong), _trace(figures))

    def simpler(self, case: str) -> Iterator[str]:
        """The same beginning, with calm sooner."""
        seed, hours = (int(word) for word in case.split())
        for fewer in (hours // 8, hours // 4, hours // 2, hours - 1):
            if 0 < fewer < hours:
                yield f"{seed} {fewer}"


def _trace(figures: Figures) -> str:
    return " ".join([*sorted(figures.happened), str(figures.writes)])


LADDER = Weeks()
