"""`reconcile explain VM` from the command line."""

from __future__ import annotations

import json

from reconciler.cli.exits import Exit
from tests.unit.cli.commands import BACKUP, ESTATE, Shell


def test_a_vm_by_name_and_by_group(shell: Shell) -> None:
    by_name = shell("explain", *ESTATE, *BACKUP, "web-01")
    assert by_name.code == Exit.DONE
    assert "is to be protected in" in by_name.out
    assert shell("explain", *ESTATE, *BACKUP, by_name.out.splitlines()[0]).out == by_name.out


def test_as_json_and_in_chinese(shell: Shell) -> None:
    (vm,) = json.loads(shell("explain", *ESTATE, *BACKUP, "web-01", "-o", "json").out)["vms"]
    assert vm["considered"][0]["verdict"] == "decides"
    assert "保護" in shell("explain", *ESTATE, *BACKUP, "web-01", "--lang", "zh-TW").out


def test_a_code_wins_over_a_vm_of_that_name(shell: Shell) -> None:
    assert shell("explain", *ESTATE, *BACKUP, "vm-agent").out.startswith("vm-agent:")


def test_neither_a_code_nor_a_vm(shell: Shell) -> None:
    told = shell("explain", *ESTATE, *BACKUP, "rg-none/nobody")
    assert told.code == Exit.ERROR
    assert "neither a code of the troubleshooting table nor a VM" in told.err
    assert "explain -f PATH nobody" in shell("explain", "nobody").err
