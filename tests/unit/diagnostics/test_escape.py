"""Each sink against what is meant to command it: the table of attacks, and properties over all text."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Callable
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from reconciler.diagnostics import escape
from tests.unit.diagnostics.readers import (
    Command,
    azure_commands,
    compared,
    csv_rows,
    github_commands,
    render,
    screen,
    xml,
)

PLAIN = ("web-01", "rg-web/web-01", "日本語 é «x»", "Each is deallocated.", "1.5 h", "rg_prod_1", "(50%)", "a: b, c; d")
ATTACKS = (
    "\x1b[31mred\x1b[2J\x1b[H", "\x9b2J", "\x1b]8;;https://evil/\x07here\x1b]8;;\x07", "\x1b]52;c;cm0gLXJm\x07",
    "\x1b]0;title\x07", "a\rb", "a\x08b", "a\x07", "\u202egnp.exe", "\u2066x\u2069", "we\u200bb", "\ufeffweb",
    "\U000e0041", "::error::x", "  ::set-env name=PATH::/tmp", "x\n::add-mask::x", "x\r::stop-commands::y",
    "\u200b::error::x", "\xa0::notice::x", "x ##[error]y", "##[set-output name=a]b",
    "##vso[task.setvariable variable=PATH]/x", "x ##vso[task.complete result=Failed;]", "#\u200b#vso[task.x]",
    "##\xadvso[task.x]y", "##VSO[task.x]y", "#\ufe0f#\ufe0f[error]", "@team", "#123", "GH-1", "!7",
    "https://evil/x", "www.evil.com", "a@evil.com", "![x](https://evil/i.png)", "[x](javascript:alert(1))",
    "<img src=x onerror=alert(1)>", "</details>", "<!-- x -->", "-->", "a|b", "a\\|b", "`", "``x`", "`a` `` ` ",
    "```\nx", "~~~", "# x", "- x", "1. x", "===", "---", "|-|", ":-", "> x", "*x*", "_x_", "**x**", "~~x~~", "$x$",
    ":white_check_mark:", "[^1]", "- [x] done", "x  ", "\\", "&lt;b&gt;", "&#64;a",
    "</script><script>alert(1)</script>", "' onload='x", '" onload="x', "javascript:alert(1)", "{{7*7}}", "${x}",
    "=1+1", "+1+1", "-1+1", "@SUM(A1)", "=cmd|' /C calc'!A0", "\uff1d1+1", " =1+1", "\t=1+1", '"', 'a","b', "a;b",
    "]]>", "<![CDATA[x]]>", "\x00", "\x0b", "\ufffe", "\uffff", "\ud800", "\udfff", "a\udc80b", "\u2028", "\x85",
    "x" * 4096, "e" + "\u0301" * 2000, "\u05d0\u05d1 web \u05d2", "level=error msg=forged", 'x" level=error',
    "%0A::error::x", "%25", "%0D", "a:b,c", "a;b]c", "null", "", " ", "\n", "\r\n",
)  # fmt: skip
MARKS = "`|\\<>&@#:![]()*_~-+=.;,%\"'$ \n\r\tvsoVSOerx1\x1b\u200b\u202e\ud800"
TEXTS = st.one_of(
    st.text(max_size=60),
    st.text(alphabet=st.sampled_from(MARKS), max_size=40),
    st.lists(st.sampled_from(ATTACKS), min_size=1, max_size=3).map("".join),
)
calm = settings(derandomize=True, deadline=None, database=None, max_examples=400)
EVERY_SINK: tuple[Callable[[str], str], ...] = (
    escape.terminal,
    escape.log_value,
    escape.github_data,
    escape.github_property,
    escape.azure_data,
    escape.azure_property,
    escape.markdown,
    escape.markdown_code,
    escape.html_text,
    escape.xml_text,
    escape.json_text,
    escape.json_in_html,
    escape.csv_cell,
)


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("sink", EVERY_SINK, ids=lambda sink: sink.__name__)
def test_one_line_that_is_seen_whole(sink: Callable[[str], str], attack: str) -> None:
    shown = sink(attack)

    assert not any(escape.unseen(character) for character in shown)
    assert shown.encode("utf-8").decode("utf-8") == shown


@pytest.mark.parametrize("text", PLAIN)
def test_what_is_harmless_stays(text: str) -> None:
    assert escape.terminal(text) == text
    assert escape.markdown(text) == text
    assert escape.html_text(text) == text
    assert escape.xml_text(text) == text
    assert escape.ci_lines(text) == text
    assert escape.github_data(text) == text.replace("%", "%25")
    assert escape.azure_property(text) == text.replace("%", "%AZP25").replace(";", "%3B")
    assert json.loads(escape.json_text(text)) == text
    assert csv_rows(escape.csv_cell(text)) == [[text]]


# --- the terminal --------------------------------------------------------------------------------------------------


def test_what_can_be_read_stays() -> None:
    text = "web-01 日本語 é «x» [bold] \\"
    assert escape.terminal(text) == text


def test_what_cannot_be_seen_is_spelled_out() -> None:
    spelled = escape.terminal("a\x1b[31m\n\r\t\x85\u202e\u200b\u3164\U000e0041")
    assert spelled == "a\\x1b[31m\\n\\r\\t\\x85\\u202e\\u200b\\u3164\\U000e0041"


def test_every_character_there_is() -> None:
    for number in range(sys.maxunicode + 1):
        character = chr(number)
        if unicodedata.category(character)[0] == "C" or character in "\u2028\u2029":
            assert escape.terminal(character).isascii()


def test_a_long_name_keeps_both_ends() -> None:
    short = escape.shorten("start" + "x" * 4096 + "end", 20)
    assert short.startswith("start")
    assert short.endswith("end")
    assert cell_len(short) == 20
    assert cell_len(escape.shorten("日本語" * 50, 20)) <= 20


def test_marks_that_take_no_room_are_cut_too() -> None:
    assert len(escape.shorten("e" + "\u0301" * 5000 + "z", 20)) <= 20 * 4


@calm
@given(TEXTS)
@example("\x1b]52;c;cm0=\x07")
def test_a_terminal_is_told_nothing(text: str) -> None:
    assert screen(escape.terminal(text) + "\n")[1] == []


# --- the log -------------------------------------------------------------------------------------------------------


@calm
@given(TEXTS)
def test_a_value_forges_no_pair(text: str) -> None:
    value = escape.log_value(text)

    if value.startswith('"'):
        inner = value[1:-1].replace("\\\\", "").replace('\\"', "")
        assert value.endswith('"')
        assert '"' not in inner
    else:
        assert not set(value) & set(" =\"'")
        assert value == escape.terminal(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [("web-01", "web-01"), ("rg/web-01", "rg/web-01"), ("a b", '"a b"'), ('a" x=1', '"a\\" x=1"'), ("", '""')],
)
def test_a_value_is_quoted_only_where_it_must(text: str, value: str) -> None:
    assert escape.log_value(text) == value


# --- CI systems ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("attack", ["::error::x", " \t::set-env name=a::b", "x\r::a::b", "\u3000::a::b", "\ufeff::a::"])
def test_the_reader_of_commands_finds_them(attack: str) -> None:
    assert github_commands(attack)
    assert not github_commands(escape.ci_lines(attack))


@pytest.mark.parametrize("attack", ["x ##[error]y", "##vso[task.x]y", "#\u200b#VSO[task.x a=b]y", "##\u00ad[group]"])
def test_the_other_reader_finds_them(attack: str) -> None:
    assert azure_commands(attack)
    assert not azure_commands(escape.ci_lines(attack))


@calm
@given(TEXTS)
@example("\x1b[1m\u200b::error::x")
@example("#\x1b[0m#vso[task.x]")
@example("#####[error]")
@example(":::: x ::")
def test_no_line_becomes_a_command(text: str) -> None:
    shown = escape.ci_lines(text)

    assert github_commands(shown) == []
    assert azure_commands(shown) == []
    assert shown.replace("\\u003a", ":").replace("\\u0023", "#") == text.replace("\\u003a", ":").replace("\\u0023", "#")


@calm
@given(TEXTS, TEXTS)
@example("%0A::error::", "x,line=1::y")
def test_one_workflow_command_and_no_other(message: str, title: str) -> None:
    line = f"::error title={escape.github_property(title)}::{escape.github_data(message)}"

    shown = escape.ci_lines("\n".join(map(escape.terminal, message.split("\n"))))
    properties = {"title": compared(escape.ci_lines(escape.terminal(title)))}
    assert github_commands(line) == [Command("error", compared(shown), properties)]
    assert azure_commands(line) == []


@calm
@given(TEXTS, TEXTS)
@example("%0A##vso[x]", "x;code=1]y")
def test_one_logging_command_and_no_other(message: str, path: str) -> None:
    line = f"##vso[task.logissue sourcepath={escape.azure_property(path)};type=error]{escape.azure_data(message)}"

    shown = escape.ci_lines("\n".join(map(escape.terminal, message.split("\n"))))
    properties = {"sourcepath": compared(escape.ci_lines(escape.terminal(path))), "type": "error"}
    assert azure_commands(line) == [Command("task.logissue", compared(shown), properties)]


# --- Markdown ------------------------------------------------------------------------------------------------------

PARAGRAPH = ["paragraph_open", "paragraph_close"]


def seen(text: str) -> str:
    return "".join(text.split())


@calm
@given(TEXTS)
@example("`a`` b`")
@example("`` ` ` ``")
@example("`@x` `#1`")
def test_words_stay_words(text: str) -> None:
    page = render(escape.markdown(text))

    assert page.elements in (PARAGRAPH, [])
    assert (page.alarms, page.links) == ([], [])


@calm
@given(TEXTS.filter(lambda text: "`" not in text))
def test_words_are_all_there(text: str) -> None:
    page = render(escape.markdown(text))

    whole = [*page.prose, *page.code]
    assert sorted(seen("".join(whole))) == sorted(seen(escape.terminal(text).replace("|", "\\x7c")))


@calm
@given(TEXTS, TEXTS)
def test_a_table_keeps_its_cells(name: str, text: str) -> None:
    row = f"| {escape.markdown_code(name)} | {escape.markdown(text)} |"
    page = render(f"| a | b |\n|---|---|\n{row}\n\nafter")

    assert page.elements.count("td_open") == 2
    assert page.elements.count("tr_open") == 2
    assert page.prose[-1] == "after"
    assert page.code[0].strip() == escape.terminal(name).replace("|", "\\x7c").strip()
    assert page.links == []


def test_code_spans_that_are_there_stay_whole() -> None:
    assert escape.markdown("Set `step: x y` and `z`.") == "Set `step: x y` and `z`."


# --- HTML, XML, JSON, CSV ------------------------------------------------------------------------------------------


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        self.tags.append(("!--", {}))


@calm
@given(TEXTS)
def test_html_holds_one_element(text: str) -> None:
    page = Page()
    page.feed(f"<p title=\"{escape.html_text(text)}\" lang='{escape.html_text(text)}'>{escape.html_text(text)}</p>")
    page.close()

    shown = escape.terminal(text)
    assert page.tags == [("p", {"title": shown, "lang": shown})]
    assert "".join(page.texts) == shown


@calm
@given(TEXTS)
@example("<!--<script>")
def test_a_document_inside_a_script_stays_inside(text: str) -> None:
    written = escape.json_in_html({"name": text})
    page = Page()
    page.feed(f"<script type='application/json'>{written}</script>")
    page.close()

    assert [tag for tag, _ in page.tags] == ["script"]
    assert not set(written) & set("<>&'")
    assert json.loads("".join(page.texts)) == json.loads(escape.json_text({"name": text}))


@calm
@given(TEXTS)
def test_xml_can_be_read_back(text: str) -> None:
    made = ElementTree.Element("case", name=escape.xml_text(text))
    made.text = escape.xml_text(text)
    read = xml(ElementTree.tostring(made, encoding="unicode"))

    assert read.get("name") == (read.text or "") == escape.ci_lines(escape.terminal(text))
    assert len(read) == 0


@calm
@given(TEXTS)
@example("\ud800\udc00")
@example("##[x] ::a::")
def test_json_is_ascii_and_reads_back(text: str) -> None:
    written = escape.json_text({"name": text, text: [text]}, indent=2)
    read = json.loads(written)

    assert written.isascii()
    assert read["name"].encode("utf-8").decode("utf-8") == read["name"]
    if text.isprintable():
        assert read["name"] == text
    assert github_commands(written) == azure_commands(written) == []


@calm
@given(TEXTS)
def test_a_spreadsheet_computes_nothing(text: str) -> None:
    [[cell, last]] = csv_rows(f"{escape.csv_cell(text)},end")

    assert last == "end"
    assert cell.removeprefix("'") == escape.terminal(text).removeprefix("'")
    computed = cell.lstrip()[:1] in ("=", "@", "+", "-", "＝", "＋", "－", "＠")
    assert not computed or cell.lstrip("+-").replace(".", "").replace(",", "").isdigit()
