"""Every example is validated, planned, applied, applied again, and lives on for two days."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = sorted(path.parent.name for path in EXAMPLES.glob("*/estate.yaml"))


@dataclass(frozen=True)
class Trial:
    """One example in a folder of its own, with a vault that lasts from command to command."""

    name: str
    folder: Path

    def run(self, *words: str, code: int) -> str:
        command = [sys.executable, "-m", "reconciler", *words]
        result = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=120, check=False)
        assert result.returncode == code, f"{words}: exit {result.returncode}\n{result.stdout}\n{result.stderr}"
        return result.stdout

    def reconcile(self, *words: str, code: int) -> Any:
        example = EXAMPLES / self.name
        where = ("--cloud", "embedded", "--estate", str(example / "estate.yaml"), "-f", str(example / "backup"))
        return json.loads(self.run(*where, "-o", "json", *words, code=code))


@pytest.fixture
def trial(request: pytest.FixtureRequest, tmp_path: Path) -> Trial:
    return Trial(request.param, tmp_path)


def _outcomes(result: Any) -> Counter[str]:
    return Counter(step["outcome"] for step in result["steps"])


@pytest.mark.parametrize("name", NAMES)
def test_it_is_valid(name: str, tmp_path: Path) -> None:
    Trial(name, tmp_path).run("validate", "-f", str(EXAMPLES / name / "backup"), code=0)


@pytest.mark.parametrize(
    ("trial", "code"), [("quickstart", 0), ("contoso", 3), ("preview-2015", 0)], indirect=["trial"]
)
def test_its_dry_run_is_the_same_twice_and_leaves_nothing(trial: Trial, code: int) -> None:
    first = trial.reconcile("--dry-run", code=code)
    assert first["steps"]
    assert first == trial.reconcile("--dry-run", code=code)
    assert list(trial.folder.iterdir()) == []


@pytest.mark.parametrize("trial", ["quickstart"], indirect=True)
def test_the_quickstart_ends_with_every_healthy_vm_protected(trial: Trial) -> None:
    troubled = {"batch-01", "build-01", "legacy-01", "files-01", "fax-01", "crm-01"}
    result = trial.reconcile(code=4)
    failed = {step["subject"]["name"].split("/")[-1] for step in result["steps"] if step["outcome"] == "failed"}
    reported = {name.split("/")[-1] for finding in result["findings"] for name in finding["subjects"]}
    protected = {
        step["subject"]["name"] for step in result["steps"] if (step["action"], step["outcome"]) == ("protect", "done")
    }
    assert failed <= troubled
    assert troubled <= reported
    assert {name.split("/")[-1] for name in protected} == {"web-01", "web-02", "web-03", "sql-01", "sql-02"}


@pytest.mark.parametrize(
    ("trial", "code"), [("quickstart", 4), ("contoso", 4), ("preview-2015", 4)], indirect=["trial"]
)
def test_applied_again_it_changes_nothing(trial: Trial, code: int) -> None:
    first = trial.reconcile(code=code)
    assert _outcomes(first)["done"] > 0
    writes = _writes(trial)
    again = trial.reconcile(code=code)
    assert _outcomes(again)["done"] == 0
    if trial.name != "preview-2015":  # there, registering a VM in trouble is a request of its own, and tried again
        assert _writes(trial) == writes


@pytest.mark.parametrize(
    ("trial", "kinds"),
    [
        ("quickstart", {"AppConsistent", "FileSystemConsistent"}),
        ("contoso", {"AppConsistent", "FileSystemConsistent"}),
        ("preview-2015", {"AppConsistent"}),
    ],
    indirect=["trial"],
)
def test_two_days_later_there_are_recovery_points(trial: Trial, kinds: set[str]) -> None:
    trial.reconcile(code=4)
    trial.run("vault", "advance", "2 days", code=0)
    estate = json.loads(trial.run("vault", "show", "-o", "json", code=0))
    waiting = {item["policy"].split("/")[-1] for item in estate["items"] if item["protectionState"] == "IRPending"}
    assert sum(item["protectionState"] == "Protected" for item in estate["items"]) > 0
    assert waiting <= {"weekly-1y", "WeeklyAt6"}, "only a weekly policy may still wait on the third day"
    assert {point["recoveryPointType"] for point in estate["recoveryPoints"]} >= kinds


def _writes(trial: Trial) -> list[str]:
    shown = json.loads(trial.run("vault", "show", "--requests", "-o", "json", code=0))
    reads = ("backupstatus", "backupprevalidateprotection")
    return [
        f"{request['method']} {request['path']}"
        for request in shown["requests"]
        if request["method"] != "GET" and not request["path"].lower().endswith(reads)
    ]
