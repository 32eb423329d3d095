"""Whatever an enemy gives us to read, the answer is a value or typed mistakes: a slice of ladder 9, and its sandbox."""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.hostile.kind import Kind, Said
from tests.hostile.sandbox import Sandbox
from tests.ladders.ladder_09_files import KINDS, LADDER

SLICE = {"manifest": 30, "estate": 15, "tree": 60, "settings": 3, "plan": 1, "crowd": 0}
"""Of each family of cases, by kind: a command line takes its time."""


def slices(kind: str) -> Iterator[str]:
    """The same number of each family, evenly taken from all of it."""
    families: dict[str, list[str]] = {}
    for case in KINDS[kind].cases():
        families.setdefault(case.split(" ")[0], []).append(case)
    for cases in families.values():
        yield from cases[:: max(1, len(cases) // SLICE[kind])] if SLICE[kind] else cases[:1]


@pytest.mark.parametrize("kind", KINDS)
def test_a_slice_of_the_ladder(kind: str) -> None:
    cases = {case: LADDER.run(f"{kind} {case}").violations for case in slices(kind)}
    assert {case: violations for case, violations in cases.items() if violations} == {}


class Misdeeds(Kind):
    """What the sandbox is there for."""

    name = "misdeed"
    module = __name__

    def cases(self) -> Iterator[str]:
        return iter(())

    @contextmanager
    def made(self, case: str) -> Iterator[bytes]:
        yield case.encode()

    def warm(self) -> None:
        """Nothing to load."""

    def read(self, content: bytes) -> Said:
        match content:
            case b"loop":
                while True:
                    pass
            case b"memory":
                mmap.mmap(-1, self.memory)
            case b"exit":
                os._exit(3)
            case b"abort":
                os.abort()
            case b"recursion":
                return self.read(content)
        return {"outcome": "read", "wrong": []}


KIND = Misdeeds()


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    opened = Sandbox(__name__)
    yield opened
    opened.close()


@pytest.mark.parametrize(("deed", "how"), [("loop", "SIGXCPU"), ("exit", "exit 3"), ("abort", "SIGABRT")])
def test_a_child_that_ends_otherwise_is_seen(sandbox: Sandbox, deed: str, how: str) -> None:
    ending = sandbox.read(deed.encode())
    assert (ending.said, ending.how) == (None, how)
    assert ending.cpu < KIND.cpu + 1


@pytest.mark.parametrize(("deed", "error"), [("memory", "OSError"), ("recursion", "RecursionError")])
def test_an_exception_is_seen(sandbox: Sandbox, deed: str, error: str) -> None:
    said = sandbox.read(deed.encode()).said
    assert said is not None
    assert said["outcome"] == error
    assert said["wrong"]


def test_a_good_child_is_believed(sandbox: Sandbox) -> None:
    assert sandbox.read(b"").said == {"outcome": "read", "wrong": []}
