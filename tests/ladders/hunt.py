"""`python -m tests.ladders hunt BUG`: which ladders see a planted bug, and by which case."""

from __future__ import annotations

from collections.abc import Iterable

from tests.ladders.bugs import bugs, in_tree, planted
from tests.ladders.climb import judge
from tests.ladders.registry import ladders

_LOADING = 900.0
"""Seconds beyond those of the hunt: for the last case, and for making it simple."""


def hunt(name: str, numbers: Iterable[int], *, seconds: float, like: str, strict: bool) -> int:
    """Print a case of each ladder that sees the bug and nothing without it; how many do.

    `like` is a part of each case that is tried. `strict` counts only the promises that the bug is said to break.
    """
    bug, caught = bugs()[name], 0
    with planted(bug) as root:
        for number in numbers:
            breaks = list(bug.breaks) if strict else []
            asked = {"ladder": number, "like": like, "seconds": seconds, "breaks": breaks}
            found = in_tree(root, asked, seconds + _LOADING)
            telling = [(case, told) for case, told in found if not judge(ladders()[number], case).violations]
            if not telling:
                print(f"    # {number}: not seen in {seconds:.0f} s")
                continue
            case, told = telling[0]
            caught += 1
            print(f"    {number}: {case}")
            for invariant, said in told:
                print(f"      # {invariant}: {said.splitlines()[0][:150] if said else ''}", flush=True)
    return caught
