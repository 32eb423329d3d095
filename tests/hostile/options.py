"""Hostile settings files and variables: what the operator's machine may have been made to say."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import product
from pathlib import Path

from reconciler.settings import _KEYS
from tests.hostile.command import BACKUP, QUICKSTART, run
from tests.hostile.kind import Kind, Said, case_of
from tests.hostile.mutants import CHANGES, CODECS, encoded, mutant
from tests.hostile.seeds import SEEDS

LINE = ("--cloud", "embedded", "--estate", str(QUICKSTART / "estate.yaml"), *BACKUP, "--dry-run")
FRAGMENTS: Mapping[str, str] = {
    "empty": '""',
    "nul": r'"a\u0000b"',
    "escape": r'"\u001b[2J"',
    "newline": r'"a\nb"',
    "bidi": r'"\u202e"',
    "long": '"' + "x" * 100_000 + '"',
    "percent": '"nan%"',
    "infinite": '"inf"',
    "negative": '"-5%"',
    "duration": '"1e9 days"',
    "digits": '"' + "9" * 5_000 + ' days"',
    "arabic": '"٣ days"',
    "nan": "nan",
    "inf": "-inf",
    "minus": "-1",
    "zero": "0",
    "large": "9223372036854775808",
    "larger": "9" * 5_000,
    "float": "1.5",
    "true": "true",
    "date": "2026-03-02T09:00:00Z",
    "time": "07:32:00",
    "list": "[]",
    "texts": '["a", "b"]',
    "odd-texts": r'["\u0000", "\u001b[2J", ""]',
    "mixed": '["a", 1]',
    "table": "{a = 1}",
    "deep": "[" * 5_000 + "]" * 5_000,
    "deep-tables": "{a = " * 2_000 + "1" + "}" * 2_000,
}
RAW: Mapping[str, bytes] = {
    "nothing": b"",
    "nul": b"\0",
    "bom": b"\xef\xbb\xbfmax-writes = 1\n",
    "invalid": b"cloud = '\xff'\n",
    "twice": b"max-writes = 1\nmax-writes = 2\n",
    "unknown": b"maxwrites = 1\n",
    "odd-key": b'"\\u001b[2J" = 1\n',
    "long-key": b"x" * 100_000 + b" = 1\n",
    "empty-key": b'"" = 1\n',
    "dotted": b".".join([b"a"] * 20_000) + b" = 1\n",
    "tables": b"[a]\n" * 10_000,
    "arrays": b"[[a]]\n" * 40_000,
    "large": b"# x\n" * 80_000,
    "open": b'cloud = """',
    "cr": b"max-writes = 1\rmax-stops = 2\n",
}
_MUTANTS = 80
_EVERY = 2


class Options(Kind):
    name, module, cpu = "settings", __name__, 10

    def cases(self) -> Iterator[str]:
        yield from (case_of("raw", name) for name in RAW)
        pairs = list(product(_KEYS, FRAGMENTS))
        for turn in range(_EVERY):
            yield from (case_of("file", key, fragment) for key, fragment in pairs[turn::_EVERY])
        variables = [(key, name) for key, name in pairs if _variable(FRAGMENTS[name]) is not None]
        yield from (case_of("variable", key, fragment) for key, fragment in variables[::_EVERY])
        yield from (case_of("codec", codec) for codec in CODECS)
        yield from (case_of("mutant", number) for number in range(_MUTANTS))

    @contextmanager
    def made(self, case: str) -> Iterator[bytes]:
        top = Path(tempfile.mkdtemp(prefix="settings-"))
        family, *rest = case.split(" ")
        try:
            variables = {}
            if family == "variable":
                key, fragment = rest
                variables[f"RECONCILE_{key.replace('-', '_').upper()}"] = _variable(FRAGMENTS[fragment])
            else:
                (top / "settings.toml").write_bytes(_content(family, rest))
            yield json.dumps({"folder": str(top), "variables": variables}).encode()
        finally:
            shutil.rmtree(top)

    def warm(self) -> None:
        with self.made("raw nothing") as content:
            child = os.fork()
            if child == 0:
                self.read(content)
                os._exit(0)
            os.waitpid(child, 0)

    def read(self, content: bytes) -> Said:
        given = json.loads(content)
        folder = Path(given["folder"])
        words = LINE if given["variables"] else ("--config", "settings.toml", *LINE)
        ended = run(words, folder, given["variables"])
        return {"outcome": str(ended.code), "wrong": list(ended.wrong())}


KIND = Options()


def _content(family: str, rest: list[str]) -> bytes:
    whole = "\n".join(f"{key} = {_sound(key)}" for key in _KEYS).encode()
    match family, rest:
        case "raw", [name]:
            return RAW[name]
        case "file", [key, fragment]:
            return f"{key} = {FRAGMENTS[fragment]}\n".encode()
        case "codec", [codec]:
            return encoded(b"max-writes = 5\n", codec)
        case "mutant", [number]:
            words = [seed.value for seed in SEEDS.values() if len(seed.value) < 1_000]
            return mutant(whole, f"settings {number}", words, CHANGES)
    raise ValueError(f"no such case: {family} {rest}")


def _sound(key: str) -> str:
    kind, _ = _KEYS[key]
    return {bool: "true", int: "5", list: "[]"}.get(kind if isinstance(kind, type) else kind[0], '"20%"')


def _variable(fragment: str) -> str | None:
    """What a variable can say of a fragment: a text without NUL."""
    try:
        value = json.loads(fragment)
    except (ValueError, RecursionError):
        value = fragment
    text = value if isinstance(value, str) else fragment
    return None if "\0" in text else text
