"""Ladder 10: hostile names through every output, read back as a terminal, an agent, a page or a program would."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from random import Random

from tests.hostile.names import NAMES
from tests.hostile.outputs import OUTPUTS
from tests.ladders.ladder import Ladder, Verdict, Violation

HARMLESS = "-vm"
_LONG = 200
"""Characters from which on an output may leave something out, and so have another shape; so it has without any."""


class Names(Ladder):
    number, title, unit = 10, "Hostile names", "names in outputs"
    what = (
        "Each of the names stands wherever Azure, Git or the YAML could have put it, in every output. It is read back "
        "by a terminal, the parsers of CI agents, a Markdown renderer, an XML and a JSON parser and a mail reader: "
        "nothing is commanded, and what is read has the shape that it has with a harmless name."
    )
    share = 0.5
    seconds = 30.0

    def cases(self, seed: int) -> Iterator[str]:
        """Shuffled, so that a budget cuts neither a name nor an output off."""
        found = [f"{output} {name}" for output in OUTPUTS for name in NAMES]
        Random(seed).shuffle(found)
        yield from found

    def total(self) -> int:
        return len(OUTPUTS) * len(NAMES)

    def run(self, case: str) -> Verdict:
        output, _, name = case.partition(" ")
        text = NAMES[name]
        shape, wrong = OUTPUTS[output].read(OUTPUTS[output].make(text))
        if 0 < len(text) <= _LONG and shape != _shape(output):
            wrong.append(f"the shape of {output} is another one: {shape!r:.300}")
        return Verdict(tuple(Violation("I-42", one[:300]) for one in wrong), f"{output} {name.partition('-')[0]}")


@cache
def _shape(output: str) -> object:
    shape, wrong = OUTPUTS[output].read(OUTPUTS[output].make(HARMLESS))
    if wrong:
        raise AssertionError(f"{output} is not even right with a harmless name: {wrong}")
    return shape


LADDER = Names()
