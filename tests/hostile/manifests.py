"""Hostile manifests: seeds in every place, bombs of every size, strange characters, cut and changed examples."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import yaml

from reconciler.cli.validate import document
from reconciler.diagnostics.catalog import catalog
from reconciler.diagnostics.text import render_diagnostics
from reconciler.manifests.load import Loaded, load_texts
from reconciler.manifests.reader import read
from tests.hostile.bombs import BOMBS, SIZES
from tests.hostile.kind import Kind, Said, case_of
from tests.hostile.mutants import CHANGES, CODECS, encoded, mutant, noise
from tests.hostile.seeds import SEEDS, TEXT

FOLDER = Path(__file__).parents[2] / "examples"
EXAMPLES = {f"{path.parts[-3]}/{path.name}": path.read_bytes() for path in sorted(FOLDER.glob("*/backup/*.yaml"))}
TODAY = date(2026, 3, 2)
FRAME = b"""apiVersion: reconciler/v1
kind: Vault
metadata: {name: rsv}
spec: {subscriptionId: 00000000-0000-0000-0000-000000000001, resourceGroup: rg, location: westeurope}
---
apiVersion: reconciler/v1
kind: Exemption
metadata: {name: seed}
spec:
  vault: rsv
  virtualMachines: [{name: web-01, resourceGroup: rg}]
  owner: me
  expires: 2027-03-31
  reason: HERE
