"""Dry runs, applies, kept plans and pauses on the quickstart: exit codes, output, and the vault's own log."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.commands import BACKUP, ESTATE, QUICKSTART, Shell, untouched

RUN = (*ESTATE, *BACKUP)
READS = ("backupstatus", "backupprevalidateprotection")


def _writes(shell: Shell) -> list[str]:
    shown = json.loads(shell("vault", "show", "--requests", "-o", "json").out)
    return [
        f"{request['method']} {request['path']}"
        for request in shown["requests"]
        if request["method"] != "GET" and not request["path"].lower().endswith(READS)
    ]


def _document(shell: Shell, *words: str, code: int) -> Any:
    ended = shell(*RUN, "-o", "json", *words)
    assert ended.code == code, ended.err
    return json.loads(ended.out)


def test_the_cloud_is_named_first_and_on_stderr(shell: Shell) -> None:
    ended = shell(*RUN, "--dry-run")
    assert ended.err.splitlines()[0].startswith("Cloud: embedded")
    assert "Cloud:" not in ended.out


def test_a_dry_run_leaves_nothing_behind(shell: Shell) -> None:
    assert shell(*RUN, "--dry-run").code == 0
    assert list(Path().iterdir()) == []


def test_a_dry_run_on_an_existing_vault_leaves_every_byte(shell: Shell) -> None:
    assert shell(*RUN).code == 4
    with untouched(Path()):
        ended = shell(*RUN, "--dry-run")
    assert ended.code == 0
    assert "is passed over" in ended.err


def test_the_same_dry_run_twice_gives_the_same_bytes(shell: Shell) -> None:
    assert shell(*RUN, "--dry-run", "-o", "json").out == shell(*RUN, "--dry-run", "-o", "json").out


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((), 0),
        (("--detailed-exitcode",), 2),
        (("--max-writes", "1"), 3),
        (("--max-writes", "1", "--detailed-exitcode"), 3),
        (("--target", "nobody"), 1),
        (("--target", "web-01", "--detailed-exitcode"), 2),
    ],
)
def test_exit_codes_of_a_dry_run(shell: Shell, words: tuple[str, ...], code: int) -> None:
    assert shell(*RUN, "--dry-run", *words).code == code


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((), 0),
        (("--detailed-exitcode",), 2),
        (("--require-coverage",), 5),
        (("--require-coverage", "--detailed-exitcode"), 5),
        (("--require-coverage", "--max-writes", "1"), 3),
    ],
)
def test_exit_codes_where_a_vm_is_forgotten(shell: Shell, tmp_path: Path, words: tuple[str, ...], code: int) -> None:
    backup = tmp_path / "forgetful"
    shutil.copytree(QUICKSTART / "backup", backup)
    protection = backup / "protection.yaml"
    protection.write_text(protection.read_text(encoding="utf-8").partition("---\n")[0], encoding="utf-8")
    estate = ("--cloud", "embedded", "--estate", str(QUICKSTART / "estate.yaml"), "-f", str(backup))
    assert shell(*estate, "--dry-run", *words).code == code


@pytest.mark.parametrize(("words", "code"), [((), 4), (("--target", "web-01"), 0), (("--max-writes", "1"), 3)])
def test_exit_codes_of_an_apply(shell: Shell, words: tuple[str, ...], code: int) -> None:
    ended = shell(*RUN, *words)
    assert ended.code == code, ended.out + ended.err


def test_applied_again_nothing_is_written(shell: Shell) -> None:
    first = _document(shell, code=4)
    assert {step["outcome"] for step in first["steps"]} == {"done", "failed", "skipped"}
    before = _writes(shell)
    assert before
    _document(shell, code=4)
    assert _writes(shell) == before


def test_without_an_estate_it_says_what_to_type(shell: Shell) -> None:
    ended = shell("--cloud", "embedded", "--dry-run", *BACKUP)
    assert ended.code == 1
    assert "--estate" in ended.err
    assert "reconcile vault seed" in ended.err


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        ("estate: v1\nvirtualMachines:\n  - {name: a, resourceGroup: g, power: asleep}\n", "power"),
        ("a: [", "estate.yaml:"),
        ("- 1", "estate"),
        ("", "no document"),
    ],
)
def test_a_wrong_estate_says_where(shell: Shell, content: str, hint: str) -> None:
    Path("estate.yaml").write_text(content)
    ended = shell("--cloud", "embedded", "--estate", "estate.yaml", *BACKUP)
    assert ended.code == 1
    assert hint in ended.err
    assert not Path(".reconcile").exists()


def test_a_file_that_is_no_vault(shell: Shell) -> None:
    Path("other.db").write_text("something else\n" * 100)
    with untouched(Path()):
        for words in (("--dry-run",), ()):
            ended = shell("--cloud", "embedded:other.db", *words, *BACKUP)
            assert ended.code == 1
            assert "no embedded vault" in ended.err


def test_invalid_manifests_leave_with_65_and_touch_nothing(shell: Shell) -> None:
    Path("backup").mkdir()
    Path("backup/vault.yaml").write_text("apiVersion: reconciler/v1\nkind: Volt\n")
    with untouched(Path()):
        for words in (("validate",), (*ESTATE, "--dry-run"), ESTATE):
            ended = shell(*words)
            assert ended.code == 65
            assert "backup/vault.yaml:2:7" in ended.out + ended.err


def test_validate_as_json(shell: Shell) -> None:
    found = json.loads(shell("validate", *BACKUP, "-o", "json").out)
    assert (found["valid"], found["files"], found["diagnostics"]) == (True, 3, [])


def test_a_kept_plan_is_applied_and_only_once(shell: Shell) -> None:
    assert shell(*RUN, "--dry-run", "--out", "plan.json").code == 0
    assert Path("plan.json").stat().st_mode & 0o777 == 0o600
    assert shell(*RUN, "--plan", "plan.json").code == 4
    written = _writes(shell)
    assert written
    ended = shell(*RUN, "--plan", "plan.json")
    assert ended.code == 3
    assert "no longer needed: protect:rsv-quickstart/rg-web/web-01" in ended.err
    assert _writes(shell) == written


def test_a_kept_plan_holds_when_a_fact_has_changed(shell: Shell) -> None:
    assert shell("vault", "seed", "--estate", str(QUICKSTART / "estate.yaml")).code == 0
    assert shell(*RUN, "--dry-run", "--out", "plan.json").code == 0
    assert shell("vault", "set", "web-01", "power=deallocated").code == 0
    ended = shell(*RUN, "--plan", "plan.json")
    assert ended.code == 3
    assert _writes(shell) == []


@pytest.mark.parametrize(
    ("change", "code", "hint"),
    [
        ({"digest": "sha256:0"}, 3, "is not what would be done now"),
        ({"cloud": "azure"}, 3, "made for the cloud azure"),
        ({"tool_version": "0.0.0"}, 3, "made by version 0.0.0"),
        ({"taken_at": "2020-01-01T00:00:00Z"}, 3, "a plan lives 7 days"),
        ({"kind": "something"}, 1, "not a plan"),
        ({"format_version": "2.0"}, 1, "reads 1.x"),
        ({"steps": "all"}, 1, "not a plan"),
        ({"targets": ["web-01"]}, 3, "is not what would be done now"),
    ],
)
def test_a_forged_plan_can_only_forbid(shell: Shell, change: dict[str, Any], code: int, hint: str) -> None:
    assert shell("vault", "seed", "--estate", str(QUICKSTART / "estate.yaml")).code == 0
    assert shell(*RUN, "--dry-run", "--out", "plan.json").code == 0
    document = json.loads(Path("plan.json").read_text())
    Path("plan.json").write_text(json.dumps(document | change))
    ended = shell(*RUN, "--plan", "plan.json")
    assert ended.code == code, ended.err
    assert hint in ended.err
    assert _writes(shell) == []


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 100_000, b"\xff\xfe", b"null"])
def test_a_plan_that_is_none_has_a_clear_message(shell: Shell, content: bytes) -> None:
    Path("plan.json").write_bytes(content)
    ended = shell(*RUN, "--plan", "plan.json")
    assert ended.code == 1
    assert "plan.json cannot be used" in ended.err


def test_a_pause_lets_nothing_be_written(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECONCILE_PAUSE", "1")
    ended = shell(*RUN)
    assert ended.code == 3
    assert "paused by RECONCILE_PAUSE" in ended.err
    assert _writes(shell) == []


def test_a_pause_file_lets_nothing_be_written(shell: Shell) -> None:
    Path("hold").touch()
    assert shell(*RUN, "--pause-file", "hold").code == 3
    assert _writes(shell) == []
    Path("hold").unlink()
    assert shell(*RUN, "--pause-file", "hold").code == 4


def test_a_subscription_that_is_not_allowed_is_not_touched(shell: Shell) -> None:
    ended = shell(*RUN, "--subscription", "00000000-0000-0000-0000-0000000000ff")
    assert ended.code == 1
    assert "do not allow" in ended.err
    assert not Path(".reconcile").exists()


def test_output_files_beside_the_screen(shell: Shell) -> None:
    ended = shell(*RUN, "--dry-run", "--output-file", "json=plan.json", "--output-file", "jsonl=plan.jsonl")
    assert ended.code == 0
    assert ended.out.startswith("Plan for embedded")
    plan = json.loads(Path("plan.json").read_text())
    lines = [json.loads(line) for line in Path("plan.jsonl").read_text().splitlines()]
    assert [line["step"]["id"] for line in lines if line["type"] == "step"] == [step["id"] for step in plan["steps"]]
    assert shell(*RUN, "--dry-run", "--output-file", "json=no/such/folder.json").code == 1


def test_an_apply_tells_its_events_as_json_lines(shell: Shell) -> None:
    lines = [json.loads(line) for line in shell(*RUN, "-o", "jsonl", "--target", "web-01").out.splitlines()]
    assert lines[0]["type"] == "version"
    assert [line["type"] for line in lines].count("version") == 1
    assert {"step_outcome", "summary"} <= {line["type"] for line in lines}


def test_two_days_later_there_are_recovery_points(shell: Shell) -> None:
    shell(*RUN)
    told = shell("vault", "advance", "2", "days")
    assert told.code == 0
    assert "new recovery points: FileSystemConsistent" in told.out
    seen = json.loads(shell("status", *RUN, "-o", "json").out)
    held = [vm for vm in seen["vms"] if vm["trust"]]
    assert len(held) == 5
    assert all(vm["state"] == "protected" and vm["last_recovery_point"]["at"] for vm in held)
    assert {job["operation"] for job in seen["jobs"]} == {"Backup"}
