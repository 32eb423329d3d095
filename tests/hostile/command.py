"""A command line, run in the child, and what may never be seen of one whatever it was given."""

from __future__ import annotations

import io
import os
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from reconciler.cli.main import main
from tests.hostile.manifests import FOLDER

QUICKSTART = FOLDER / "quickstart"
BACKUP = ("-f", str(QUICKSTART / "backup"))
CODES = {0, 1, 2, 3, 4, 5, 64, 65}
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_LONGEST = 200_000


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command line ended, and what it wrote."""

    code: int
    out: str
    err: str

    def wrong(self) -> Iterator[str]:
        """Broken promises that are seen from the outside."""
        if self.code not in CODES:
            yield f"I-31: exit code {self.code}"
        for name, text in (("stdout", self.out), ("stderr", self.err)):
            if "Traceback" in text or "something went wrong that should not have" in text:
                yield f"I-39: {text[:400]!r}"
            if any(letter != "\n" and unicodedata.category(letter) in _UNSEEN for letter in text):
                yield f"I-42: {name} holds a character that commands"
            if len(text) > _LONGEST:
                yield f"I-31: {len(text)} characters on {name}"


def run(words: tuple[str, ...], folder: Path, environment: Mapping[str, str] | None = None) -> Ended:
    """In `folder`, with nothing in the environment but what is given; this process is not to be used afterwards."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update({"HOME": str(folder), "PATH": "/usr/bin:/bin", **(environment or {})})
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    code: object = None
    with redirect_stdout(out), redirect_stderr(err):
        try:
            main(words)
        except SystemExit as left:
            code = left.code
    return Ended(code if isinstance(code, int) else -1, _text(out), _text(err))


def _text(stream: io.TextIOWrapper) -> str:
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode()
