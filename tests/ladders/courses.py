"""Courses of events for Hypothesis: faults, deaths and wrong clocks, drawn so that they tell of one invariant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, wraps
from typing import Any, Protocol

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.ladders.invariants import predicates
from tests.simulation.course import requests_of, with_faults
from tests.simulation.deaths import moments
from tests.simulation.fault import Fault
from tests.simulation.faults import Kind, fitting
from tests.simulation.requests import kind_of
from tests.simulation.scenarios import SMALL

Test = Callable[[], Callable[[], None]]
"""Makes a property for Hypothesis anew: settings and seed stick to one for good."""


@dataclass(frozen=True)
class Course:
    """What happens in one scenario's run."""

    name: str
    faults: tuple[Fault, ...]
    deaths: tuple[int, ...]
    skew: float
    dry: bool

    def kept(self, number: str) -> None:
        """AssertionError unless the run keeps an invariant."""
        story = with_faults(self.name, self.faults, deaths=self.deaths, skew=self.skew, dry=self.dry)
        assert list(predicates()[number](story)) == []
        assert [made.error for made in story.passes if made.error] == []


@cache
def _meetings(name: str) -> tuple[tuple[str, Kind], ...]:
    return tuple((request, kind) for request in requests_of(name) for kind in fitting(request, kind_of(request)))


@st.composite
def _faults(draw: st.DrawFn, name: str, wanted: frozenset[str]) -> Fault:
    """One of those whose request or kind begins with a wanted text, where one is wanted."""
    some = [one for one in _meetings(name) if not wanted or any(_is_wanted(one, text) for text in wanted)]
    request, kind = draw(st.sampled_from(some or _meetings(name)))
    return Fault(request, draw(st.integers(1, 3)), kind.id, draw(st.sampled_from(kind.times)), kind.traits)


def _is_wanted(meeting: tuple[str, Kind], text: str) -> bool:
    request, kind = meeting
    return request.startswith(text) or kind.id.startswith(text)


@st.composite
def courses(draw: st.DrawFn, *telling: str, deaths: int = 0, dry: bool = False) -> Course:
    """Some faults in a small world; `telling` are those that matter most for what is to be tried."""
    name = draw(st.sampled_from(sorted(SMALL)))
    faults = draw(st.lists(_faults(name, frozenset(telling)), min_size=1, max_size=2))
    fatal = draw(st.lists(st.integers(0, len(moments(name)) - 1), max_size=deaths))
    skew = draw(st.sampled_from((0.0, 0.0, -3600.0, 3600.0, -3650 * 86400.0)))
    return Course(name, tuple(faults), tuple(fatal), skew, dry)


TELLING: dict[str, tuple[str, ...]] = {
    "I-1": (),
    "I-2": ("write:", "poll:"),
    "I-8": ("write:item", "poll:item", "check:"),
    "I-9": ("list:", "read:"),
    "I-10": (),
    "I-14": ("list:", "page:"),
    "I-15": ("S5", "S6", "B1", "P1"),
    "I-19": ("write:",),
    "I-20": ("B2", "P"),
    "I-21": ("B19", "B20", "P4"),
    "I-23": ("read:", "write:vault"),
    "I-24": (),
    "I-26": ("write:", "poll:"),
    "I-27": ("write:", "T"),
    "I-28": ("write:",),
    "I-29": ("T7", "T8", "S7", "S16", "S19", "S23"),
    "I-30": ("poll:", "L"),
    "I-31": ("S12", "S15", "S18", "P8", "L1", "T10"),
    "I-37": ("W1", "W2", "W5", "P10"),
    "I-43": ("P4", "L10", "S20", "S21"),
    "I-44": ("S4", "B17"),
    "I-47": ("write:",),
}
"""For each invariant that courses try: which requests and kinds are drawn."""


def course_property(number: str) -> Try:
    """A property by its seed and the number of examples."""
    dying = 2 if number in {"I-26", "I-27", "I-28", "I-30", "I-47"} else 0

    def kept(course: Course) -> None:
        course.kept(number)

    courses_drawn = courses(*TELLING[number], deaths=dying, dry=number == "I-9")

    def run(start: int, examples: int, *, shrink: bool) -> None:
        for name in SMALL:  # made here, for Hypothesis wants no run while it draws
            moments(name)
            requests_of(name)
        tried(drawn(courses_drawn)(kept), start, examples, shrink=shrink)

    return run


class Try(Protocol):
    """Runs a property: from a seed, so many examples, and when one breaks it, looking for the simplest or not."""

    def __call__(self, start: int, examples: int, *, shrink: bool) -> None: ...


def tried(test: Test, start: int, examples: int, *, shrink: bool) -> None:
    """Run a property; AssertionError with an example that breaks it."""
    seed(start)(patient(examples, shrink=shrink)(test()))()


def drawn(*strategies: st.SearchStrategy[Any]) -> Callable[[Callable[..., None]], Test]:
    """Hypothesis' `given`, for a property that is run more than once in a process."""

    def entered(kept: Callable[..., None]) -> Test:
        @wraps(kept)
        def made() -> Callable[[], None]:
            return given(*strategies)(kept)

        return made

    return entered


def patient(examples: int, **more: Any) -> settings:
    """Settings for runs that take long and are told apart by their seed. `shrink` costs minutes, and is for replays."""
    phases = (Phase.generate, Phase.shrink) if more.pop("shrink") else (Phase.generate,)
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        print_blob=False,
        suppress_health_check=list(HealthCheck),
        phases=phases,
        **more,
    )
