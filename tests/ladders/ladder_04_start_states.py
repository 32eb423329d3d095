"""Ladder 4: every state in which one VM can be found, with every wish for it; and pairs of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from random import Random

from tests.ladders.invariants import check
from tests.ladders.ladder import Ladder, Verdict, Violation
from tests.simulation.content import item_name
from tests.simulation.course import begin, digest, settle
from tests.simulation.states import State, outcome, scenario, states

_PAIRS = 3_000


class StartStates(Ladder):
    number = 4
    title = "Start states"
    what = (
        "A VM is found in every state that there is (its item and policy, power, agent, what vaults know of it, gone "
        "or not) and everything is wished for it; also two such VMs beside each other. What becomes of it must be "
        "what a model of its own says, which shares no line with the planner."
    )
    unit = "states"

    def cases(self, seed: int) -> Iterator[str]:
        random, every = Random(seed), list(_every())
        shuffled = random.sample(every, len(every))
        yield from shuffled
        while True:
            yield f"{random.choice(every)} {random.choice(every)}"

    def full(self) -> int:
        return len(_every()) + _PAIRS

    def run(self, case: str) -> Verdict:
        found = [State.parse(text) for text in case.split(" ")]
        life = begin(scenario(found), case)
        settle(life)
        story = life.finish()
        return Verdict((*check(story), *_otherwise(story.end, found)), trace=digest(story))

    def simpler(self, case: str) -> Iterator[str]:
        """One VM instead of two."""
        parts = case.split(" ")
        return iter(parts if len(parts) > 1 else ())


@cache
def _every() -> Sequence[str]:
    return tuple(map(str, states()))


def _otherwise(end: Mapping[str, object], found: Sequence[State]) -> Iterator[Violation]:
    """Where the vault holds something else than it should."""
    for number, state in enumerate(found):
        wanted, now = outcome(state), _told(end.get(item_name("rsv", f"rg/vm-{number}")))
        if now != wanted:
            yield Violation("I-2", f"{state} became {now}, and should be {wanted}")
        power = end[f"vm 01/rg/vm-{number}"]
        if power != [state.power, state.gone]:
            yield Violation("I-2", f"{state} was {state.power}, and was left {power}")


def _told(item: object) -> tuple[str, str]:
    """An item of the content in the words of the model."""
    if not isinstance(item, list):
        return "none", ""
    state, policy, deleted = item
    return ("SoftDeleted" if deleted else str(state), str(policy).rpartition("/")[2])


LADDER = StartStates()
