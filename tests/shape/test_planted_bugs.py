"""The planted bugs still fit the code in which they are planted."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys

import pytest

from reconciler.store.sql import migrations
from tests.ladders.bugs import ROOT, Bug, bugs
from tests.ladders.registry import ladders

_FEWEST = 40
_NAME = re.compile(r"^-- [a-z_]+ --$", re.MULTILINE)
"""Before each statement of a file of them."""
_CATCHERS = range(1, 11)


def _planted(bug: Bug) -> str:
    return bug.planted_in((ROOT / bug.file).read_text(encoding="utf-8"))


def test_there_are_enough_and_each_is_told_apart() -> None:
    assert len(bugs()) >= _FEWEST
    changes = [(bug.file, bug.old, bug.new) for bug in bugs().values()]
    assert len(set(changes)) == len(changes)
    assert len({bug.wrong for bug in bugs().values()}) == len(changes)


@pytest.mark.parametrize("name", bugs())
def test_it_fits(name: str) -> None:
    bug = bugs()[name]
    assert bug.file.startswith("reconciler/")
    text = _planted(bug)
    if bug.file.endswith(".py"):
        compile(text, bug.file, "exec")
    else:
        _prepared(text)


@pytest.mark.parametrize("name", bugs())
def test_two_ladders_see_it(name: str) -> None:
    bug = bugs()[name]
    assert bug.wrong.endswith(".")
    assert bug.breaks
    assert len(bug.by) >= 2
    assert set(bug.by) <= set(_CATCHERS) & set(ladders())
    assert all(isinstance(case, str) and case for case in bug.by.values())


def test_none_is_seen_only_because_it_is_no_program() -> None:
    """A name that nobody defined is no bug of the kind that is meant."""
    wrong = []
    for bug in bugs().values():
        if bug.file.endswith(".py"):
            command = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--select=F821,F823,E9"]
            command += ["--output-format=json", f"--stdin-filename={bug.file}", "-"]
            said = subprocess.run(command, input=_planted(bug), capture_output=True, text=True, check=False).stdout
            wrong += [f"{bug.id}: {one['message']}" for one in json.loads(said)]
    assert wrong == []


def _prepared(text: str) -> None:
    """SQLite takes every statement of a file of them; raises sqlite3.Error."""
    journal = sqlite3.connect(":memory:")
    for _, script in migrations():
        journal.executescript(script)
    for statement in _NAME.split(text)[1:]:
        journal.execute(f"EXPLAIN {statement}", _Anything())
    journal.close()


class _Anything(dict[str, None]):
    """A value for whatever parameter a statement has."""

    def __missing__(self, name: str) -> None:
        return None
