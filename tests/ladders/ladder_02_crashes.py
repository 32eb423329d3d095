"""Ladder 2: the process dies at every boundary, also while it recovers."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from tests.ladders.invariants import check
from tests.ladders.ladder import Ladder, Verdict
from tests.simulation.course import digest
from tests.simulation.deaths import moments, with_deaths
from tests.simulation.scenarios import SCENARIOS, SMALL

_LARGE = "contoso"
_SHARE_OF_LARGE = 29
"""Of two hundred VMs only every so many-th moment is tried: the others are moments of the same kinds."""
_STOP = "s"
"""Marks the moment at which a process is asked to stop; at the others it dies."""
_SAMPLES = 3_000
"""Deaths of two and of three processes in a row, drawn for a full run."""


class Crashes(Ladder):
    number = 2
    title = "Crashes"
    what = (
        "The process dies before a request is sent, after its effect, after its answer, before and after each line of "
        "the journal and inside of its transactions; up to three times in a row, also while it recovers. Or it is only "
        "asked to stop, and must send nothing more. What follows must end as if nothing had been, and no VM may see a "
        "request twice."
    )
    unit = "instants"
    share = 2.0
    seconds = 120.0

    def cases(self, seed: int) -> Iterator[str]:
        random = Random(seed)
        small = [
            f"{name} {moment}{end}" for name in SMALL for moment in range(len(moments(name))) for end in ("", _STOP)
        ]
        random.shuffle(small)
        deep = self._deep(random)
        for case in small:
            yield case
            if random.random() < 0.3:
                yield next(deep)
        for name in SCENARIOS:
            if name not in SMALL:
                yield from (f"{name} {moment}" for moment in _tried(name))
        yield from deep

    def _deep(self, random: Random) -> Iterator[str]:
        """Two or three deaths in a row; those of recovering processes come early in their lives as often as late."""
        names = sorted(SMALL)
        while True:
            name = random.choice(names)
            most = len(moments(name))
            later = [int(most * random.random() ** 2) for _ in range(random.randint(1, 2))]
            yield f"{name} {'+'.join(map(str, [random.randrange(most), *later]))}"

    def full(self) -> int:
        """Every moment at which one process can end, and samples of two and three deaths."""
        stops = sum(len(moments(name)) for name in SMALL)
        return sum(len(_tried(name)) for name in SCENARIOS) + stops + _SAMPLES

    def run(self, case: str) -> Verdict:
        name, text = case.split(" ")
        ends = text.split("+")
        stops = [place for place, end in enumerate(ends) if end.endswith(_STOP)]
        story = with_deaths(name, [int(end.removesuffix(_STOP)) for end in ends], case, stops)
        return Verdict(check(story), trace=digest(story))

    def simpler(self, case: str) -> Iterator[str]:
        """Fewer deaths."""
        name, text = case.split(" ")
        deaths = text.split("+")
        for place in range(len(deaths)):
            left = deaths[:place] + deaths[place + 1 :]
            if left:
                yield f"{name} {'+'.join(left)}"


def _tried(name: str) -> range:
    return range(0, len(moments(name)), _SHARE_OF_LARGE if name == _LARGE else 1)


LADDER = Crashes()
