"""Ladder 12: bugs are planted in the code on purpose, and the other ladders must see each of them."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from tests.ladders.bugs import ROOT, bugs, in_tree, planted
from tests.ladders.ladder import Ladder, Verdict, Violation

ENOUGH = 2
"""Ladders that must see a bug: what only one sees is seen by luck."""
_SECONDS = 240.0


class PlantedBugs(Ladder):
    number, title, unit = 12, "Planted bugs", "bugs"
    what = (
        "A ladder that finds nothing may be blind. So bugs are planted in the program, one at a time, each of a kind "
        "that has cost somebody their backups: a journal written too late, an empty list taken for an empty "
        "subscription, a consent used twice. Two of the other ladders must see each of them, and neither may see it "
        "where it is not."
    )
    share = 0.5
    seconds = 2 * _SECONDS

    def cases(self, seed: int) -> Iterator[str]:
        """Shuffled, so that a budget cuts no file of them off."""
        names = list(bugs())
        Random(seed).shuffle(names)
        yield from names

    def total(self) -> int:
        return len(bugs())

    def run(self, case: str) -> Verdict:
        bug = bugs()[case]
        with planted(bug) as root:
            answers = in_tree(root, {"cases": list(bug.by.items())}, _SECONDS)
        without = in_tree(ROOT, {"cases": list(bug.by.items())}, _SECONDS)
        seen: list[int] = []
        found: list[Violation] = []
        for (number, text), answer, sound in zip(bug.by.items(), answers, without, strict=True):
            if not bug.is_seen_in([Violation(*one) for one in answer]):
                continue
            seen.append(number)
            # What is seen where the bug is not tells nothing of the bug.
            found += [Violation(told, f"ladder {number}, {text!r}, without {case}: {said}") for told, said in sound]
        if len(seen) < ENOUGH:
            blind = " and ".join(str(number) for number in bug.by if number not in seen)
            found.append(Violation(bug.breaks[0], f"{case} survived: ladder {blind} did not see it"))
        return Verdict(tuple(found), f"{case} {seen}")


LADDER = PlantedBugs()
