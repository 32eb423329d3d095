r"""Foreign text made harmless, one function a sink: no name from Git or Azure may command what shows it.

Every function takes any text and gives one line; a character without a glyph of its own is spelled out (`\n`,
`\u202e`). Text that can do no harm in its sink stays as it is.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable

from rich.cells import cell_len

from reconciler.model.call import Json

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories without a glyph: controls, bidi and zero-width marks, surrogates, line separators."""

_UNSEEN_LETTERS = frozenset("\u034f\u115f\u1160\u2800\u3164\uffa0")
"""Letters, marks and symbols by category, yet nothing is drawn for them."""

_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_MARKS_A_CELL = 4
"""Characters that a column may hold: marks above and below a letter take no column, and there can be thousands."""


def unseen(character: str) -> bool:
    """Whether a character is drawn as nothing, moves the text around it, or means nothing yet."""
    return character in _UNSEEN_LETTERS or unicodedata.category(character) in _UNSEEN


def terminal(text: str) -> str:
    r"""`text` on one line, each character that has no glyph of its own spelled out (`\n`, `\x1b`, `\u202e`)."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible(character) if unseen(character) else character for character in text)


def shorten(text: str, cells: int) -> str:
    """`text` escaped for a terminal and cut in its middle to at most `cells` columns."""
    text = terminal(text)
    if cell_len(text) <= cells and len(text) <= cells * _MARKS_A_CELL:
        return text
    head = _take(text, (cells - 1) - (cells - 1) // 3)
    tail = _take(text[::-1], (cells - 1) // 3)[::-1]
    return f"{head}…{tail}"


def _take(text: str, cells: int) -> str:
    taken: list[str] = []
    room = cells
    for character in text[: cells * _MARKS_A_CELL]:
        room -= cell_len(character)
        if room < 0:
            break
        taken.append(character)
    return "".join(taken)


def _visible(character: str) -> str:
    named = _NAMED.get(character)
    if named:
        return named
    number = ord(character)
    if number <= 0xFF:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


_TOKEN = re.compile(r"[^\s\"'=\\]+")


def log_value(text: str) -> str:
    """A value of a `key=value` line: in double quotes unless it is one plain word, so that it can forge no pair."""
    plain = terminal(text)
    if _TOKEN.fullmatch(plain):
        return plain
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{terminal(quoted)}"'


# --- CI systems that read the lines of a log -----------------------------------------------------------------------

_SKIPPED = "\x00\xad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u206f\u3164\ufe00-\ufe0f"
_SKIPPED += "\ufeff\uffa0\U000e0000-\U000e0fff"
"""What a comparison by the rules of a language passes over, as the agents of both systems compare."""
_COLOUR = r"\x1b\[[0-9;]*m"
_GAP = f"(?:{_COLOUR}|[{_SKIPPED}])*"
_HASHES = re.compile(rf"(#{_GAP})#(?={_GAP}(?:\[|v{_GAP}s{_GAP}o{_GAP}\[))", re.IGNORECASE)
_LINE_BREAKS = "\n\r\v\f\x1c-\x1e\x85\u2028\u2029"
_COLONS = re.compile(rf"(^|[{_LINE_BREAKS}])((?:{_COLOUR}|[{_SKIPPED}]|[^\S{_LINE_BREAKS}])*):(?={_GAP}:)")


def ci_lines(text: str) -> str:
    r"""Lines for the log of a CI job, where `::x::` at the start of one and `##[x]`, `##vso[x]` anywhere are commands.

    The markers are broken (`\u003a:`, `#\u0023[`) in a way that JSON reads as before; nothing else is changed. Source:
    the parsers of the two agents, `ActionCommand` in actions/runner and `Command` in microsoft/azure-pipelines-agent.
    """
    return _COLONS.sub(r"\1\2\\u003a", _HASHES.sub(r"\1\\u0023", text))


def github_data(text: str) -> str:
    """The message of a workflow command; of several lines joined with a line feed, the breaks stay."""
    lines = "\n".join(map(terminal, text.split("\n")))
    return ci_lines(lines).replace("%", "%25").replace("\n", "%0A")


def github_property(text: str) -> str:
    """A property of a workflow command (`file=`, `title=`)."""
    return github_data(terminal(text)).replace(":", "%3A").replace(",", "%2C")


def azure_data(text: str) -> str:
    """The message of an Azure DevOps logging command; of several lines joined with a line feed, the breaks stay."""
    lines = "\n".join(map(terminal, text.split("\n")))
    return ci_lines(lines).replace("%", "%AZP25").replace("\n", "%0A")


def azure_property(text: str) -> str:
    """A property of an Azure DevOps logging command (`sourcepath=`, `code=`)."""
    return azure_data(terminal(text)).replace(";", "%3B").replace("]", "%5D")


# --- Markdown ------------------------------------------------------------------------------------------------------

_CODE_SPAN = re.compile(r"`[^`]+`")
_PLAIN_WORD = re.compile(r"""(?:[^\W_]|(?<=[^\W_])_+(?=[^\W_])|[.,;:?!'"()/%=+-]|[^\x00-\x7f])+""")
_BEGINS = re.compile(r":*[-=+][-=+:]*|\d+[.)]")
"""What at the start of a line begins a list, underlines a heading or divides a table."""
_MEANT = re.compile(
    r"""
      .*://.* | .*www\..* # what would become a link
    | .*:(?!\d\d:)[\w+-]+:.* # an emoji: a green tick is soon forged
    | .*\bgh-\d.*         # another way to write #1
    | .*!\d.*             # a pull request, in Azure DevOps
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)


def markdown(text: str) -> str:
    """Words for GitHub's Markdown, on any place of a line and in a table: what is not plain stands in a code span.

    There nothing is formatted, linked, mentioned or loaded. Code spans that the text has already stay whole.
    """
    text, parts, at = terminal(text).strip(), list[str](), 0
    first = text.split(maxsplit=1)[:1]
    if first and _BEGINS.fullmatch(first[0]):
        parts, at = [markdown_code(first[0])], len(first[0])
    for span in _CODE_SPAN.finditer(text, at):
        parts += [_words(text[at : span.start()]), markdown_code(span[0][1:-1])]
        at = span.end()
    return _joined([*parts, _words(text[at:])])


def markdown_code(text: str) -> str:
    """A name as a code span, in a table too: a bar would end the cell even here, so it is spelled out."""
    inner = terminal(text).replace("|", "\\x7c")
    longest = max(map(len, re.findall("`+", inner)), default=0)
    fence = "`" * (longest + 1)
    edge = " " if not inner.strip() or inner[0] in "` " or inner[-1] in "` " else ""
    return f"{fence}{edge}{inner}{edge}{fence}"


def _words(text: str) -> str:
    shown = [word if _is_plain(word) else markdown_code(word) for word in text.split()]
    before = " " if text[:1].isspace() else ""
    after = " " if shown and text[-1:].isspace() else ""
    return f"{before}{' '.join(shown)}{after}"


def _is_plain(word: str) -> bool:
    return bool(_PLAIN_WORD.fullmatch(word)) and not _MEANT.fullmatch(word)


def _joined(parts: list[str]) -> str:
    """Two code spans need something between them, else their fences run together."""
    text = ""
    for part in filter(None, parts):
        text += f" {part}" if text.endswith("`") and part.startswith("`") else part
    return text.strip()


# --- HTML, XML, JSON, CSV ------------------------------------------------------------------------------------------


_IN_TAGS = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"})
_IN_SCRIPT = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "'": "\\u0027"})


def html_text(text: str) -> str:
    """For text between tags and for attributes in quotes."""
    return terminal(text).translate(_IN_TAGS)


def xml_text(text: str) -> str:
    """What XML 1.0 may hold at all; the writer of the document escapes its own marks."""
    return ci_lines(terminal(text))


def json_text(document: Json, *, indent: int | None = None) -> str:
    """A document as ASCII that every reader takes: no lone surrogate, and no marker of a CI system's in its bytes."""
    separators = None if indent is not None else (",", ":")
    text = json.dumps(document, indent=indent, separators=separators)
    if "\\ud" in text:
        text = json.dumps(_each_text(document, _paired), indent=indent, separators=separators)
    return ci_lines(text)


def json_in_html(document: Json) -> str:
    """A document for the inside of a `script` element: no text in it can end the element or begin a comment."""
    return json_text(document).translate(_IN_SCRIPT)


def _each_text(value: Json, change: Callable[[str], str]) -> Json:
    match value:
        case str():
            return change(value)
        case dict():
            return {change(key): _each_text(one, change) for key, one in value.items()}
        case list():
            return [_each_text(one, change) for one in value]
        case _:
            return value


def _paired(text: str) -> str:
    return "".join(_visible(one) if "\ud800" <= one <= "\udfff" else one for one in text)


_FORMULA = "=+-@\t\r＝＋－＠"
_NUMBER = re.compile(r"[-+]?[0-9]+([.,][0-9]+)?")


def csv_cell(text: str) -> str:
    """One cell, quotes included: what a spreadsheet would compute begins with an apostrophe, which it does not show."""
    inner = terminal(text)
    if inner.lstrip()[:1] in _FORMULA and inner.strip() and not _NUMBER.fullmatch(inner):
        inner = f"'{inner}"
    if re.fullmatch(r"[\w .:/()@+-]*", inner):
        return inner
    return '"' + inner.replace('"', '""') + '"'
