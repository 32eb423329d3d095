"""A place in a file, and the places of all nodes of a document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

Path = tuple[str | int, ...]
"""The way to a node: keys and list indices from the root of one document, as jsonschema and pydantic spell it."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A place: `line`, `column` and `end_column` count characters from 1; `end_column` is one past the last."""

    file: str
    line: int
    column: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


NOWHERE = Span("", 0, 0, 0)
"""The place of what no document made."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where each node of one document stands."""

    spans: Mapping[Path, Span] = field(default_factory=dict, hash=False, compare=False)

    def at(self, *path: str | int) -> Span:
        """The span of a node; a node that is not there has its nearest parent's."""
        return next((self.spans[way] for way in _shorter(path) if way in self.spans), NOWHERE)


def _shorter(path: Path) -> Iterator[Path]:
    return (path[:length] for length in range(len(path), -1, -1))
