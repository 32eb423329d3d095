"""Usage errors leave with 64 and say what to type instead; help is quick and has examples that parse."""

from __future__ import annotations

import errno
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from reconciler.cli.lazy import LazyGroup
from reconciler.cli.main import root
from tests.unit.cli.commands import BACKUP, ESTATE, Shell

WRONG = [
    (["--watch", "--dry-run"], "--dry-run is for a single run"),
    (["--watch", "--confirm-gone", "web-1"], "--confirm-gone is for a single run"),
    (["--watch", "--listen", "0.0.0.0:80"], "can be reached from other machines"),
    (["--watch", "--listen", "[::]:80"], "can be reached from other machines"),
    (["--watch", "--listen", "backup:80"], "can be reached from other machines"),
    (["--watch", "--page-host", "https://backup.example.com"], "is no name of a host"),
    (["--watch", "--listen", "8080"], "write HOST:PORT"),
    (["--dry-runn"], "--dry-run"),
    (["plan"], "reconcile --dry-run"),
    (["apply"], "without a command applies"),
    (["coverage"], "isn't in this version"),
    (["validat"], "did you mean 'validate'"),
    (["--cloud", "aws"], "azure, azure-usgov, azure-china, embedded"),
    (["--cloud", "http://example.com"], "loopback only"),
    (["--cloud", "http://127.0.0.1.example.com"], "loopback only"),
    (["--cloud", "https://user@example.com"], "scheme, host and port only"),
    (["--cloud", "embedded:"], "embedded:FILE"),
    (["-o", "pdf"], "there are human, json, jsonl, markdown, github, azure-devops, sarif, junit"),
    (["-o", "xml"], "human, json, jsonl"),
    (["--output-file", "json"], "FORMAT=PATH"),
    (["--max-shrink", "120%"], "20%"),
    (["--max-shrink", "nan"], "20%"),
    (["--timeout", "soon"], "a number and a unit"),
    (["--parallelism", "0"], "1<=x<=100"),
    (["--out", "plan.json"], "add --dry-run"),
    (["--plan", "plan.json", "--dry-run"], "does not go with --dry-run"),
    (["--detailed-exitcode"], "goes with --dry-run only"),
    (["-f", "nowhere"], "there is no file or folder nowhere"),
    ([], "reconcile -f PATH"),
    (["--config", "nowhere.toml"], "there is no such settings file"),
    (["vault", "advance", "tomorrow"], "a number and a unit"),
    (["vault", "seed"], "how many machines"),
    (["vault", "show", "--cloud", "azure"], "embedded[:FILE]"),
    (["vault", "portal", "stop"], "stop needs VM"),
    (["schema", "Volt"], "there is no kind 'Volt'"),
]


@pytest.mark.parametrize(("words", "hint"), WRONG, ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_a_usage_error_is_64_and_says_what_to_type(shell: Shell, words: list[str], hint: str) -> None:
    ended = shell(*words)
    assert ended.code == 64
    assert hint in ended.err
    assert ended.out == ""


def test_an_estate_for_a_cloud_that_is_not_embedded(shell: Shell) -> None:
    ended = shell("--cloud", "azure", *ESTATE[2:], "--dry-run", *BACKUP)
    assert ended.code == 64
    assert "add --cloud embedded" in ended.err


def _commands(group: LazyGroup, way: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield way, group
    for name in group.entries:
        command = group.get_command(click.Context(group), name)
        assert command is not None
        if isinstance(command, LazyGroup):
            yield from _commands(command, (*way, name))
        elif isinstance(command, click.Group):
            yield (*way, name), command
            yield from (((*way, name, inner), found) for inner, found in command.commands.items())
        else:
            yield (*way, name), command


assert isinstance(root, LazyGroup)
COMMANDS = list(_commands(root))


def _examples(command: click.Command) -> list[str]:
    lines = (line.strip() for line in (command.help or "").splitlines())
    return [re.split(r" {2,}| > ", line)[0] for line in lines if line.startswith("reconcile ")]


@pytest.mark.parametrize(("way", "command"), COMMANDS, ids=[" ".join(way) or "reconcile" for way, _ in COMMANDS])
def test_every_help_has_examples_that_parse(shell: Shell, way: tuple[str, ...], command: click.Command) -> None:
    ended = shell(*way, "--help")
    assert ended.code == 0
    assert "Example" in ended.out
    found = _examples(command)
    assert found
    for line in found:
        _parse(root, shlex.split(line)[1:])


def _parse(command: click.Command, words: list[str]) -> None:
    """As click does before it runs anything; a wrong word is a click.UsageError."""
    context = command.make_context(command.name, list(words), resilient_parsing=False)
    rest = [*context._protected_args, *context.args]
    if isinstance(command, click.Group) and rest:
        inner = command.get_command(context, rest[0])
        assert inner is not None, words
        _parse(inner, rest[1:])


def test_help_imports_nothing_heavy() -> None:
    heavy = (
        "rich",
        "azure",
        "yaml",
        "pydantic",
        "starlette",
        "structlog",
        "jsonschema",
        "aiohttp",
        "sqlite3",
        "asyncio",
    )
    code = f"""
import sys
from reconciler.cli.main import main
try:
    main(["--help"])
except SystemExit:
    sys.stderr.write(",".join(name for name in {heavy!r} if name in sys.modules))
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert ended.stderr == ""


def test_the_help_states_which_exit_code_wins(shell: Shell) -> None:
    text = shell("--help").out
    assert text.index("1 error, 4 some VMs failed") < text.index("1 error, 3 held, or what --fail-on names was found")
    for code in ("0 done", "64", "65", "130/143"):
        assert code in text


def test_an_error_that_quotes_a_forged_file_tells_a_terminal_nothing(shell: Shell) -> None:
    Path("settings.toml").write_text('"a\\u001b[2J" = 1', encoding="utf-8")
    ended = shell("--config", "settings.toml", "version")
    assert ended.code == 64
    assert "\\x1b[2J" in ended.err
    assert "\x1b" not in ended.err


def test_a_process_that_may_open_no_further_file_is_told_of_the_limit(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr("reconciler.cli.version.version.callback", refuse)
    ended = shell("version")
    assert (ended.code, ended.out) == (1, "")
    assert "ulimit -n" in ended.err
