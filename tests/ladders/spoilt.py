"""Manifests that are right but for one thing, which must be told; and words that must stay words."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import strategies as st

from reconciler.manifests.load import load_texts
from tests.hostile.manifests import FRAME
from tests.ladders.courses import drawn

_EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*/backup/*.yaml"))
FILES = st.sampled_from([path.read_text(encoding="utf-8") for path in _EXAMPLES])
_KEY = re.compile(r"^( *)([a-zA-Z]+): *([^\s{\[#|>].*)$")
"""A line with a key and a plain value."""
_UNSEEN = "\u2028\u2029\u0085\u00a0\u200b\u200e\u202e\u2066\ufeff\t\x1b\u3164"
_WORD = FRAME.decode()


def _refused(text: str) -> bool:
    loaded = load_texts({"x.yaml": text.encode("utf-8", "surrogatepass")})
    assert (loaded.desired is None) == any(one.severity == "error" for one in loaded.diagnostics)
    return "x.yaml" in {one.span.file for one in loaded.diagnostics} and loaded.desired is None


def _codes(text: str) -> set[str]:
    loaded = load_texts({"x.yaml": text.encode("utf-8", "surrogatepass")})
    return {one.code for one in loaded.diagnostics} if loaded.desired is None else set()


@drawn(FILES, st.data())
def what_is_doubled_or_misspelt_is_refused(text: str, data: st.DataObject) -> None:
    """I-40: of a key that stands twice neither counts, and no key is passed over."""
    lines = text.split("\n")
    number = data.draw(st.sampled_from([place for place, line in enumerate(lines) if _KEY.match(line)]))
    found = _KEY.match(lines[number])
    assert found is not None
    twice = [*lines[: number + 1], f"{found[1]}{found[2]}: {data.draw(st.sampled_from((found[3], 'x', '7')))}"]
    assert "yaml-duplicate-key" in _codes("\n".join([*twice, *lines[number + 1 :]]))
    if found[1] in {"", "  "} and "tags:" not in text:
        other = [*lines[: number + 1], f"{found[1]}{found[2]}s: {found[3]}", *lines[number + 1 :]]
        assert _refused("\n".join(other))


@drawn(FILES, st.data())
def what_holds_less_than_it_seems_is_refused(text: str, data: st.DataObject) -> None:
    """I-40: an empty file, an empty document, a file that ends in the middle of a text."""
    assert _refused(data.draw(st.sampled_from(("", "\n", "# nothing\n", "---\n", "null\n", "~\n", "[]\n", "{}\n"))))
    assert _refused(f"{text.rstrip()}\n---\n" + data.draw(st.sampled_from(("", "# nothing\n", "~\n", "- a\n"))))
    assert _refused(f"{text.rstrip()}\n" + data.draw(st.sampled_from(('"', "'", "{", "[", "? [", "x: 'y", '\\: "'))))


@drawn(FILES, st.data())
def what_nobody_sees_is_refused(text: str, data: st.DataObject) -> None:
    """I-41: characters without a glyph, bytes that are no text, anchors, aliases and tags."""
    place = data.draw(st.integers(1, len(text)))
    assert "yaml-character" in _codes(text[:place] + data.draw(st.sampled_from(_UNSEEN)) + text[place:])
    content = text.encode()
    broken = content[:place] + data.draw(st.sampled_from((b"\xff", b"\xc0\x80", b"\xed\xa0\x80"))) + content[place:]
    assert "yaml-encoding" in {one.code for one in load_texts({"x.yaml": broken}).diagnostics}
    lines = text.split("\n")
    number = data.draw(st.sampled_from([place for place, line in enumerate(lines) if _KEY.match(line)]))
    value = data.draw(st.sampled_from(("&a ", "!!str ", "!x ", "*a #")))
    lines[number] = _KEY.sub(rf"\1\2: {value}\3", lines[number])
    assert {"yaml-anchor", "yaml-tag"} & _codes("\n".join(lines))


@drawn(
    st.sampled_from(("no", "No", "on", "off", "yes", "y", "22:30", "1_000", "2027-13-45", "0o", "1:2:3", "=", "<<x"))
)
def a_word_stays_a_word(word: str) -> None:
    """I-41: nothing of YAML 1.1 is guessed."""
    loaded = load_texts({"x.yaml": _WORD.replace("HERE", word).encode()})
    assert loaded.desired is not None
    assert loaded.desired.exemptions[0].reason == word


@drawn(st.sampled_from((".nan", ".inf", "-.INF", "1e999", "9" * 400, "true", "~", "7")))
def what_is_no_text_is_no_reason(word: str) -> None:
    """I-40."""
    assert _refused(_WORD.replace("HERE", word))
