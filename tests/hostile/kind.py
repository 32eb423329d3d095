"""A kind of thing to read, and what is said of one reading."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

Said = dict[str, Any]
"""What a child answers: `outcome`, a word or words by which readings are alike, `wrong`, a list of broken promises."""


class Kind(ABC):
    """`name` begins each of its cases; `module` is where `KIND` is found by the child.

    A child may use `cpu` seconds of processor time and `memory` bytes of address space.
    """

    name: str
    module: str
    cpu: int = 1
    memory: int = 200 * 1024 * 1024

    @abstractmethod
    def cases(self) -> Iterator[str]:
        """All cases, in an order in which the most telling come early; always the same."""

    @abstractmethod
    @contextmanager
    def made(self, case: str) -> Iterator[bytes]:
        """What the child is given, for as long as it reads."""

    @abstractmethod
    def read(self, content: bytes) -> Said:
        """Read it, in the child; may raise nothing."""

    @abstractmethod
    def warm(self) -> None:
        """Load, before the first fork, what reading needs."""

    def judged(self, case: str, said: Said) -> Iterator[str]:
        """What is wrong with the answer to this case, beside what the child found; in the parent."""
        del case, said
        return iter(())


def case_of(*parts: object) -> str:
    """The text of a case; parts hold no blank."""
    words = [str(part) for part in parts]
    assert all(word and " " not in word for word in words), words
    return " ".join(words)
