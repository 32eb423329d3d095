"""What the help of `vault fault` and `vault table` promises works as it stands there."""

from __future__ import annotations

import json
import shlex

import pytest

from reconciler.cli.vault_fault import fault
from reconciler.rehearsal.script import shipped
from tests.unit.cli.commands import Shell

EXAMPLES = [
    line.strip() for line in (fault.help or "").splitlines() if line.strip().startswith("reconcile vault fault")
]


def test_every_example_of_the_help_works(shell: Shell) -> None:
    shell("vault", "seed", "2")
    assert len(EXAMPLES) == 7
    for line in EXAMPLES:
        ended = shell(*shlex.split(line)[1:])
        assert (ended.code, ended.err) == (0, ""), line


def test_a_rule_that_cannot_be_says_what_can(shell: Shell) -> None:
    shell("vault", "seed", "2")
    ended = shell("vault", "fault", "add", "--operation", "Backups")
    assert ended.code == 64
    assert "Backup, ConfigureBackup, DeleteBackupData" in ended.err


def test_quotas_are_switched_on_and_off(shell: Shell) -> None:
    shell("vault", "seed", "2")
    on = shell("vault", "fault", "throttle", "--buckets", "--hourly", "150")
    assert on.out == "Buckets are on, 150 requests an hour of each action.\n"
    off = shell("vault", "fault", "throttle", "--no-buckets", "--hourly", "0")
    assert off.out == "Buckets are off, no hourly quota.\n"
    assert shell("vault", "fault", "throttle").code == 64


def test_the_table_of_one_row(shell: Shell) -> None:
    ended = shell("vault", "table", "3", "-o", "json")
    [row] = json.loads(ended.out)
    assert (ended.code, row["row"], row["problems"]) == (0, "register-vm-not-running", [])
    assert row["writes"] == {"PUT backupPolicies": 1, "PUT protectedItems": 2, "PUT protectionContainers": 3}
    human = shell("vault", "table", "register-vm-not-running")
    assert "1 of 1 rows were as they should be." in human.out


@pytest.mark.parametrize("row", ["0", "14", "unclassified"])
def test_a_row_that_is_none_of_the_thirteen(shell: Shell, row: str) -> None:
    ended = shell("vault", "table", row)
    assert ended.code == 64
    assert all(one.row in ended.err for one in shipped())
