"""`reconcile explain` from the command line: exit status, JSON and language."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from reconciler.cli.main import root
from reconciler.diagnostics.catalog import catalog

ENGLISH = {"LC_ALL": "C.UTF-8", "COLUMNS": "80"}


def explain(*words: str, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(root, ["explain", *words], env=ENGLISH | (env or {}))


@pytest.mark.parametrize("code", ["register-vm-not-running", "AzureVmOffline", "azurevmoffline", "380008"])
def test_a_row_by_each_of_its_names(code: str) -> None:
    told = explain(code)
    assert told.exit_code == 0
    assert told.output.startswith("register-vm-not-running: The VM is not running")


def test_an_unknown_code_names_near_ones() -> None:
    told = explain("register-vm-not-runing")
    assert told.exit_code == 1
    assert "did you mean register-vm-not-running?" in told.output


def test_the_language_of_the_locale_and_of_the_option() -> None:
    chinese = {"LC_ALL": "zh_TW.UTF-8"}
    assert "VM 沒有執行" in explain("380008", env=chinese).output
    assert "VM 沒有執行" in explain("380008", "--lang", "zh-TW").output
    assert "The VM is not running" in explain("380008", "--lang", "en", env=chinese).output


def test_json_for_a_row_a_topic_and_nothing() -> None:
    row = json.loads(explain("GuestAgentCertificateNotFound", "-o", "json").output)["row"]
    assert row["id"] == "register-agent-certificate-missing"
    assert row["retry"] == {"rule": "changed", "fact": "agent"}
    assert len(row["steps"]) == 3
    topic = json.loads(explain("vm-agent", "-o", "json", "--lang", "zh-TW").output)["topic"]
    assert topic["language"] == "zh-TW"
    told = explain("nothing-like-it", "-o", "json")
    assert told.exit_code == 1
    assert json.loads(told.output)["row"] is None


def test_the_list_has_every_row_and_topic() -> None:
    lines = explain().output.splitlines()
    assert lines[0].startswith(f"{next(iter(catalog().rows))} ")
    assert any(line.startswith("vm-agent ") for line in lines)
    assert len(json.loads(explain("-o", "json").output)) == len(lines) - 3
