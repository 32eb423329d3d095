"""Which repository is followed is said properly, or nothing begins."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.commands import BACKUP, ESTATE, Shell

URL = "https://git.example.org/team/backup.git"
CANARY = "s3cr3t-canary"


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["--git", URL], "add --watch"),
        (["--git", URL, "--dry-run"], "add --watch"),
        (["--watch", "--git", URL, *BACKUP], "give one"),
        (["--watch", *BACKUP, "--branch", "main"], "--branch is about a repository"),
        (["--watch", *BACKUP, "--accept-rewind", "a" * 40], "--accept-rewind is about a repository"),
        (["--hook-secret-file", "x", *BACKUP], "add --watch"),
        (["--watch", "--git", "http://git.example.org/b"], "use https://"),
        (["--watch", "--git", "ext::sh -c x"], "plain printable"),
        (["--watch", "--git", f"https://u:{CANARY}@git.example.org/b"], "--git-token-file"),
        (["--watch", "--git", URL, "--branch", "--upload-pack=x"], "no name of a branch"),
        (["--watch", "--git", URL, "--path", "../x"], "no folder of a repository"),
        (["--watch", "--git", URL, "--accept-rewind", "abc"], "all 40 digits"),
    ],
)
def test_what_makes_no_sense(shell: Shell, words: list[str], hint: str) -> None:
    ended = shell(*ESTATE, "--listen", "127.0.0.1:0", *words)
    assert ended.code == 64, ended.err
    assert hint in ended.err
    assert CANARY not in ended.err + ended.out


@pytest.mark.parametrize("text", ["short", ""])
def test_a_secret_of_the_hook_that_is_none(shell: Shell, text: str) -> None:
    Path("secret").write_text(text)
    ended = shell(*ESTATE, "--listen", "127.0.0.1:0", "--watch", *BACKUP, "--hook-secret-file", "secret")
    assert ended.code == 1
    assert "secret" in ended.err
    assert "Traceback" not in ended.err


def test_a_secret_of_the_hook_that_is_not_there(shell: Shell) -> None:
    ended = shell(*ESTATE, "--listen", "127.0.0.1:0", "--watch", *BACKUP, "--hook-secret-file", "missing")
    assert ended.code == 1
    assert "cannot be read" in ended.err
