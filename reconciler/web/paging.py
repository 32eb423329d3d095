"""A part of a long list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
SIZE = 50


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """`number` counts pages from 1 to `pages`, of which there is always one; `first` is the place of the first row."""

    rows: Sequence[T]
    total: int
    number: int
    pages: int
    first: int


def part(items: Sequence[T], number: int, size: int = SIZE) -> Part[T]:
    """A page beyond the last is the last: a list may have become shorter since its address was written."""
    pages = max(-(-len(items) // size), 1)
    number = min(max(number, 1), pages)
    start = (number - 1) * size
    return Part(items[start : start + size], len(items), number, pages, start + 1 if items else 0)
