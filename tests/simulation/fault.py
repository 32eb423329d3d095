"""One fault, as data: which request it meets, what it does, how often."""

from __future__ import annotations

from dataclasses import dataclass

FOR_EVER = 0


@dataclass(frozen=True)
class Fault:
    """`kind` meets the `occurrence`-th request of a name and, with `times`, so many in all (0: all from then on).

    `traits` are those of its kind.
    """

    name: str
    occurrence: int
    kind: str
    times: int = 1
    traits: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return f"{self.name}#{self.occurrence} {self.kind} {self.times or 'ever'}"

    @classmethod
    def parse(cls, text: str) -> Fault:
        """The inverse of `str`."""
        place, kind, times = text.split(" ")
        name, _, occurrence = place.rpartition("#")
        return cls(name, int(occurrence), kind, FOR_EVER if times == "ever" else int(times))
