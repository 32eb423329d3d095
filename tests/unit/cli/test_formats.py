"""Formats for machines and reviewers, from the command line into the hands of a CI job."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reconciler.cli.params import FORMATS, SHEETS
from tests.unit.cli.commands import BACKUP, ESTATE, Shell
from tests.unit.diagnostics.readers import azure_commands, github_commands, xml

PLAN = (*ESTATE, *BACKUP, "--dry-run")
BAD = "apiVersion: reconciler/v1\nkind: Vault\nmetadata: {name: rsv-a}\nspec: {x: 1}\n"


def outputs(path: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in path.read_text("utf-8").splitlines())


def test_every_format_goes_to_stdout_or_into_a_file(shell: Shell) -> None:
    files = [word for form in FORMATS for word in ("--output-file", f"{form}={form}.out")]
    human = shell(*PLAN, *files).out
    for form in FORMATS:
        written = Path(f"{form}.out").read_text("utf-8")
        shown = human if form == "human" else shell(*PLAN, "-o", form).out
        assert written
        assert shown.startswith(written)
        assert form == "azure-devops" or shown == written


def test_a_result_is_told_in_each(shell: Shell) -> None:
    files = [word for form in SHEETS for word in ("--output-file", f"{form}={form}.out")]
    ended = shell(*ESTATE, *BACKUP, *files)

    assert ended.code == 4
    assert Path("markdown.out").read_text("utf-8").startswith("<!-- reconcile:result:embedded -->")
    faults = {fault.attrib["type"] for fault in xml(Path("junit.out").read_text("utf-8")).iter("failure")}
    results = json.loads(Path("sarif.out").read_text("utf-8"))["runs"][0]["results"]
    assert "register-vm-not-running" in faults
    assert "register-vm-not-running" in {result["ruleId"] for result in results if result["level"] == "error"}


def test_github_gets_its_files(shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    ended = shell(*PLAN, "-o", "github", "--detailed-exitcode", "--out", "plan.json")

    assert {command.name for command in github_commands(ended.out + ended.err)} == {"error"}
    assert outputs(tmp_path / "output") == {
        "changes": "23",
        "held": "0",
        "has-data-loss": "false",
        "failed": "0",
        "coverage": "100.0",
        "exit-code": "2",
        "plan-file": "plan.json",
    }
    assert (tmp_path / "summary").read_text("utf-8").startswith("<!-- reconcile:plan:embedded -->\n### Plan")


def test_without_github_nothing_is_written(shell: Shell) -> None:
    before = set(Path().iterdir())
    assert github_commands(shell(*PLAN, "-o", "github").out)
    assert set(Path().iterdir()) == before


def test_azure_gets_variables_and_a_summary(shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TF_BUILD", "True")
    monkeypatch.setenv("AGENT_TEMPDIRECTORY", str(tmp_path))
    ended = shell(*PLAN, "-o", "azure-devops")

    commands = azure_commands(ended.out + ended.err)
    variables = {c.properties["variable"]: c.data for c in commands if c.name == "task.setvariable"}
    assert (variables["changes"], variables["exit_code"]) == ("23", "0")
    [upload] = [command.data for command in commands if command.name == "task.uploadsummary"]
    assert Path(upload).read_text("utf-8").startswith("<!-- reconcile:plan:embedded -->")


def test_an_output_that_cannot_be_written_is_an_error(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_OUTPUT", "no/such/folder/output")
    ended = shell(*PLAN, "-o", "github")
    assert ended.code == 1
    assert "no/such/folder/output could not be written" in ended.err


@pytest.mark.parametrize("words", [("validate",), ("--dry-run", *ESTATE)])
def test_mistakes_have_their_place_in_a_pull_request(shell: Shell, words: tuple[str, ...]) -> None:
    Path("bad.yaml").write_text(BAD, "utf-8")
    ended = shell(*words, "-f", "bad.yaml", "-o", "github")

    assert ended.code == 65
    commands = github_commands(ended.out)
    assert {command.properties["file"] for command in commands} == {"bad.yaml"}
    assert ("4", "8") in {(command.properties["line"], command.properties["col"]) for command in commands}


def test_places_are_named_from_the_root_of_the_repository(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path("infra/backup")
    folder.mkdir(parents=True)
    (folder / "bad.yaml").write_text(BAD, "utf-8")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(Path().resolve()))
    monkeypatch.chdir("infra")

    [first, *_] = github_commands(shell("validate", "-f", "backup", "-o", "github").out)
    assert first.properties["file"] == "infra/backup/bad.yaml"
    assert "backup/bad.yaml:4" in shell("validate", "-f", "backup").out


@pytest.mark.parametrize("form", FORMATS)
def test_the_status_in_each_format(shell: Shell, form: str) -> None:
    ended = shell("status", *ESTATE, *BACKUP, "-o", form)
    assert ended.code == 0
    assert "web-01" in ended.out or form in {"github", "azure-devops", "sarif"}
    if form == "junit":
        assert {case.attrib["classname"] for case in xml(ended.out).iter("testcase")} == {"rsv-quickstart.vm"}


def test_valid_manifests_are_tests_that_passed(shell: Shell) -> None:
    root = xml(shell("validate", *BACKUP, "-o", "junit").out)
    assert (root.attrib["tests"], root.attrib["failures"]) == ("3", "0")
