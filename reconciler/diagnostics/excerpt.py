"""The piece of a source line around a span, and where to put the carets under it."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len

from reconciler.diagnostics.escape import terminal

TAB = "    "
_CUT = "…"
_BEFORE = 3
"""The share of the room, as a divisor, left for what stands before the span when a line is cut."""
_REACH = 4
"""Characters beside the span that are looked at, for each column of room: a line may be a million of them."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """`text` fits the room; the carets start after `start` columns and are `length` columns wide."""

    text: str
    start: int
    length: int


def excerpt(line: str, column: int, end_column: int, room: int) -> Excerpt:
    """Cut `line` to `room` columns so that the span, in characters from 1, is seen from its start."""
    line = line.rstrip("\r\n")
    first = min(max(column - 1, 0), len(line))
    left_out = max(first - _REACH * room, 0)
    near = line[left_out : first + _REACH * room]
    cells = [TAB if character == "\t" else terminal(character) for character in near]
    first -= left_out
    last = min(max(end_column - 1 - left_out, first + 1), len(cells))
    begin, end = 0, len(cells)
    if len(near) < len(line) or _width(cells) > room:
        begin = _begin(cells, first, last, room)
        end = _end(cells, begin, room - (1 if begin + left_out else 0))
    head = _CUT if begin + left_out else ""
    tail = _CUT if left_out + end < len(line) else ""
    start = cell_len(head) + _width(cells[begin:first])
    length = max(_width(cells[first : min(last, end)]), 1)
    return Excerpt((head + "".join(cells[begin:end])).rstrip() + tail, start, length)


def _begin(cells: list[str], first: int, last: int, room: int) -> int:
    """The first character to show: as far left as keeps the span in sight."""
    if _width(cells[:last]) <= room - 1:
        return 0
    begin, before = first, 0
    span = _width(cells[first:last])
    space = max(room // _BEFORE, room - 2 - span)
    while begin > 0 and before + cell_len(cells[begin - 1]) <= space:
        begin -= 1
        before += cell_len(cells[begin])
    return begin


def _end(cells: list[str], begin: int, room: int) -> int:
    if _width(cells[begin:]) <= room:
        return len(cells)
    end, used = begin, 0
    while end < len(cells) and used + cell_len(cells[end]) <= room - 1:
        used += cell_len(cells[end])
        end += 1
    return end


def _width(cells: list[str]) -> int:
    return sum(cell_len(cell) for cell in cells)
