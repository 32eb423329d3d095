"""The course of a case: runs while something is wrong, runs until all is settled, and a last look."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from random import Random
from zlib import crc32

from reconciler.model.outcome import Failed
from tests.simulation.content import content
from tests.simulation.fault import Fault
from tests.simulation.faults import Breaking, catalogue
from tests.simulation.life import HOUR, Crash, Life, nowhere
from tests.simulation.scenarios import SCENARIOS, Scenario
from tests.simulation.story import Story
from tests.simulation.universe import universe_of

WRONG = 3
"""Runs for which a fault that lasts is left in place."""
THOROUGH = 8
"""One case in so many is looked at twice more once it is settled."""
BETWEEN = 300.0
"""Seconds between two runs while something is wrong."""
RECOVERY = (BETWEEN, 2 * BETWEEN, 0.5 * HOUR, 2 * HOUR, 25 * HOUR, 0.25 * HOUR)
"""Seconds before each run once nothing is wrong any more: six runs, as I-2 wants, of which two are a day later."""


class Mortality:
    """Counts the moments at which a process can die, and kills it at one of them; then it stays dead."""

    def __init__(self, fatal: int | None = None) -> None:
        self.fatal = fatal
        self.moments: list[str] = []

    def __call__(self, name: str) -> None:
        self.moments.append(name)
        if self.fatal is not None and len(self.moments) > self.fatal:
            raise Crash(name)


class Asking:
    """Asks the process that is at work to stop, once it has come to a moment of its life."""

    def __init__(self, life: Life, moment: int) -> None:
        self._life = life
        self._moment = moment
        self._count = 0

    def __call__(self, name: str) -> None:
        self._count += 1
        made = self._life.story.passes[-1]
        if self._count > self._moment and made.asked is None and not name.startswith(_INTENT):
            made.asked = self._life.story.place()

    def stop(self) -> str | None:
        """The engine's question, why nothing more may be sent."""
        return "SIGTERM" if self._life.story.passes[-1].asked is not None else None


_INTENT = ("inside a", "before intend", "after intend", "before put-back", "after put-back")
"""Between the question whether anything may be sent and what is sent then, nobody can be asked."""


def begin(scenario: Scenario, seed: str) -> Life:
    """A life at the beginning of a scenario; `seed` decides all that is drawn."""
    life = Life(universe_of(scenario), Story(scenario), scenario.desired(), Random(seed))
    life.thorough = crc32(seed.encode()) % THOROUGH == 0
    return life


@cache
def calm(name: str) -> Story:
    """The scenario's run in which nothing goes wrong."""
    life = begin(SCENARIOS[name], name)
    life.thorough = True
    settle(life)
    return life.finish()


def end_of(name: str) -> Mapping[str, object]:
    """How a scenario must end: as is written beside it, else as its calm run does."""
    return SCENARIOS[name].end() or calm(name).end


def with_faults(
    name: str,
    faults: Sequence[Fault],
    *,
    dry: bool = False,
    deaths: Sequence[int] = (),
    paced: bool = False,
    skew: float = 0.0,
) -> Story:
    """The scenario's run in which these faults happen, and the first processes die at these moments.

    With `dry`, a dry run meets the faults, and what follows is calm; `paced` requests take a while and overtake others.
    After the first run the engine's wall clock is wrong by `skew` seconds.
    """
    expected = calm(name)
    armed = [known(fault) for fault in faults]
    life = begin(SCENARIOS[name], f"{name} {' '.join(map(str, faults))} {deaths}")
    life.story.calm, life.story.faults, life.story.skewed = expected, tuple(armed), skew != 0
    life.story.expected = None if "gone" in life.story.traits else end_of(name)
    life.pace = Random(f"{name} {faults}") if paced else None
    breaking = Breaking(life.universe, life.story, armed, life.random)
    life.breaker = breaking
    if dry:
        life.dry_run()
    else:
        _go_wrong(life, breaking, deaths, skew)
    breaking.lift()
    settle(life)
    return life.finish()


def _go_wrong(life: Life, breaking: Breaking, deaths: Sequence[int], skew: float) -> None:
    """Runs while something can still go wrong."""
    for number in range(max(WRONG, len(deaths) + 1)):
        life.boundary = Mortality(deaths[number]) if number < len(deaths) else nowhere
        life.apply()
        life.universe.clock.skew = skew
        if breaking.spent and number >= len(deaths):
            break
        life.wait(BETWEEN)
    life.boundary = nowhere


def known(fault: Fault) -> Fault:
    """The fault with the traits of its kind."""
    return Fault(fault.name, fault.occurrence, fault.kind, fault.times, catalogue()[fault.kind].traits)


def settle(life: Life, pauses: Sequence[float] = RECOVERY) -> None:
    """Runs until one finds nothing to do, nothing to come back to, and the world as it should be.

    What was given up for the day is tried again a day later, so this goes on; in a thorough course, two looks more.
    """
    story = life.story
    for pause in pauses:
        if story.passes:
            life.wait(pause)
        made = life.apply()
        if not life.busy(made) and made.plan is not None and made.plan.complete:
            story.settled = True
            if story.expected is None or story.expected == content(life.universe.world):
                break
    if not story.settled:
        return
    if life.busy(story.passes[-1]):
        life.wait(BETWEEN)
        life.apply()
    _insist(life)
    if life.thorough:
        life.wait(BETWEEN)
        life.apply().audit = True
        life.dry_run()


def _insist(life: Life) -> None:
    """Name the VMs whose steps are given up though they are not in the calm run, or wait for a word: a person would."""
    last, usual = life.story.passes[-1].result, life.story.calm
    if last is None or usual is None:
        return
    before = next(made.result.outcomes for made in reversed(usual.passes) if made.result is not None)
    lost = [
        step
        for step in last.plan.steps
        if isinstance(last.outcomes.get(step.id), Failed) and not isinstance(before.get(step.id), Failed)
    ]
    life.story.given_up = tuple(step.id for step in lost)
    asking = [one.step for one in last.after.held if one.guard == "vm-recreated"]
    vms = frozenset(step.subject.name for step in (*lost, *asking) if "/" in step.subject.name)
    if vms:
        life.wait(BETWEEN)
        life.apply(targets=vms)


def requests_of(name: str) -> dict[str, int]:
    """Every request of the calm run by name, with how often it is made."""
    found: dict[str, int] = {}
    for exchange in calm(name).exchanges:
        found[exchange.name] = found.get(exchange.name, 0) + 1
    return found


def digest(story: Story) -> str:
    """What a run did, in short: two with the same digest sent the same requests and were told the same."""
    text = "\n".join(f"{one.process} {one.name} {one.status} {one.fault}" for one in story.exchanges)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
