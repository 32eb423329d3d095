"""Forged plans: what `--plan` is given by somebody who may write files, and what it then does to a vault."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from reconciler.saved_plan import LARGEST
from reconciler.vaultserver.world import World
from tests.hostile.command import BACKUP, QUICKSTART, run
from tests.hostile.kind import Kind, Said, case_of
from tests.hostile.mutants import CHANGES, CODECS, encoded, mutant
from tests.hostile.seeds import SEEDS
from tests.hostile.values import FRAGMENTS, Place, places, spelled, with_fragment, without

CLOUD = ("--cloud", "embedded:vault.db")
_BOUND = {"digest", "cloud", "tool_version", "taken_at", "kind", "format_version"}
"""A plan with anything else in one of these is applied by nobody."""
_EVERY = 13
_MUTANTS = 100
RAW = {
    "nothing": b"",
    "null": b"null",
    "nul": b"\0" * 1_000,
    "bom": b"\xef\xbb\xbf{}",
    "brackets": b"[" * 1_000_000,
    "objects": b'{"a":' * 300_000,
    "blanks": b" " * 5_000_000,
    "digits": b"9" * 1_000_000,
    "zip": b"PK\x03\x04" + bytes(range(256)) * 20,
    "pickle": b"\x80\x04\x95\x0f\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x8c\x06system\x93\x8c\x02id\x85R.",
    "yaml": b"kind: reconcile-plan\n",
    "invalid": b'{"kind": "\xff\xfe"}',
}


@cache
def honest() -> tuple[Any, frozenset[tuple[str, str]], Path]:
    """The plan of the quickstart as a document, the requests that applying it sends, and a folder with its vault."""
    top = Path(tempfile.mkdtemp(prefix="plan-"))
    seeded, applied = top / "seeded", top / "applied"
    seeded.mkdir()
    _child(("vault", "seed", "--estate", str(QUICKSTART / "estate.yaml"), *CLOUD), seeded)
    shutil.copytree(seeded, applied)
    _child((*CLOUD, *BACKUP, "--dry-run", "--out", "plan.json"), applied)
    document = json.loads((applied / "plan.json").read_text())
    _child((*CLOUD, *BACKUP, "--plan", "plan.json"), applied)
    return document, writes(applied), seeded


def _child(words: tuple[str, ...], folder: Path) -> None:
    child = os.fork()
    if child == 0:
        ended = run(words, folder)
        os._exit(0 if ended.code in {0, 4} else 1)
    _, status = os.waitpid(child, 0)
    assert status == 0, words


def writes(folder: Path) -> frozenset[tuple[str, str]]:
    """Method and path of each request that reached the vault and was no mere read."""
    world = World(folder / "vault.db")
    try:
        sent = [(one.method, one.path) for one in world.database.requests()]
    finally:
        world.close()
    asked = ("backupStatus", "backupPreValidateProtection")
    return frozenset(one for one in sent if one[0] != "GET" and not one[1].endswith(asked))


def _places() -> dict[str, Place]:
    """Each kind of place once: of a list's elements only the first is changed."""
    found = places(honest()[0])
    return {spelled(place): place for place in found if not any(isinstance(step, int) and step for step in place)}


class Plans(Kind):
    name, module, cpu = "plan", __name__, 10

    def cases(self) -> Iterator[str]:
        yield from (case_of("raw", name) for name in (*RAW, "too-large", "honest"))
        yield from (case_of("missing", place) for place in _places() if place != ".")
        for number, place in enumerate(_places()):
            step = 1 if place.partition(".")[0] in _BOUND | {"targets"} else _EVERY
            yield from (case_of("value", place, fragment) for fragment in list(FRAGMENTS)[number % step :: step])
        yield from (case_of("codec", codec) for codec in CODECS)
        yield from (case_of("mutant", number) for number in range(_MUTANTS))

    @contextmanager
    def made(self, case: str) -> Iterator[bytes]:
        top = Path(tempfile.mkdtemp(prefix="plan-"))
        try:
            shutil.copytree(honest()[2], top / "work")
            (top / "work" / "plan.json").write_bytes(self.content(case))
            yield os.fsencode(top / "work")
        finally:
            shutil.rmtree(top)

    def content(self, case: str) -> bytes:
        document = honest()[0]
        match case.split(" "):
            case "raw", "honest":
                return json.dumps(document).encode()
            case "raw", "too-large":
                return b" " * (LARGEST + 1)
            case "raw", name:
                return RAW[name]
            case "missing", place:
                return without(document, _places()[place])
            case "value", place, fragment:
                return with_fragment(document, _places()[place], fragment)
            case "codec", codec:
                return encoded(json.dumps(document).encode(), codec)
            case "mutant", number:
                words = [seed.value for seed in SEEDS.values() if len(seed.value) < 1_000]
                return mutant(json.dumps(document, indent=1).encode(), f"plan {number}", words, CHANGES)
        raise ValueError(f"no such case: {case}")

    def warm(self) -> None:
        honest()
        with self.made("raw honest") as content:
            _child((*CLOUD, *BACKUP, "--plan", "plan.json"), Path(os.fsdecode(content)))

    def read(self, content: bytes) -> Said:
        folder = Path(os.fsdecode(content))
        ended = run((*CLOUD, *BACKUP, "--plan", "plan.json"), folder)
        wrong, sent = [*ended.wrong()], writes(folder)
        if not sent <= honest()[1]:
            wrong.append(f"I-12: a forged plan sent {sorted(sent - honest()[1])[:3]}")
        return {"outcome": f"{ended.code} {'sent' if sent else 'nothing'}", "wrong": wrong, "sent": len(sent)}

    def judged(self, case: str, said: Said) -> Iterator[str]:
        family, *rest = case.split(" ")
        if case == "raw honest" and not said.get("sent"):
            yield "I-12: the honest plan is not applied"
        if (family in {"raw", "codec"} and case != "raw honest" and rest[0] not in _HARMLESS) and said.get("sent"):
            yield "I-12: something that is no plan was applied"
        if family in {"value", "missing"} and rest[0].partition(".")[0] in _BOUND and said.get("sent"):
            yield "I-11: a plan bound to something else was applied"


_HARMLESS = {"utf-8-sig", "latin-1", "cp1252", "cp437", "koi8-r", "shift_jis", "gb18030", "utf-7", "punycode"}
"""Encodings in which plain ASCII stays what it is, or nearly."""
KIND = Plans()
