"""Plain data with a place for every node, and scalars of YAML 1.2."""

from __future__ import annotations

import pytest

from reconciler.manifests.builder import ReadLimits
from reconciler.manifests.reader import read, read_document
from reconciler.model.zones import iana_zone, windows_zone


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"), ("on", "on"), ("22:30", "22:30"), ("1_000", "1_000"), ("010", 10), ("0o17", 15), ("0x1F", 31),
        ("1e3", 1000.0), ("1.10", 1.1), (".5", 0.5), ("-1", -1), ("True", True), ("FALSE", False), ("~", None),
        ("null", None), ("2024-13-45", "2024-13-45"), ("'1'", "1"), ('"~"', "~"), ("=", "="), ("0b1", "0b1"),
    ],
)  # fmt: skip
def test_scalars(text: str, value: object) -> None:
    (document,) = read(f"a: {text}\n".encode(), "f").documents
    assert document.data == {"a": value}
    assert type(document.data["a"]) is type(value)


def test_places_of_keys_and_values() -> None:
    (document,) = read("é: {b: [x, yy]}\nc:\n  d: 'z'\n".encode(), "f").documents
    assert str(document.places.at("é", "b", 1)) == "f:1:12"
    assert document.places.at("é", "b", 1).end_column == 14
    assert str(document.places.at("c", "d")) == "f:3:6"
    assert str(document.keys.at("c", "d")) == "f:3:3"
    assert document.places.at("é").end_column == 16


def test_a_byte_order_mark_is_taken_at_the_start_only() -> None:
    assert read("\ufeffa: 1\n".encode(), "f").documents[0].data == {"a": 1}
    assert [one.code for one in read("a: 1\n\ufeffb: 2\n".encode(), "f").diagnostics] == ["yaml-character"]


@pytest.mark.parametrize("escape", [r"\u202e", r"\0", r"\u034f", r"\u3164", r"\u2800", r"\u00a0", r"\u2003"])
def test_an_escape_smuggles_nothing_in_that_cannot_be_seen(escape: str) -> None:
    assert [one.code for one in read(f'a: "x{escape}y"\n'.encode(), "f").diagnostics] == ["yaml-character"]
    assert [one.code for one in read(f'a: "x{escape}y"\n'.encode().decode("unicode_escape").encode(), "f").diagnostics]


def test_what_can_be_seen_may_stand_there() -> None:
    assert read('a: "é\u3000\\u00e9 日本 🔒"\n'.encode(), "f").documents[0].data == {"a": "é\u3000é 日本 🔒"}


def test_directives_are_refused_before_they_are_compared_with_each_other() -> None:
    one = read(b"%TAG !t! tag:x\n---\na: 1\n", "f")
    many = read(b"".join(b"%%TAG !t%d! tag:x\n" % number for number in range(40_000)), "f")
    assert [found.code for found in one.diagnostics] == [found.code for found in many.diagnostics] == ["yaml-tag"]
    assert read(b'a: "\n%x"\n', "f").documents[0].data == {"a": " %x"}


def test_a_long_name_is_not_repeated_whole() -> None:
    name = "k" * 5_000
    for text in (f"&{name} a", f"*{name}", f"!{name} a", f"{{{name}: 1, {name}: 2}}"):
        (found,) = read(text.encode(), "f").diagnostics
        assert len(found.message) < 200


def test_one_document_with_limits_of_its_own() -> None:
    content = b"a: [" + b"x, " * 60_000 + b"x]\n"
    assert [one.code for one in read_document(content, "f").diagnostics] == ["yaml-too-large"]
    assert len(read_document(content, "f", ReadLimits(nodes=100_000)).data["a"]) == 60_001
    assert [one.code for one in read_document(b"a: 1\n---\nb: 2\n", "f").diagnostics] == ["yaml-syntax"]


def test_zones_there_and_back() -> None:
    assert windows_zone("europe/amsterdam") == windows_zone("W. Europe Standard Time") == "W. Europe Standard Time"
    assert iana_zone("W. Europe Standard Time") == "Europe/Berlin"
    assert windows_zone("UTC") == iana_zone("UTC") == "UTC"
