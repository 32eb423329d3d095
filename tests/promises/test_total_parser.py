"""For any bytes the reader answers with values or with mistakes at their places, soon, and never with an exception."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.manifests.load import Loaded, load_texts
from reconciler.manifests.reader import read_document
from tests.hostile.bombs import BOMBS

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*/backup/*.yaml"))
VALID = [path.read_bytes() for path in EXAMPLES]
CALM = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)


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
    loaded = load_texts({"x.yaml": BOMBS[name](1 << 14)})
    assert loaded.desired is None
    assert loaded.diagnostics
    assert len(loaded.diagnostics) <= 250
