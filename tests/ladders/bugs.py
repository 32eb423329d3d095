"""Planted bugs: which there are, and a tree of one's own in which one of them is planted."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from tests.ladders.ladder import Violation

ROOT = Path(__file__).parents[2]
FILES = sorted((Path(__file__).parent / "planted").glob("*.yaml"))
_NEEDED = ("reconciler", "tests", "schemas", "examples")
"""What a ladder needs of the tree."""


@dataclass(frozen=True)
class Bug:
    """`wrong` says what goes wrong for a user, `breaks` which promises; `by` has a case of each ladder that sees it.

    It is planted by writing `new` where `old` stands in `file`, which it does once.
    """

    id: str
    wrong: str
    breaks: tuple[str, ...]
    file: str
    old: str
    new: str
    by: Mapping[int, str]

    def planted_in(self, text: str) -> str:
        """The file's text with the bug in it. ValueError where it does not fit any more."""
        if text.count(self.old) != 1:
            raise ValueError(f"{self.id}: what it changes stands {text.count(self.old)} times in {self.file}")
        return text.replace(self.old, self.new)

    def is_seen_in(self, violations: Sequence[Violation]) -> bool:
        """Whether one of its promises is told to be broken; an error that nobody expected tells of none."""
        return any(violation.invariant in self.breaks for violation in violations)


@cache
def bugs() -> Mapping[str, Bug]:
    """By id, in the order of the files."""
    found = [_bug(entry) for path in FILES for entry in yaml.safe_load(path.read_text(encoding="utf-8"))]
    by_id = {one.id: one for one in found}
    if len(by_id) < len(found):
        raise ValueError("two planted bugs have the same id")
    return by_id


def _bug(entry: Mapping[str, Any]) -> Bug:
    return Bug(**{**entry, "breaks": tuple(entry["breaks"]), "by": dict(entry["by"])})


@contextmanager
def planted(bug: Bug) -> Iterator[Path]:
    """A copy of this tree, in which a bug is planted."""
    with TemporaryDirectory(prefix="planted-") as folder:
        root = Path(folder)
        for name in _NEEDED:
            shutil.copytree(ROOT / name, root / name)
        place = root / bug.file
        text = bug.planted_in(place.read_text(encoding="utf-8"))
        for compiled in (place.parent / "__pycache__").glob(f"{place.stem}.*.pyc"):
            compiled.unlink()
        place.write_text(text, encoding="utf-8")
        yield root


def in_tree(root: Path, asked: Mapping[str, Any], seconds: float) -> list[Any]:
    """What `tests.ladders.witness` answers in another tree. RuntimeError when it gives no answer."""
    surroundings = os.environ | {"PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "tests.ladders.witness"]
    try:
        child = subprocess.run(
            command, cwd=root, env=surroundings, input=json.dumps(asked).encode(), capture_output=True, timeout=seconds
        )
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"the witness had not ended after {seconds:.0f} seconds") from None
    if child.returncode:
        raise RuntimeError(f"the witness broke: {child.stderr.decode(errors='replace')[-500:]}")
    told = json.loads(child.stdout)
    if Path(told["tree"]) != root:
        raise RuntimeError(f"the witness ran in {told['tree']}, and not in the tree with the bug")
    answers: list[Any] = told["answers"]
    return answers