"""
"""Two documents, and a place for any text in them."""
PLACES: Mapping[str, bytes] = {
    "value": FRAME,
    "item": FRAME.replace(b"reason: HERE", b"reason: why\n  select: {names: [HERE]}"),
    "tag": FRAME.replace(b"reason: HERE", b"reason: why\n  select: {tags: {env: [HERE]}}"),
    "key": FRAME.replace(b"reason: HERE", b"reason: why\n  HERE: x"),
    "tag-key": FRAME.replace(b"reason: HERE", b"reason: why\n  select: {tags: {HERE: [x]}}"),
    "name": FRAME.replace(b"name: seed", b"name: HERE").replace(b"reason: HERE", b"reason: why"),
    "kind": FRAME.replace(b"kind: Vault", b"kind: HERE").replace(b"reason: HERE", b"reason: why"),
    "comment": FRAME.replace(b"reason: HERE", b"reason: why # HERE"),
    "before": b"HERE\n" + FRAME.replace(b"reason: HERE", b"reason: why"),
    "after": FRAME.replace(b"reason: HERE", b"reason: why") + b"HERE\n",
    "block": FRAME.replace(b"reason: HERE", b"reason: |\n    HERE"),
    "alone": b"HERE",
}  # fmt: skip
_MUTANTS = 250
_PAIRS = 600
_NOISE = 300
_INVISIBLE = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}
_SPACES = {0x20, 0x3000}
_SMALL = 20_000
"""Bytes up to which a second reader, which is slow, looks at a file too."""


class Manifests(Kind):
    name = "manifest"
    module = __name__

    def cases(self) -> Iterator[str]:
        yield from (case_of("seed", seed, place) for place, seed in product(PLACES, SEEDS))
        yield from (case_of("bomb", bomb, size) for bomb, size in product(BOMBS, SIZES))
        yield from (case_of("codec", codec, example) for codec, example in product(CODECS, EXAMPLES))
        for place in ("comment", "value"):
            yield from (case_of("character", f"{one:04X}", place) for one in _characters())
        yield from (case_of("mutant", example, number) for number in range(_MUTANTS) for example in EXAMPLES)
        yield from (case_of("pair", number) for number in range(_PAIRS))
        yield from (case_of("noise", number) for number in range(_NOISE))
        for example in ("quickstart/vault.yaml", "quickstart/policies.yaml", "preview-2015/preview.yaml"):
            yield from (case_of("prefix", example, end) for end in range(len(EXAMPLES[example])))

    @contextmanager
    def made(self, case: str) -> Iterator[bytes]:
        yield self.content(case)

    def content(self, case: str) -> bytes:
        family, *rest = case.split(" ")
        match family, rest:
            case "seed", [seed, place]:
                return PLACES[place].replace(b"HERE", SEEDS[seed].value)
            case "bomb", [bomb, size]:
                return BOMBS[bomb](int(size))
            case "codec", [codec, example]:
                return encoded(EXAMPLES[example], codec)
            case "character", [code, place]:
                character = chr(int(code, 16)).encode("utf-8", "surrogatepass")
                return PLACES[place].replace(b"HERE", b'"a%sb"' % character)
            case "mutant", [example, number]:
                words = [seed.value for seed in SEEDS.values() if len(seed.value) < 1_000]
                return mutant(EXAMPLES[example], f"{example} {number}", words, CHANGES)
            case "pair", [number]:
                return _pair(Random(f"pair {number}"))
            case "noise", [number]:
                return noise(f"noise {number}")
            case "prefix", [example, end]:
                return EXAMPLES[example][: int(end)]
        raise ValueError(f"no such case: {case}")

    def warm(self) -> None:
        for place in ("value", "kind", "key"):
            self.read(PLACES[place].replace(b"HERE", b"[x]"))

    def read(self, content: bytes) -> Said:
        loaded = load_texts({"x.yaml": content}, today=TODAY)
        wrong = list(_untrue(loaded))
        if loaded.desired is not None and len(content) <= _SMALL:
            wrong += _differences(content)
        reasons = [one.reason for one in loaded.desired.exemptions] if loaded.desired else []
        codes = sorted({one.code for one in loaded.diagnostics})
        return {
            "outcome": " ".join(codes) or "loaded",
            "wrong": wrong,
            "loaded": loaded.desired is not None,
            "reason": reasons[0] if len(reasons) == 1 else None,
        }

    def judged(self, case: str, said: Said) -> Iterator[str]:
        family, *rest = case.split(" ")
        codes = said["outcome"].split(" ")
        if family == "seed" and rest[1] == "value":
            seed = SEEDS[rest[0]]
            if seed.must == TEXT and said.get("reason") != seed.value.decode():
                yield f"I-41: the text became {said.get('reason')!r}, {said['outcome']}"
            elif seed.must not in {TEXT, "*"} and seed.must not in codes:
                yield f"I-41: {seed.must} was to be said, and not {said['outcome']}"
        if family == "seed" and rest[1] == "key" and SEEDS[rest[0]].must == TEXT and said.get("loaded"):
            yield "I-40: a key that nobody knows was passed over"
        if family == "character" and (int(rest[0], 16) in _SPACES) != said.get("loaded"):
            yield f"I-41: a character was {'taken that nobody sees' if said.get('loaded') else 'refused'}"


KIND = Manifests()


def _characters() -> Iterator[int]:
    """Every character below U+30000 that is a control, a format or a separator, and a few of the other unseen ones."""
    separating = {"Cc", "Cf", "Zl", "Zp", "Zs"}
    found = {number for number in range(0x30000) if unicodedata.category(chr(number)) in separating}
    found |= {0x034F, 0x115F, 0x1160, 0x2800, 0x3164, 0xFFA0, 0xD800, 0xDBFF, 0xDC00, 0xDFFF, 0xE000, 0xF8FF, 0xFDD0}
    found |= {0xFFFE, 0xFFFF, 0x1FFFE, 0x10FFFF, 0xE0001, 0xE0020, 0xE007F, 0xF0000, 0x0378, 0x2FFFF}
    yield from sorted(found - {ord("\n")})


def _pair(random: Random) -> bytes:
    """Two seeds in two places of one file."""
    names, places = list(SEEDS), ("value", "tag", "key", "comment")
    one, other = SEEDS[random.choice(names)].value, SEEDS[random.choice(names)].value
    first = PLACES[random.choice(places)].replace(b"HERE", one)
    return first + PLACES[random.choice(("after", "before"))].replace(FRAME, b"").replace(b"HERE", other)


def _untrue(loaded: Loaded) -> Iterator[str]:
    """What every answer must be, and what of it is not so."""
    known = catalog().rows
    if (loaded.desired is None) != any(one.severity == "error" for one in loaded.diagnostics):
        yield "I-40: neither a value nor a mistake"
    if len(loaded.diagnostics) > 500:
        yield f"I-31: {len(loaded.diagnostics)} mistakes"
    for one in loaded.diagnostics:
        if one.span.file != "x.yaml" or one.span.line < 1 or not 1 <= one.span.column < one.span.end_column:
            yield f"I-39: {one.code} stands nowhere: {one.span!r}"
        if one.code not in known:
            yield f"I-39: {one.code} has no row"
        if len(one.message) + len(one.help) > 1_000:
            yield f"I-31: {one.code} has a message of {len(one.message) + len(one.help)} characters"
    page = render_diagnostics(loaded.diagnostics, loaded.sources).plain
    page.encode()
    json.dumps(document(loaded)).encode()
    if any(unicodedata.category(letter) in _INVISIBLE and letter != "\n" for letter in page):
        yield "I-42: a character that has no glyph is printed"


def _differences(content: bytes) -> Iterator[str]:
    """What an independent reader, PyYAML's own without libyaml, sees in a file that was taken."""
    text = content.decode().removeprefix("\ufeff")
    theirs = [_plain(node) for node in yaml.compose_all(text, Loader=yaml.BaseLoader)]
    ours = [one.data for one in read(content, "x.yaml").documents]
    if not _same(ours, theirs):
        yield f"I-41: two readers read {str(ours)[:300]} and {str(theirs)[:300]}"


def _plain(node: yaml.Node | None) -> Any:
    if isinstance(node, yaml.MappingNode):
        return {_plain(key): _plain(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(value) for value in node.value]
    return "" if node is None else node.value


def _same(ours: Any, theirs: Any) -> bool:
    """Whether structure and texts are equal; in types the readers differ by design."""
    if isinstance(ours, dict):
        return ours.keys() == theirs.keys() and all(_same(one, theirs[key]) for key, one in ours.items())
    if isinstance(ours, list):
        return len(ours) == len(theirs) and all(map(_same, ours, theirs))
    return ours == theirs or not isinstance(ours, str)
