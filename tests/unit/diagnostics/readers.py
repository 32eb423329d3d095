"""Independent readers of what is written: a terminal, the agents of two CI systems, Markdown, XML and CSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree import ElementTree

import pyte
from markdown_it import MarkdownIt
from markdown_it.token import Token

_PASSED_OVER = re.compile(
    "[\x00\xad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0"
    "\U000e0000-\U000e0fff]"
)
"""What .NET's comparison by culture does not see."""


@dataclass(frozen=True)
class Command:
    """A command as an agent understands it; texts are unescaped."""

    name: str
    data: str
    properties: dict[str, str] = field(default_factory=dict)


def github_commands(text: str) -> list[Command]:
    """What GitHub's runner would carry out: `::name k=v,…::data` at the start of a line, `##[name …]data` anywhere.

    Any name counts, not only those that the runner has registered.
    """
    return [command for line in _lines(text) if (command := _github(line)) is not None]


def _github(line: str) -> Command | None:
    line = line.lstrip()
    if line.startswith("::"):
        head, found, data = line[2:].partition("::")
        if found:
            return _command(head, data, ",", {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ",", "%25": "%"})
    _, found, rest = line.partition("##[")
    head, closed, data = rest.partition("]")
    if not found or not closed:
        return None
    return _command(head, data, ";", {"%3B": ";", "%0D": "\r", "%0A": "\n", "%5D": "]", "%25": "%"})


def azure_commands(text: str) -> list[Command]:
    """What an agent of Azure Pipelines would carry out, and `##[x]`, by which its log is coloured and folded."""
    found = []
    for line in _lines(text):
        marker = re.search(r"##(vso)?\[([^\]]*)\]", line, re.IGNORECASE)
        if marker:
            escapes = {"%3B": ";", "%0D": "\r", "%0A": "\n", "%5D": "]", "%AZP25": "%"}
            found.append(_command(marker[2], line[marker.end() :], ";", escapes))
    return found


def compared(text: str) -> str:
    """A text as the agents compare it."""
    return _PASSED_OVER.sub("", text)


def _lines(text: str) -> list[str]:
    return re.split("[\r\n]", compared(text))


def _command(head: str, data: str, separator: str, escapes: dict[str, str]) -> Command:
    def plain(text: str) -> str:
        for written, meant in escapes.items():
            text = text.replace(written, meant)
        return text

    name, _, rest = head.partition(" ")
    pairs = (pair.partition("=") for pair in rest.split(separator) if "=" in pair)
    return Command(name, plain(data), {key.strip(): plain(value) for key, _, value in pairs})


def screen(text: str, columns: int = 200, lines: int = 60) -> tuple[list[str], list[str]]:
    """What a terminal shows, and each thing it was told to do beside drawing characters and ending lines."""
    told: list[str] = []

    class Watched(pyte.Screen):
        def set_title(self, param: str) -> None:
            told.append(f"title {param}")

        def set_icon_name(self, param: str) -> None:
            told.append(f"icon {param}")

        def report_device_status(self, mode: int, **_: object) -> None:
            told.append("report")

        def bell(self, *_: object) -> None:
            told.append("bell")

        def select_graphic_rendition(self, *attributes: int, **_: object) -> None:
            told.append("colour")

        def cursor_position(self, line: int | None = None, column: int | None = None) -> None:
            if (line, column) != (None, None):
                told.append("move")
            super().cursor_position(line, column)

        def erase_in_display(self, how: int = 0, *args: object, **_: object) -> None:
            told.append("erase")

        def backspace(self) -> None:
            told.append("backspace")

    shown = Watched(columns, lines)
    told.clear()
    pyte.Stream(shown).feed(text.replace("\n", "\r\n"))
    return [line.rstrip() for line in shown.display], told


@dataclass(frozen=True)
class Rendered:
    """A Markdown page: its elements, the text a reader sees outside of code, and that within it."""

    elements: list[str]
    prose: list[str]
    code: list[str]
    links: list[str]

    @property
    def alarms(self) -> list[str]:
        """What GitHub and Azure DevOps would make of the prose: mentions, references, links, emoji."""
        alarm = re.compile(r"(?<![\w`])@[\w-]|(?<!\w)#\d|(?i:\bgh-\d)|!\d|://|www\.|:(?!\d\d:)[\w+-]+:|\$.*\$")
        return [match[0] for text in self.prose for match in alarm.finditer(text)]


def render(text: str) -> Rendered:
    page = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)
    tokens = list(_flat(page))
    return Rendered(
        [token.type for token in tokens if token.type not in {"text", "code_inline", "inline", "softbreak"}],
        [token.content for token in tokens if token.type == "text"],
        [token.content for token in tokens if token.type in {"code_inline", "fence", "code_block"}],
        [str(value) for token in tokens for name, value in token.attrs.items() if name in {"href", "src"}],
    )


def _flat(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _flat(token.children or [])


def csv_rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text), strict=True))


def xml(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)
