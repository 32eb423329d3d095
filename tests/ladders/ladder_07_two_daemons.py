"""Ladder 7: two processes at work on the same vaults, their requests in every order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from reconciler.model.desired import Desired
from tests.ladders.invariants import check
from tests.ladders.invariants.sending import sent_after
from tests.ladders.ladder import Ladder, Verdict, Violation
from tests.simulation.course import BETWEEN, Mortality, calm, digest, end_of, settle
from tests.simulation.fault import Fault
from tests.simulation.life import Life, nowhere, together
from tests.simulation.scenarios import SCENARIOS, SMALL
from tests.simulation.story import Story
from tests.simulation.universe import universe_of

WAYS = ("shared", "apart", "leased", "older")
"""One journal and no lease; a journal each; a lease that changes hands; a newer configuration."""
_NEWER = ("fresh", "twofold", "preview", "drifted")
"""Scenarios with a policy that an older configuration can have wanted shorter."""
_FOLDER = Path("/", "dev", "shm")
"""Memory, where there is one: journals of files are then as quick as others."""
_LEASE = 30.0


class TwoDaemons(Ladder):
    number = 7
    title = "Two daemons"
    what = (
        "Two processes run at the same time, their requests take different times and overtake each other, and one of "
        "four dies: with a common journal and no lease, with a journal each, with a lease that changes hands in the "
        "middle, and with a newer configuration beside an older one. Time may be wasted, and nothing else."
    )
    unit = "schedules"
    goal = 2_000

    def cases(self, seed: int) -> Iterator[str]:
        random = Random(seed)
        for way in cycle(WAYS):
            name = random.choice(_NEWER if way == "older" else sorted(SMALL))
            yield f"{name} {way} {random.randrange(10**9)}"

    def run(self, case: str) -> Verdict:
        name, way, _ = case.split(" ")
        with TemporaryDirectory(dir=_FOLDER if _FOLDER.is_dir() else None) as folder:
            duel = _Duel(name, way, case, Path(folder))
            for _ in range(2):
                duel.fight()
            found = duel.end()
        return Verdict(found, trace=digest(duel.story))


class _Duel:
    """Two processes on one world, and their story."""

    def __init__(self, name: str, way: str, case: str, folder: Path) -> None:
        self.name, self.way = name, way
        self.random = Random(case)
        quiet = calm(name)
        place, self.story = universe_of(SCENARIOS[name]), Story(SCENARIOS[name])
        self.story.calm, self.story.expected = quiet, end_of(name)
        if way == "apart":  # each is to the other what any stranger is
            self.story.faults = (Fault("another process", 1, "two", traits=frozenset({"harms"})),)
        desired = SCENARIOS[name].desired()
        wanted = {"one": _older(desired) if way == "older" else desired, "two": desired}

        def life(which: str, journal: str, number: int) -> Life:
            pace, random = Random(f"{which} {case}"), Random(f"{case} {which}")
            where = str(folder / f"{journal}.db")
            return Life(place, self.story, wanted[which], random, pace=pace, where=where, name=f"{number:04}")

        self._firsts: set[int] = set()
        """The runs of the first."""
        self._bereft: list[int] = []
        """The moments at which the first lost its lease."""
        self.one = life("one", "one", 1)
        self.two = life("two", "two" if way == "apart" else "one", 2)

    def fight(self) -> None:
        """Both run, one of them begun a little later; one may die."""
        lives, late = [self.one, self.two], [0.0, self.random.random() ** 2 * 60]
        if self.way != "older" and self.random.random() < 0.5:
            lives.reverse()
        if self.random.random() < 0.25:
            self.one.boundary = Mortality(self.random.randrange(200))
        if self.way == "leased":
            self._lease_changes_hands()
        passes = together(lives, late)
        self._firsts.add(passes[lives.index(self.one)].number)
        self.one.boundary = self.two.boundary = nowhere
        self.one.wait(self.random.choice((0.0, BETWEEN)))

    def _lease_changes_hands(self) -> None:
        """The first is the writer when it begins; at some moment of its run the second becomes it."""
        monotonic = self.one.universe.clock.monotonic
        mine, theirs = (life.journal.lease(life.name, _LEASE, monotonic) for life in (self.one, self.two))
        theirs.give_back()
        self.one.epoch = mine.take().epoch
        self.two.epoch = self.one.epoch + 1
        left = self.random.randrange(200)
        before = self.one.boundary

        def boundary(name: str) -> None:
            nonlocal left
            before(name)
            left -= 1
            if left <= 0 and name.startswith("after answer") and self.two.epoch > self.one.epoch:
                mine.give_back()
                theirs.take()
                self._bereft.append(self.story.place())
                left = 10**9

        self.one.boundary = boundary

    def end(self) -> tuple[Violation, ...]:
        """The second is left alone, and brings everything to its end.

        With a journal of its own, so does the first before: what it owes nobody else can know.
        """
        self.two.epoch = 0
        if self.way == "apart":
            settle(self.one)
            self.story.settled = False
        settle(self.two)
        self.one._read_the_log()
        self.one.closing.close()
        self.two.finish()
        # Without a common journal nobody knows of the other's requests: the same may be asked for twice. I-25 is about
        # one process.
        without = ("I-25", "I-26", "I-27", "I-29") if self.way == "apart" else ("I-25",)
        return (*check(self.story, without=without), *self._after_the_lease())

    def _after_the_lease(self) -> Iterator[Violation]:
        """What the first sent in a run in which the second had become the writer (I-33)."""
        for place in self._bereft:
            run = max(made.number for made in self.story.passes if made.first < place and made.number in self._firsts)
            for one in sent_after(self.story, place, run):
                yield Violation("I-33", f"{one.name} is sent after another process had become the writer")


def _older(desired: Desired) -> Desired:
    """What was wanted before: the same, with policies that keep less."""
    rules = [replace(one.rules, retention=replace(one.rules.retention, daily=20)) for one in desired.policies]
    policies = tuple(replace(one, rules=rule) for one, rule in zip(desired.policies, rules, strict=True))
    return replace(desired, policies=policies, digest="sha256:older")


LADDER = TwoDaemons()
