"""Ladder 3: two faults in one run, and three; some of them deaths of the process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from random import Random
from zlib import crc32

from tests.ladders.invariants import check
from tests.ladders.ladder import Ladder, Verdict
from tests.simulation.course import digest, requests_of, with_faults
from tests.simulation.deaths import moments
from tests.simulation.fault import FOR_EVER, Fault
from tests.simulation.faults import catalogue, fitting
from tests.simulation.requests import kind_of
from tests.simulation.scenarios import SMALL

_DEATH, _CLOCK = "death", "clock"
_JUMPS = (-3650, -30, -1, 1, 200)
"""Days by which the wall clock is wrong after the first run; in 200 days no document of a small world has expired."""
_WEIGHT = {"write": 8, "poll": 4, "check": 2, "read": 2, "job": 1, "list": 2, "page": 1}
"""How often a kind of request is drawn: trouble with writes is worth more than trouble with reads."""


class SeveralFaults(Ladder):
    number = 3
    title = "Several faults"
    what = (
        "Two faults of the catalogue, and in one case of four three, meet requests of one run, or the process dies "
        "beside one, or the wall clock jumps; in half of the cases requests overtake one another."
    )
    share = 2.0
    goal = 7_000
    seconds = 120.0

    def cases(self, seed: int) -> Iterator[str]:
        random = Random(seed)
        names = sorted(SMALL)
        while True:
            name = random.choice(names)
            parts = [_drawn(name, random) for _ in range(3 if random.random() < 0.25 else 2)]
            if not all(map(_is_other, parts)):
                yield f"{name} {' + '.join(parts)}"

    def run(self, case: str) -> Verdict:
        name, faults, deaths, skew = parsed(case)
        story = with_faults(name, faults, deaths=deaths, paced=crc32(case.encode()) % 2 == 0, skew=skew)
        return Verdict(check(story), trace=digest(story))

    def simpler(self, case: str) -> Iterator[str]:
        """Without one of them, then with each less often."""
        name, text = case.split(" ", 1)
        parts = text.split(" + ")
        for place in range(len(parts)):
            left = parts[:place] + parts[place + 1 :]
            if not all(map(_is_other, left)):
                yield f"{name} {' + '.join(left)}"
        for place, part in enumerate(parts):
            if not _is_other(part):
                fault = Fault.parse(part)
                once = str(Fault(fault.name, fault.occurrence, fault.kind))
                if once != part and 1 in catalogue()[fault.kind].times:
                    yield f"{name} {' + '.join([*parts[:place], once, *parts[place + 1 :]])}"


def parsed(case: str) -> tuple[str, list[Fault], list[int], float]:
    """Scenario, faults, moments of death, and seconds by which the clock jumps, of a case."""
    name, text = case.split(" ", 1)
    parts = text.split(" + ")
    faults = [Fault.parse(part) for part in parts if not _is_other(part)]
    deaths = [int(part.removeprefix(f"{_DEATH} ")) for part in parts if part.startswith(_DEATH)]
    days = [int(part.removeprefix(f"{_CLOCK} ")) for part in parts if part.startswith(_CLOCK)]
    return name, faults, deaths, 24 * 3600.0 * sum(days[:1])


def _is_other(part: str) -> bool:
    """Whether it is no fault of a request."""
    return part.startswith((f"{_DEATH} ", f"{_CLOCK} "))


@cache
def _weighed(name: str) -> tuple[Sequence[str], Sequence[int]]:
    requests = list(requests_of(name))
    return requests, [_WEIGHT[kind_of(request)] for request in requests]


def _drawn(name: str, random: Random) -> str:
    drawn = random.random()
    if drawn < 0.12:
        return f"{_DEATH} {random.randrange(len(moments(name)))}"
    if drawn < 0.2:
        return f"{_CLOCK} {random.choice(_JUMPS)}"
    requests, weights = _weighed(name)
    [request] = random.choices(requests, weights)
    kind = random.choice(fitting(request, kind_of(request)))
    times = random.choice(kind.times)
    occurrence = 1 if times == FOR_EVER else random.randint(1, requests_of(name)[request])
    return str(Fault(request, occurrence, kind.id, times))


LADDER = SeveralFaults()
