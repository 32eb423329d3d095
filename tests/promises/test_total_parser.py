"""For any bytes the reader answers with values or with mistakes at their places, soon, and never with an exception."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.manifests.load import Loaded, load_texts
from reconciler.manifests.reader import MIB, read_document

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*/backup/*.yaml"))
VALID = [path.read_bytes() for path in EXAMPLES]
CALM = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
BOMBS = {
    "brackets": b"[" * 100_000,
    "a MiB of brackets": b"[" * MIB,
    "braces": b"{" * MIB,
    "items": b"[" + b"x," * (MIB // 2 - 1),
    "nested items": b"- " * (MIB // 2),
    "nested keys": b"".join(b" " * depth + b"k:\n" for depth in range(1_400)),
    "equal keys": b"{" + b"a," * (MIB // 2 - 1),
    "distinct keys": b"\n".join(b"k%d: 1" % number for number in range(90_000)),
    "documents": b"---\n" * (MIB // 4),
    "complex keys": b"? " * (MIB // 2),
    "anchors": b"a: &a\n" * (MIB // 6),
    "a billion laughs": b"a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n",
    "an endless integer": b"a: " + b"9" * 100_000,
    "a sexagesimal": b"a: 1" + b":59" * 100_000,
    "NUL": b"\0" * MIB,
    "line ends": b"\r\n" * (MIB // 2),
    "quotes": b"'" * MIB,
    "one open quote": b'"' + b"a\n" * (MIB // 2 - 1),
    "a tag for each": b"- !!int x\n" * (MIB // 10),
    "direction": "\u202e".encode() * (MIB // 3),
    "blanks": b"apiVersion: reconciler/v1\nkind: Vault\n" + b"\n".join(b"k%d:" % n for n in range(20_000)),
    "wrong machines": b"apiVersion: reconciler/v1\nkind: Retirement\nspec:\n  virtualMachines:\n" + b"  - 1\n" * 45_000,
    "too large": b"a" * (MIB + 1),
}


def answer(content: bytes) -> Loaded:
    """What is true of every answer."""
    loaded = load_texts({"x.yaml": content})
    assert (loaded.desired is None) == any(one.severity == "error" for one in loaded.diagnostics)
    for one in loaded.diagnostics:
        assert one.span.file == "x.yaml"
        assert one.span.line >= 1
        assert 1 <= one.span.column < one.span.end_column
    document = read_document(content, "x.yaml")
    assert (document.data is None) or not document.diagnostics
    return loaded


@CALM
@given(st.binary(max_size=400))
def test_any_bytes(content: bytes) -> None:
    answer(content)


@CALM
@given(st.text(alphabet=" \n\t-:?,[]{}&*!|>'\"%@`#~a1.<\\u\ufeff\u2028\x85", max_size=200))
def test_any_text_of_yaml_signs(text: str) -> None:
    answer(text.encode())


@CALM
@given(st.sampled_from(VALID), st.data())
def test_valid_files_with_a_change(content: bytes, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, min(len(content), start + 60)))
    answer(content[:start] + data.draw(st.binary(max_size=12)) + content[end:])


@CALM
@given(st.sampled_from(VALID), st.data())
def test_valid_files_with_another_value(content: bytes, data: st.DataObject) -> None:
    lines = content.split(b"\n")
    number = data.draw(st.integers(0, len(lines) - 1))
    value = data.draw(st.sampled_from([b"~", b"[]", b"{}", b"-1", b"1e999", b"''", b"true", b"[[a]]", b"{a: b}", b"*"]))
    lines[number] = lines[number].split(b":")[0] + b": " + value
    answer(b"\n".join(lines))


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused(name: str) -> None:
    loaded = load_texts({"x.yaml": BOMBS[name]})
    assert loaded.desired is None
    assert loaded.diagnostics
    assert len(loaded.diagnostics) <= 250
