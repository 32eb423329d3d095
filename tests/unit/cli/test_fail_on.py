"""`--fail-on`: a pull request is stopped by what is foreseen, before anybody applies it."""

from __future__ import annotations

import json

import pytest

from tests.unit.cli.commands import BACKUP, ESTATE, Shell

RUN = (*ESTATE, *BACKUP)
PREDICTED = ("--fail-on", "predicted")
WARNING = ("--fail-on", "warning")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (PREDICTED, 3),
        (("--target", "web-01", *PREDICTED), 0),
        (("--target", "web-01", *PREDICTED, "--detailed-exitcode"), 2),
        (("--target", "batch-01", *PREDICTED, "--detailed-exitcode"), 3),
        (("--target", "crm-01", *PREDICTED), 3),
        (("--target", "web-01", *WARNING), 0),
        (("--target", "batch-01", *WARNING), 3),
        ((*PREDICTED, "--require-coverage"), 3),
        ((*PREDICTED, "--target", "nobody"), 1),
    ],
)
def test_exit_codes(shell: Shell, words: tuple[str, ...], code: int) -> None:
    assert shell(*RUN, "--dry-run", *words).code == code


def test_why_is_said_and_stdout_stays_the_plan(shell: Shell) -> None:
    ended = shell(*RUN, "--dry-run", *PREDICTED, "-o", "json")
    predicted = {step["subject"]["name"] for step in json.loads(ended.out)["steps"] if step["predicted"]}
    assert "rg-apps/batch-01" in predicted
    assert "Exit 3 because of --fail-on: a failure is predicted for 6 VMs." in ended.err


def test_it_judges_plans_only(shell: Shell) -> None:
    ended = shell(*RUN, *PREDICTED)
    assert ended.code == 64
    assert "--dry-run" in ended.err


def test_by_variable_it_leaves_an_apply_alone(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECONCILE_FAIL_ON", "predicted")
    assert shell(*RUN, "--dry-run").code == 3
    assert shell(*RUN).code == 4


def test_another_word_is_wrong_usage(shell: Shell) -> None:
    ended = shell(*RUN, "--dry-run", "--fail-on", "everything")
    assert ended.code == 64
    assert "'predicted'" in ended.err


def test_a_prediction_points_at_the_line_that_causes_it(shell: Shell) -> None:
    page = shell(*RUN, "--dry-run", "--target", "batch-01").out
    assert "backup/protection.yaml:31\n" in "".join(line.strip() + "\n" for line in page.splitlines())


def test_in_full_it_shows_the_line(shell: Shell) -> None:
    lines = shell(*RUN, "--dry-run", "--target", "batch-01", "--full").out.splitlines()
    [number] = [
        place for place, line in enumerate(lines) if "31 |     - {name: batch-01, resourceGroup: rg-apps}" in line
    ]
    start = lines[number].index("{")
    assert lines[number + 1][start:] == "^" * len("{name: batch-01, resourceGroup: rg-apps}")
