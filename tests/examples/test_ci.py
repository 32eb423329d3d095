"""The pipelines among the examples: their commands are ours, their actions are pinned, their rights are few."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from reconciler.cli.ci_files import outputs_of
from reconciler.cli.lazy import LazyGroup
from reconciler.cli.main import root
from reconciler.cli.params import SHEETS
from tests.unit.diagnostics.samples import PLAN

CI = Path(__file__).parents[2] / "examples" / "ci"
FILES = sorted(CI.glob("*.yml"))
SCRIPTS = {"run", "script", "inlineScript"}


def nodes(value: Any) -> Iterator[tuple[str, Any]]:
    """Every key with its value, at any depth."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield str(key), one
            yield from nodes(one)
    elif isinstance(value, list):
        for one in value:
            yield from nodes(one)


def commands(path: Path) -> list[list[str]]:
    scripts = [value for key, value in nodes(yaml.safe_load(path.read_text("utf-8"))) if key in SCRIPTS]
    lines = [line for script in scripts for line in script.splitlines()]
    return [shlex.split(line)[1:] for line in lines if line.startswith("reconcile ")]


def test_both_systems_have_one() -> None:
    assert [path.name for path in FILES] == ["azure-pipelines.yml", "github.yml"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_command_is_understood(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = commands(path)

    assert len(found) == 3
    for words in found:
        parse(root, words)
    assert sum("--dry-run" in words for words in found) == 1


def parse(command: click.Command, words: list[str]) -> None:
    context = command.make_context(command.name, list(words))
    inner = [*context._protected_args, *context.args]
    if isinstance(command, LazyGroup) and inner:
        below = command.get_command(context, inner[0])
        assert below is not None
        parse(below, inner[1:])


def test_actions_are_pinned_and_rights_are_few() -> None:
    document = yaml.safe_load((CI / "github.yml").read_text("utf-8"))
    used = [value for key, value in nodes(document) if key == "uses"]

    assert used
    assert all(re.fullmatch(r"[\w-]+/[\w/-]+@[0-9a-f]{40}", action) for action in used)
    assert document["permissions"] == {}
    assert document["jobs"]["validate"]["permissions"] == {"contents": "read"}
    assert "pull_request_target" not in str(document)


@pytest.mark.parametrize(("name", "separator"), [("github.yml", "-"), ("azure-pipelines.yml", "_")])
def test_what_later_steps_ask_for_is_an_output(name: str, separator: str) -> None:
    from reconciler.app import Report

    known = {one.replace("-", separator) for one in outputs_of(PLAN, Report(PLAN), code=0, plan_file="")}
    text = (CI / name).read_text("utf-8")
    asked = set(re.findall(r"outputs\.([\w-]+)|plan\.(\w+)'\]", text))
    assert {one or other for one, other in asked} == {f"has{separator}data{separator}loss"} <= known


def test_the_page_lists_every_format_and_output() -> None:
    from reconciler.app import Report

    page = (CI.parents[1] / "docs" / "ci.md").read_text("utf-8")
    names = [*SHEETS, *outputs_of(PLAN, Report(PLAN), code=0, plan_file="")]
    assert [name for name in names if f"| `{name}`" not in page] == []
