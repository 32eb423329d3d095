"""Ladder 9: hostile files, each read in a child process with a second of processor time and 200 MiB."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from tests.hostile import crowds, estates, manifests, options, plans, trees
from tests.hostile.kind import Kind
from tests.hostile.sandbox import sandbox_of
from tests.ladders.ladder import Ladder, Verdict, Violation

_MODULES = (manifests, estates, trees, options, plans, crowds)
KINDS: Mapping[str, Kind] = {module.KIND.name: module.KIND for module in _MODULES}


class Files(Ladder):
    number, title, unit = 9, "Hostile files", "files"
    what = (
        "Manifests, estates, kept plans, settings, answers of Azure and folders that an enemy made are read, each in a "
        "child process with a second of processor time and 200 MiB. What comes is a value or typed mistakes with their "
        "place, never another exception and never a signal."
    )
    share = 0.5
    seconds = 700.0

    def cases(self, seed: int) -> Iterator[str]:
        """Kinds take turns, so that a budget cuts none of them off."""
        del seed
        waiting = {name: kind.cases() for name, kind in KINDS.items()}
        while waiting:
            for name in list(waiting):
                case = next(waiting[name], None)
                if case is None:
                    del waiting[name]
                else:
                    yield f"{name} {case}"

    def total(self) -> int:
        return sum(1 for _ in self.cases(0))

    def run(self, case: str) -> Verdict:
        name, _, rest = case.partition(" ")
        kind = KINDS[name]
        with kind.made(rest) as content:
            ending = sandbox_of(os.getpid(), kind.module).read(content)
        if ending.said is None:
            return Verdict((Violation("I-39", f"the child ended with {ending.how} after {ending.cpu:.2f} s"),))
        said = [*ending.said["wrong"], *kind.judged(rest, ending.said)]
        return Verdict(tuple(_violation(text) for text in said), f"{name} {ending.said['outcome']}")


def _violation(said: str) -> Violation:
    """`I-41: …` names the promise; what has no number is an exception that left the reader."""
    number, colon, rest = said.partition(": ")
    return Violation(number, rest) if colon and number.startswith("I-") else Violation("I-39", said)


LADDER = Files()
