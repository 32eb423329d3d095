"""`--journal`: where intents and the audit log are kept, and what is never told of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reconciler.model.journal import Fence
from reconciler.store.failures import UnusableJournalError
from reconciler.store.journal import Journal
from tests.unit.cli.commands import BACKUP, ESTATE, Shell

RUN = (*ESTATE, *BACKUP)
SECRET = "s3cr3t"


def test_it_is_kept_where_the_flag_says(shell: Shell) -> None:
    assert shell(*RUN, "--journal", "kept/here.db").code == 4
    assert Path("kept/here.db").is_file()
    assert not Path(".reconcile/vault.journal.db").exists()
    assert "22 entries" in shell("log", "--journal", "kept/here.db").out


def test_it_is_kept_where_the_variable_or_the_settings_say(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "config" / "reconcile"
    settings.mkdir(parents=True)
    (settings / "settings.toml").write_text('journal = "from-settings.db"\n')
    shell(*RUN)
    assert Path("from-settings.db").is_file()
    assert "22 entries" in shell("log").out
    monkeypatch.setenv("RECONCILE_JOURNAL", "from-variable.db")
    shell(*RUN)
    assert Path("from-variable.db").is_file()


@pytest.mark.parametrize("words", [("--dry-run", *RUN), ("log",)])
def test_a_password_on_the_command_line_is_refused_and_not_repeated(shell: Shell, words: tuple[str, ...]) -> None:
    ended = shell(*words, "--journal", f"postgresql://me:{SECRET}@127.0.0.1:1/x")
    assert ended.code == 64
    assert "RECONCILE_JOURNAL" in ended.err
    assert SECRET not in ended.out + ended.err


@pytest.mark.parametrize("words", [("--dry-run", *RUN), RUN, ("log",)])
@pytest.mark.parametrize("address", ["postgresql://me:{}@127.0.0.1:1/x", "postgresql://me:{}@w/x@127.0.0.1:1/x"])
def test_a_password_in_the_environment_is_told_nowhere(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], address: str
) -> None:
    monkeypatch.setenv("RECONCILE_JOURNAL", address.format(SECRET))
    ended = shell("-vv", *words)
    assert ended.code == 1
    assert "journal" in ended.err
    assert SECRET not in ended.out + ended.err


@pytest.mark.parametrize("place", ["", "mysql://db/x", "https://db/x"])
def test_a_place_that_is_none(shell: Shell, place: str) -> None:
    ended = shell("log", "--journal", place)
    assert ended.code == 64
    assert "write a path, or postgresql://USER@HOST:PORT/DATABASE" in ended.err


def test_a_journal_that_fails_in_the_middle_ends_the_run_with_an_error_and_its_report(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, calls = Journal.intend, []

    def full(*words: Any, **more: Any) -> Fence | None:
        calls.append(words)
        if len(calls) > 4:
            raise UnusableJournalError("the journal x cannot be used: database or disk is full: make room on its disk")
        return kept(*words, **more)

    with monkeypatch.context() as broken:
        broken.setattr(Journal, "intend", full)
        ended = shell(*RUN)
    assert ended.code == 1
    assert "Error: the journal x cannot be used: database or disk is full" in ended.err
    assert "Nothing further was sent." in ended.err
    assert "skipped" in ended.out
    assert "Traceback" not in ended.out + ended.err
    assert shell(*RUN).code == 4
    assert "chain whole" in shell("log", "--cloud", "embedded").out


def test_a_run_that_is_overtaken_says_so(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Journal, "intend", lambda *_: Fence.SUPERSEDED)
    ended = shell(*RUN)
    assert ended.code == 3
    assert f"Held: {Fence.SUPERSEDED}" in ended.err
