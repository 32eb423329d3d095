"""Ladder 5: properties under Hypothesis, at least one an invariant, and the machine of what may happen in any order."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, zip_longest

from tests.ladders.ladder import Ladder, Verdict, Violation
from tests.ladders.machine import run_machine
from tests.ladders.properties import PROPERTIES

_MACHINES = 60
_EXAMPLES = 25
"""Of a property and a seed, and of the machine and a seed."""
_LINES = 40
_SHRUNK = " shrunk"


class Properties(Ladder):
    number = 5
    title = "Properties"
    what = (
        f"Hypothesis looks for counter-examples, {_EXAMPLES} examples a seed: a property or more for each invariant, "
        "and a machine in which people edit and revert, others click in the portal and make VMs anew, processes die "
        "and lose lease or journal, and clocks jump."
    )
    unit = "seeds"
    seconds = 900.0

    def cases(self, seed: int) -> Iterator[str]:
        machines = (f"machine {seed * _MACHINES + number}" for number in range(_MACHINES))
        most = max(one.seeds for one in PROPERTIES.values())
        rounds = (
            [f"{name} {number}" for name, one in PROPERTIES.items() if number < one.seeds] for number in range(most)
        )
        for one, other in zip_longest(chain.from_iterable(rounds), machines):
            if one:
                yield one
            if other:
                yield other

    def full(self) -> int:
        return _MACHINES + sum(one.seeds for one in PROPERTIES.values())

    def run(self, case: str) -> Verdict:
        plain = case.removesuffix(_SHRUNK)
        name, _, start = plain.rpartition(" ")
        invariant = name.split(" ")[0] if name != "machine" else "machine"
        try:
            if name == "machine":
                run_machine(int(start), _EXAMPLES, shrink=plain != case)
            else:
                PROPERTIES[name].run(int(start), _EXAMPLES, shrink=plain != case)
        except (AssertionError, BaseExceptionGroup) as broken:
            return Verdict((Violation(invariant, _told(broken)),))
        return Verdict(trace=case)

    def simpler(self, case: str) -> Iterator[str]:
        """The same, told by the simplest example there is."""
        if not case.endswith(_SHRUNK):
            yield case + _SHRUNK


def _told(broken: BaseException) -> str:
    """What Hypothesis says of the simplest counter-example."""
    lines = [str(broken), *getattr(broken, "__notes__", ())]
    return "\n".join("\n".join(lines).splitlines()[:_LINES])


LADDER = Properties()
