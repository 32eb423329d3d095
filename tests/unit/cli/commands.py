"""Run the command line in this process, as the installed command would."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from reconciler.cli import main as entry

EXAMPLES = Path(__file__).parents[3] / "examples"
QUICKSTART = EXAMPLES / "quickstart"
ESTATE = ("--cloud", "embedded", "--estate", str(QUICKSTART / "estate.yaml"))
BACKUP = ("-f", str(QUICKSTART / "backup"))


@dataclass(frozen=True)
class Ended:
    """How a command line ended."""

    code: int
    out: str
    err: str


class Shell:
    """Runs command lines in the current folder and keeps what they wrote."""

    def __init__(self, capture: pytest.CaptureFixture[str]) -> None:
        self._capture = capture

    def __call__(self, *words: str) -> Ended:
        self._capture.readouterr()
        with pytest.raises(SystemExit) as left:
            entry.main(list(words))
        written = self._capture.readouterr()
        assert isinstance(left.value.code, int)
        return Ended(left.value.code, written.out, written.err)


@contextmanager
def untouched(folder: Path) -> Iterator[None]:
    """Every file below a folder has the same bytes at the end as at the beginning, and there is no other."""
    before = contents(folder)
    yield
    assert contents(folder) == before


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
