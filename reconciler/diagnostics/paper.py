"""Lines for people: hanging indents, wrapped by what a terminal shows, without trailing spaces."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from reconciler.diagnostics.escape import shorten, terminal
from reconciler.diagnostics.language import Language
from reconciler.diagnostics.phrases import spoken

NARROWEST = 40
"""Columns below which nothing readable can be laid out; text then runs over the edge."""

_CHINESE = re.compile(
    "(?<=[\u3400-\u9fff，。、：；！？」）])(?![，。、：；！？」）])|(?<=[^「（])(?=[\u3400-\u9fff「（])"
)
"""Where a line of Chinese may end: not before a closing mark, and not after an opening one."""
_READABLE = 120
"""Columns beyond which an eye no longer finds what belongs together."""
_GAP = 2
_LEAST_CELLS = 10
"""Columns below which the last one of a table says nothing."""


class Paper:
    """A page written line by line; foreign text is made harmless on the way in, so no caller can forget it."""

    def __init__(self, width: int, language: Language = "en") -> None:
        self.width = max(width, NARROWEST)
        self.language = language
        self._lines: list[Text] = []

    def blank(self) -> None:
        """An empty line between two blocks: never two, never at the top."""
        if self._lines and self._lines[-1].plain:
            self._lines.append(Text())

    def heading(self, text: str) -> None:
        self.blank()
        self.line(text, style="bold")

    def line(
        self, text: str, *, indent: int = 0, hang: int = 2, style: str = "", mark: str = "", foreign: bool = False
    ) -> None:
        """`text`, wrapped; lines after the first stand `hang` columns deeper. `mark` is the style of the first word.

        Ours is said in the page's language, what is `foreign` as it came.
        """
        room = self.width - indent
        for number, piece in enumerate(wrap(text if foreign else spoken(text, self.language), room, room - hang)):
            line = Text(" " * (indent + (hang if number else 0)))
            line.append(piece, style)
            if mark and not number:
                line.stylize(mark, indent, indent + len(piece.split(" ", 1)[0]))
            self._lines.append(line)

    def columns(
        self, cells: list[tuple[str, int]], beside: list[str], *, indent: int, mark: str = "", style: str = ""
    ) -> None:
        """Cells padded to their widths, and what is said of them: on the same line if there is room, else below it."""
        texts = [terminal(text) for text, _ in cells[:-1]] + [terminal(self._cell(text)) for text, _ in cells[-1:]]
        said = [terminal(spoken(text, self.language)) for text in beside if text]
        padded = [_pad(text, width) for text, (_, width) in zip(texts, cells, strict=True)]
        tight = " ".join([*padded[:-1], *texts[-1:]])
        for number in range(len(said), -1, -1):
            last = "  ".join(said[:number])
            for start in (" ".join(padded), tight) if last else (tight,):
                if not last or indent + cell_len(start) + 2 + cell_len(last) <= self.width:
                    self._row(start.rstrip() if not last else start, last, indent, mark, style)
                    for text in said[number:]:
                        self.line(text, indent=indent + 4, style=style)
                    return

    def _cell(self, text: str) -> str:
        """A cell in the page's language, as far from the one before as it was."""
        return text[: len(text) - len(text.lstrip())] + spoken(text.lstrip(), self.language)

    def table(
        self,
        heads: Sequence[str],
        rows: Sequence[Sequence[str]],
        styles: Sequence[str],
        *,
        styled: int,
        foreign: Collection[int] = (),
    ) -> None:
        """Columns as wide as they need; the last is cut to what is left, and left out where that is next to nothing.

        `styled` is the column that bears a row's style, `foreign` are those that stay as they came.
        """
        heads = [spoken(head, self.language) for head in heads]
        safe = [
            [terminal(cell if place in foreign else spoken(cell, self.language)) for place, cell in enumerate(row)]
            for row in rows
        ]
        widths = [max(cell_len(row[number]) for row in (heads, *safe)) for number in range(len(heads))]
        left = self.width - 2 - sum(width + 2 for width in widths[:-1])
        columns = len(heads) if left >= min(widths[-1], _LEAST_CELLS) else len(heads) - 1
        widths[-1] = min(widths[-1], left)
        for row, style in zip((list(heads), *safe), ("dim", *styles), strict=True):
            pieces = [(shorten(cell, width), width) for cell, width in zip(row[:columns], widths, strict=False)]
            padded = [cell + " " * (width - cell_len(cell) + 2) for cell, width in pieces]
            end = max((number for number, (cell, _) in enumerate(pieces) if cell), default=0)
            padded[end] = padded[end].rstrip()
            shown = (
                "dim" if style == "dim" and row == list(heads) else style if number == styled else ""
                for number in range(end + 1)
            )
            self.raw(("  ", ""), *zip(padded[: end + 1], shown, strict=True))

    def _row(self, start: str, last: str, indent: int, mark: str, style: str) -> None:
        if not last:
            self.line(start, indent=indent, hang=4, mark=mark)
            return
        line = Text(f"{' ' * indent}{start}  {last}")
        line.stylize(mark, indent, indent + len(start.split(" ", 1)[0]))
        line.stylize(style, len(line) - len(last), len(line))
        self._lines.append(line)

    def aside(self, text: str, *, own_line: bool = False) -> bool:
        """Put `text` at the right edge of the last line; where there is no room, on its own line if asked."""
        text, edge = terminal(text), min(self.width, _READABLE)
        used = cell_len(self._lines[-1].plain) if self._lines else edge
        room = edge - used - cell_len(text)
        if room < _GAP:
            if own_line:
                self._lines.append(Text(" " * max(edge - cell_len(text), 0)).append(text, "dim"))
            return own_line
        self._lines[-1].append(" " * room + text, "dim")
        return True

    def raw(self, *pieces: tuple[str, str]) -> None:
        """One line of (text, style) pieces that are harmless and fit already."""
        self._lines.append(Text.assemble(*pieces))

    def print(self, console: Console) -> None:
        """Nothing is interpreted again: no markup, no emoji codes, no highlighting, no second wrapping."""
        for line in self._lines:
            console.print(line, soft_wrap=True, markup=False, emoji=False, highlight=False)

    @property
    def plain(self) -> str:
        """The page without any style."""
        return "".join(f"{line.plain}\n" for line in self._lines)


def wrap(text: str, first: int, rest: int) -> Iterator[str]:
    """`text`, made harmless, in lines of at most `first` columns and then `rest`; only overlong words are broken."""
    line, room = "", first
    for glue, word in _words(terminal(text), max(rest, 8)):
        longer = f"{line}{glue}{word}" if line else word
        if line and cell_len(longer.rstrip()) > room:
            yield line.rstrip()
            line, room = word.lstrip(), rest
        else:
            line = longer
    yield line.rstrip()


def _words(text: str, longest: int) -> Iterator[tuple[str, str]]:
    """(what stands before it, a word); words as they stand between single spaces, so that double spaces survive.

    Chinese has no spaces: a line may end between any two of its characters.
    """
    for word in text.split(" "):
        glue = " "
        for part in _CHINESE.split(word):
            piece = ""
            for character in part:
                if cell_len(piece) + cell_len(character) > longest:
                    yield glue, piece
                    glue, piece = "", ""
                piece += character
            yield glue, piece
            glue = ""


def _pad(text: str, width: int) -> str:
    return text + " " * max(width - cell_len(text), 0)
