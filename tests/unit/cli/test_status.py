"""`reconcile status` from end to end: the embedded vault lives some days, and the status tells what it saw."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.cli.commands import BACKUP, ESTATE, Shell

EMBEDDED = ("--cloud", "embedded")
STATUS = (*EMBEDDED, "status", *BACKUP)


def vault(shell: Shell, *words: str) -> None:
    ended = shell("vault", *words)
    assert ended.code == 0, ended.err


def status(shell: Shell, *words: str) -> dict[str, Any]:
    ended = shell(*STATUS, *words, "-o", "json")
    assert ended.code == 0, ended.err
    found: dict[str, Any] = json.loads(ended.out)
    return found


def vm(found: dict[str, Any], name: str) -> dict[str, Any]:
    [one] = [one for one in found["vms"] if one["vm"].endswith(f"/{name}")]
    return dict(one)


@pytest.fixture
def lived(shell: Shell) -> Shell:
    """The quickstart, applied, and a night with a VM off, one without names and one whose VSS fails."""
    shell(*ESTATE, *BACKUP)
    vault(shell, "advance", "2", "days")
    vault(shell, "set", "web-01", "power=stopped")
    vault(shell, "set", "web-02", "network.dns=false")
    vault(shell, "set", "sql-01", "vss=failing")
    vault(shell, "advance", "1", "day")
    return shell


def test_right_after_the_apply_nothing_is_verified(shell: Shell) -> None:
    shell(*ESTATE, *BACKUP)
    found = status(shell)
    [counts] = found["vaults"]
    assert counts["trust"] == {"verified": 0, "claimed": 5, "unknown": 0}
    assert counts["states"] == {"initial-backup-pending": 5, "not-protected": 6}
    assert counts["jobs_24h"]["succeeded"] == 5
    assert found["findings"] == []
    assert vm(found, "web-01")["next_backup"]["at"] == "2026-03-02T21:00:00Z"


def test_the_next_backup_comes_when_the_status_says(shell: Shell) -> None:
    shell(*ESTATE, *BACKUP)
    due = vm(status(shell), "sql-01")["next_backup"]["at"]
    vault(shell, "advance", "1", "day")
    assert vm(status(shell), "sql-01")["last_backup"]["at"] == due


def test_what_a_night_left(lived: Shell) -> None:
    found = status(lived)
    kinds = {
        name: vm(found, name)["last_recovery_point"]["consistency"] for name in ("web-01", "web-03", "sql-01", "sql-02")
    }
    assert kinds == {"web-01": "Crash", "web-03": "FileSystem", "sql-01": "FileSystem", "sql-02": "Application"}
    assert (vm(found, "web-02")["state"], vm(found, "web-02")["trust"]) == ("protection-error", None)
    assert vm(found, "web-02")["findings"] == ["backup-snapshot-timeout"]
    assert vm(found, "sql-01")["findings"] == ["recovery-point-too-weak"]
    assert found["vaults"][0]["trust"]["verified"] == 4
    [failed] = [job for job in found["jobs"] if job["end"] == "failed"]
    assert (failed["operation"], failed["row"]["code"]) == ("Backup", "backup-snapshot-timeout")
    assert failed["errors"][0]["code"] == "ExtensionSnapshotFailedNoNetwork"


def test_the_same_input_gives_the_same_bytes(lived: Shell) -> None:
    assert lived(*STATUS, "-o", "json").out == lived(*STATUS, "-o", "json").out


def test_the_page_fits_and_the_worst_comes_first(lived: Shell) -> None:
    page = lived(*STATUS).out
    assert max(map(len, page.splitlines())) <= 80
    table = page[page.index("virtual machine") :].splitlines()
    assert table[1].split()[:3] == ["rg-web/web-02", "in", "error"]
    assert "4 of 5 protected VMs verified" in page


def test_failed_tells_the_cause_once_and_leaves_out_the_well(lived: Shell) -> None:
    page = lived(*STATUS, "--failed").out
    assert "rg-web/web-03" not in page
    assert page.count("Azure: ExtensionSnapshotFailedNoNetwork (400083)") == 1
    assert "[backup-snapshot-timeout]" in page


def test_jobs_lists_each(lived: Shell) -> None:
    page = lived(*STATUS, "--jobs").out
    rows = [line for line in page.splitlines() if " Backup " in line]
    assert len(rows) == 5
    assert rows[0].split()[3] == "failed"


def test_one_vm_in_full(lived: Shell) -> None:
    page = lived(*STATUS, "--vm", "rg-web/web-01").out
    assert "crash-consistent" in page
    assert "21:00 UTC (22:00 W. Europe Standard Time)" in page
    assert "web-03" not in page


def test_a_vm_that_nobody_knows(shell: Shell) -> None:
    ended = shell(*ESTATE, "status", *BACKUP, "--vm", "nobody")
    assert ended.code == 1
    assert "has a VM nobody" in ended.err
