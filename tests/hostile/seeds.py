"""What YAML readers are known to stumble over, as values of a field; what must become of each.

`text` is taken as the very characters that were written; `*` is whatever the reader likes, as long as it says so
properly; anything else is the code of the mistake. The first five groups are INVARIANTS 3.6.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

TEXT, ANY = "text", "*"


@dataclass(frozen=True, slots=True)
class Seed:
    """`value` is what is written; `must` what comes of it where a text is wanted."""

    value: bytes
    must: str


_TEXTS = (
    "no", "No", "NO", "on", "On", "off", "y", "Y", "n", "yes", "22:30", "3:25:45", "1_000", "0b11", "1__0",
    "2024-13-45", "2024-02-30", "2026-03-02", "2001-12-14t21:59:43.10-05:00", "1.2.3", "+.5x", "nul",
    "NaN", "inf", "１２", "٣", "=", "<<", "..", "-x", "a#b", "x:y", "null0", "0o8", "0xg", "~x", "日本語", "é", "🔒",
    "e3", "--1", "中　文",
)  # fmt: skip
_TAGS = (
    "!!int abc", "!!float abc", "!!timestamp abc", "!!bool abc", "!!str 1", "!!null x", "!!binary aGk=", "!!set {a}",
    "!!omap []", "!!python/name:os.system", "!!python/object/apply:os.system [id]", "!!python/tuple [1]", "! x",
    "!local x", "!<tag:yaml.org,2002:str> x", "!!merge <<", "!!value =", "!<!> x", "!%69d x",
)  # fmt: skip
_ANCHORS = ("&a x", "*a", "&a [*a]", "&a {b: *a}", "{<<: {a: b}}", "{<<: [*a, *b]}", "&a")
_NUMBERS = (
    "9" * 25, "9" * 5_000, "0x" + "f" * 200_000, "-" + "1" * 4_400, "1e999", "-1e999", "1e-9999999999999999999999999",
    ".inf", "-.inf", "+.INF", ".nan", ".NaN", "0." + "1" * 5_000, "0o" + "7" * 10_000,
)  # fmt: skip
_OTHER_TYPES = (
    "1", "010", "0o17", "0x1F", "1e3", "1.10", "-0", "+1", ".5", "true", "False", "[]", "{}", "[a]", "{a: b}",
)  # fmt: skip
_BLANKS = ("", "~", "null", "NULL")
_ESCAPES = (
    r"\0", r"\a", r"\b", r"\e[31m", r"\x1b]8;;http://x\x07", r"\x85", r"\N", r"\L", r"\P", r"\u2028", r"\u202e",
    r"\u200b", r"\ufeff", r"\ufffe", r"\U0010ffff", r"\u034f", r"\u3164",
    r"\U000e0041", r"\t", r"\r", r"\x7f",
)  # fmt: skip
_BROKEN_ESCAPES = (r"\q", r"\u12", r"\U00110000", r"\x", r"\uzzzz", r"\ud800", r"\udfff", r"\ud83d\udd12")
_KEYS = {
    "{a: 1, a: 2}": "yaml-duplicate-key",
    '{a: 1, "a": 2}': "yaml-duplicate-key",
    "{é: 1, é: 2}": "yaml-duplicate-key",
    "{true: 1}": "yaml-key",
    "{1: 1, 1.0: 2}": "yaml-key",
    "{null: 1}": "yaml-key",
    "{~: 1}": "yaml-key",
    "{: 1}": ANY,
    "{? [a] : b}": "yaml-key",
    "{? {a: b} : c}": "yaml-key",
    "{[a]: b}": "yaml-key",
}
_SYNTAX = (
    "@x", "`x", "%x", "[a, b", "{a: b", "]", "}", "'x", '"x', "a: b: c", "[a,,b]", "- x", "|x", ">9+x", "x\n y: z",
    "?", "\x22\\\x22", "[}", "{]", ", x", "& x", "* x", "!<x", "'a'b", '"a"b', "'a' 'b'",
)  # fmt: skip
_NESTED = ("[" * 2_000, "[" * 64 + "]" * 64, "{a: " * 100, "[{a: " * 1_000, "- " * 300, "? " * 300, "[? " * 200)
_ALIASES = (f"a{n}: &a{n} [{', '.join([f'*a{n - 1}' if n else 'x'] * 9)}]" for n in range(9))
_MERGES = (f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, 20))
_BOMBS = {
    "alias-bomb": "{" + ", ".join(_ALIASES) + "}",
    "merge-bomb": "{" + ", ".join(_MERGES) + "}",
    "sexagesimal": "1" + ":59" * 100_000,
    "long": "x" * 200_000,
    "wide": "[" + "x, " * 20_000 + "]",
    "many-keys": "{" + ", ".join(f"k{n}" for n in range(5_000)) + "}",
}
_BYTES = {
    "nul": b"a\0b",
    "bell": b"a\x07b",
    "tab": b"a\tb",
    "delete": b"a\x7fb",
    "c1": "a\x9bb".encode(),
    "nel": "# x\u0085hidden: key".encode(),
    "line-separator": "# x\u2028hidden: key".encode(),
    "paragraph-separator": "# x\u2029hidden: key".encode(),
    "bom-inside": "a\ufeffb".encode(),
    "bidi": "a\u202eb".encode(),
    "isolate": "a\u2066b\u2069".encode(),
    "zero-width": "a\u200bb".encode(),
    "joiner": "a\u200db".encode(),
    "soft-hyphen": "a\u00adb".encode(),
    "filler": "a\u3164b".encode(),
    "tag-characters": "a\U000e0041b".encode(),
    "private": "a\ue000b".encode(),
    "unassigned": "a\u0378b".encode(),
    "noncharacter": "a\uffffb".encode(),
    "surrogate": b"a\xed\xa0\x80b",
    "cesu": b"a\xed\xa0\xbd\xed\xb4\x92b",
    "overlong": b"a\xc0\xafb",
    "overlong-nul": b"a\xc0\x80b",
    "beyond": b"a\xf4\x90\x80\x80b",
    "lone": b"a\x80b",
    "cut": b"a\xe2\x82",
    "latin-1": b"caf\xe9",
    "cr": b"a\rb",
}
_UNDECODED = {"surrogate", "cesu", "overlong", "overlong-nul", "beyond", "lone", "cut", "latin-1"}


def _of(group: str, values: tuple[str, ...], must: str, form: str = "{}") -> dict[str, Seed]:
    return {f"{group}-{number}": Seed(form.format(one).encode(), must) for number, one in enumerate(values)}


SEEDS: Mapping[str, Seed] = {
    **_of("text", _TEXTS, TEXT),
    **_of("tag", _TAGS, "yaml-tag"),
    **_of("anchor", _ANCHORS, "yaml-anchor"),
    **_of("number", _NUMBERS, "yaml-number"),
    **_of("type", _OTHER_TYPES, "manifest-wrong-type"),
    **_of("blank", _BLANKS, "manifest-blank"),
    **{f"key-{number}": Seed(text.encode(), code) for number, (text, code) in enumerate(_KEYS.items())},
    **_of("escape", _ESCAPES, "yaml-character", '"a{}b"'),
    **_of("escape-broken", _BROKEN_ESCAPES, "yaml-syntax", '"a{}b"'),
    **_of("syntax", _SYNTAX, ANY),
    **_of("nested", _NESTED, ANY),
    **{name: Seed(text.encode(), ANY) for name, text in _BOMBS.items()},
    **{
        f"bytes-{name}": Seed(raw, "yaml-encoding" if name in _UNDECODED else "yaml-character")
        for name, raw in _BYTES.items()
    },
}
