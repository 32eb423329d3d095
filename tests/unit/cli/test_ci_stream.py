"""In a CI job no line that is printed is a command, however it is printed."""

from __future__ import annotations

import io
import json
import sys

import click
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from reconciler.cli.ci_stream import CiStream, guarded, in_ci
from tests.unit.cli.commands import BACKUP, ESTATE, Shell
from tests.unit.diagnostics.readers import azure_commands, github_commands

PIECES = ("#", "##", "vso[", "[", "task.x]", ":", "::", "error", " ", "\n", "\r", "x", "\u200b", "::error::x")


@settings(derandomize=True, deadline=None, database=None, max_examples=300)
@given(st.lists(st.sampled_from(PIECES), max_size=14))
def test_however_it_is_cut_into_writes(pieces: list[str]) -> None:
    under = io.StringIO()
    stream = CiStream(under)
    for piece in pieces:
        assert stream.write(piece) == len(piece)
        stream.flush()
    stream.finish()

    written = under.getvalue()
    assert github_commands(written) == azure_commands(written) == []
    assert written.replace("\\u003a", ":").replace("\\u0023", "#") == "".join(pieces)


def test_a_line_is_held_until_it_ends_and_commands_are_obeyed() -> None:
    under = io.StringIO()
    stream = CiStream(under)
    stream.write("first\nbeg")
    assert under.getvalue() == "first\n"
    stream.obey("::error::x\n")
    assert under.getvalue() == "first\nbeg::error::x\n"


def test_an_endless_line_is_not_held_for_ever() -> None:
    under = io.StringIO()
    stream = CiStream(under)
    stream.write("x" * (1 << 20))
    assert len(under.getvalue()) > 1_000_000
    stream.finish()
    assert under.getvalue() == "x" * (1 << 20)


@pytest.mark.parametrize(
    ("name", "value", "reads"),
    [("GITHUB_ACTIONS", "true", True), ("TF_BUILD", "True", True), ("TF_BUILD", "", False), ("CI", "true", False)],
)
def test_who_reads_along(name: str, value: str, *, reads: bool) -> None:
    assert in_ci({name: value}) is reads


@pytest.mark.parametrize("agent", ["GITHUB_ACTIONS", "TF_BUILD"])
def test_a_command_line_cannot_bring_a_command(shell: Shell, monkeypatch: pytest.MonkeyPatch, agent: str) -> None:
    monkeypatch.setenv(agent, "True")
    ended = shell("explain", "x\n::error::forged\n##vso[task.complete result=Failed;]")

    assert ended.code == 1
    assert "forged" in ended.out + ended.err
    assert github_commands(ended.out + ended.err) == azure_commands(ended.out + ended.err) == []


@pytest.mark.parametrize("err", [True, False])
def test_no_library_writes_around_it(capsys: pytest.CaptureFixture[str], *, err: bool) -> None:
    with guarded({"GITHUB_ACTIONS": "true"}):
        click.echo("x\n::error::forged", err=err)
        Console(stderr=err).print("::error::forged", markup=False)
        print("::error::forged", file=sys.stderr if err else sys.stdout)
    written = "".join(capsys.readouterr())
    assert written.count("forged") == 3
    assert github_commands(written) == []


def test_documents_are_as_elsewhere(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    words = (*ESTATE, *BACKUP, "--dry-run", "-o", "json")
    before = shell(*words).out
    monkeypatch.setenv("GITHUB_ACTIONS", "true")

    assert shell(*words).out == before
    assert json.loads(before)["complete"] is True
