"""`reconcile explain` from the command line: exit status, JSON and language."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import structlog
from click.testing import CliRunner, Result

from reconciler.cli.main import root
from reconciler.diagnostics.catalog import catalog


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """A command says for its process how it logs."""
    yield
    structlog.reset_defaults()


ENGLISH = {"LC_ALL": "C.UTF-8", "COLUMNS": "80"}


def explain(*words: str, env: dict[str, str] | None = None, stdin: str | bytes = "") -> Result:
    return CliRunner().invoke(root, ["explain", *words], env=ENGLISH | (env or {}), input=stdin)


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


SILENT = "VM agent is unable to communicate with the Azure Backup Service."
TWO = ["backup-extension-install-failed", "backup-snapshot-timeout"]
BODY = {"error": {"code": "BadRequest", "message": "No.", "details": [{"code": "GuestAgentSnapshotTaskStatusError"}]}}
JOB = {
    "id": "/x/backupJobs/1",
    "name": "1",
    "properties": {
        "operation": "Backup",
        "status": "Failed",
        "errorDetails": [{"errorTitle": "GuestAgentX", "errorString": SILENT, "recommendations": ["Look at it."]}],
    },
}


def possible(*words: str, stdin: str | bytes = "", code: int = 0) -> list[str]:
    """The rows that a message can mean, by the JSON."""
    told = explain(*words, "-o", "json", stdin=stdin)
    assert told.exit_code == code, told.output
    document = json.loads(told.output)
    return [one["id"] for one in document["possible"]] or ([document["row"]["id"]] if document["row"] else [])


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (SILENT, TWO),
        ("VM 代理程式無法與 Azure 備份服務通訊", TWO),
        ("VM代理程式無法與Azure備份服務通訊", TWO),
        ("Code: GuestAgentSnapshotTaskStatusError Message: Snapshot VM sub task timed out.", TWO[1:]),
        (json.dumps(BODY), TWO[1:]),
        (json.dumps(BODY, indent=2), TWO[1:]),
        (json.dumps({"error": {"code": "AuthorizationFailed", "message": "No."}}), ["authorization-failed"]),
        (json.dumps(JOB), TWO[1:]),
        ('{"half": "a bo', []),
        ("The moon is made of cheese.", []),
        ("[" * 50_000 + " ", []),
    ],
)
def test_a_message_as_an_argument_and_on_standard_input(text: str, rows: list[str]) -> None:
    code = 0 if rows else 1
    assert possible("-", stdin=text, code=code) == rows
    assert possible(text, code=code) == rows


def test_an_operation_narrows_a_message_and_a_code() -> None:
    assert possible(SILENT, "--operation", "backup") == TWO[1:]
    assert possible("CloudTimeoutError", "--operation", "discover") == ["discover-internal-error"]
    assert possible("380008", "--operation", "vault", code=1) == []
    assert possible("throttled", "--operation", "vault") == ["throttled"], "one of ours is what it is"
    assert "register | protect | backup" in explain(SILENT).output


def test_a_vague_code_asks_for_its_message() -> None:
    told = explain("OperationNotAllowed")
    assert told.exit_code == 0
    assert "names no cause by itself" in told.output
    assert 'reconcile explain "…"' in told.output
    chinese = explain("BadRequest", "--lang", "zh-TW")
    assert "本身不說明原因" in chinese.output
    assert json.loads(explain("badrequest", "-o", "json").output)["vague"] is True


def test_a_message_without_a_row_is_told_so_in_both_languages() -> None:
    told = explain("The moon is made of UserErrorCheese.")
    assert told.exit_code == 1
    assert told.output.startswith("The table has no row for this.\n")
    assert "Codes in it  UserErrorCheese" in told.output
    assert "If it is a VM" not in told.output + told.stderr
    assert explain("The moon is made of cheese.", "--lang", "zh-TW").output.startswith("表中沒有符合的列。")


def test_a_message_without_quotes_is_told_to_have_some() -> None:
    told = explain(*SILENT.split())
    assert told.exit_code != 0
    assert "a message stands in quotes" in told.output + told.stderr


@pytest.mark.parametrize("stdin", ["", " \n", b"\xef\xbb\xbf"])
def test_nothing_to_explain_is_a_mistake(stdin: str | bytes) -> None:
    told = explain("-", stdin=stdin)
    assert told.exit_code != 0
    assert "nothing to explain" in told.output + told.stderr


def test_bytes_that_are_no_text_are_read_all_the_same() -> None:
    assert possible("-", stdin=b"\xff\xfe " + SILENT.encode()) == TWO


def test_names_of_machines_are_no_messages() -> None:
    for name in ("web-01", "rg-web/web-01", "備份-01"):
        assert "has no row for this" not in explain(name).output
