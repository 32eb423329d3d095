"""JSON with something hostile in one place: fragments, and the places of a document."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

Place = tuple[str | int, ...]

FRAGMENTS: Mapping[str, str] = {
    "null": "null",
    "true": "true",
    "zero": "0",
    "minus": "-1",
    "large": "2147483648",
    "larger": "9223372036854775808",
    "digits": "9" * 5_000,
    "float": "1.5",
    "overflow": "1e999",
    "nan": "NaN",
    "infinity": "-Infinity",
    "empty": '""',
    "blank": '" "',
    "long": '"' + "x" * 100_000 + '"',
    "nul": r'"a\u0000b"',
    "escape": r'"a\u001b[2Jb"',
    "link": r'"\u001b]8;;https://evil.example\u0007x\u001b]8;;\u0007"',
    "newline": r'"a\nb\r\nc"',
    "bidi": r'"a\u202eb\u2066c"',
    "hidden": r'"a\u200bb\ufeffc"',
    "surrogate": r'"a\ud800b"',
    "surrogate-raw": '"a\udc80b"',
    "pair": r'"a\ud83d\udd12b"',
    "kelvin": '"\u212aB"',
    "folding": '"stra\u00dfe"',
    "combining": '"' + "e\u0301" * 300 + '"',
    "wide": '"' + "\u65e5" * 300 + '"',
    "up": '"../../x"',
    "percent": '"%2e%2e%2fx"',
    "slashes": '"//a///b/"',
    "backslash": r'"a\\b"',
    "query": '"a?api-version=1#x"',
    "full-width": '"a\uff0fb"',
    "html": '"<img src=x onerror=alert(1)>"',
    "workflow": r'"x\n::error::y\n##vso[task.complete]"',
    "formula": r'"=cmd|\u0027/c calc\u0027!A0"',
    "markup": '"[red]x[/red] **y** `z`"',
    "format": '"{0} %s ${HOME} {{x}}"',
    "url": '"https://evil.example/subscriptions/x"',
    "foreign": '"/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/x/providers/Microsoft.Compute/x/y"',
    "first-year": '"0001-01-01T00:00:00Z"',
    "last-year": '"9999-12-31T23:59:59.9999999Z"',
    "no-day": '"2026-02-30T25:61:61Z"',
    "offset": '"0001-01-01T00:00:00+14:00"',
    "duration": '"P99999999999D"',
    "list": "[]",
    "object": "{}",
    "nested": '[{"a": [{"a": []}]}]',
    "deep": "[" * 100_000 + "]" * 100_000,
    "deep-objects": '{"a":' * 50_000 + "1" + "}" * 50_000,
    "twice": '{"a": 1, "a": 2}',
    "many": "[" + ",".join(["1"] * 20_000) + "]",
    "open": "[1,",
}
_MARK = "\u0001here\u0001"


def places(document: Any, at: Place = ()) -> Iterator[Place]:
    """Every place of a document, itself first."""
    yield at
    below = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, value in below:
        yield from places(value, (*at, key))


def with_fragment(document: Any, place: Place, fragment: str) -> bytes:
    """The document as JSON, with a fragment in one place; as if a machine had written it that knows no better."""
    if not place:
        text = FRAGMENTS[fragment]
    else:
        copy = json.loads(json.dumps(document))
        inner = copy
        for step in place[:-1]:
            inner = inner[step]
        inner[place[-1]] = _MARK
        text = json.dumps(copy).replace(json.dumps(_MARK), FRAGMENTS[fragment])
    return text.encode("utf-8", "surrogateescape")


def spelled(place: Place) -> str:
    """`vaults.0.name`; the document itself is `.`."""
    return ".".join(map(str, place)) or "."


def without(document: Any, place: Place) -> bytes:
    """The document as JSON without what stands in a place."""
    copy = json.loads(json.dumps(document))
    inner = copy
    for step in place[:-1]:
        inner = inner[step]
    del inner[place[-1]]
    return json.dumps(copy).encode()
