"""The words of the service in Traditional Chinese, and that they lead to the same row without any code."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from reconciler.diagnostics.catalog import catalog
from reconciler.model.outcome import AzureError
from reconciler.vaultserver import failures, faults
from reconciler.vaultserver.errors import object_locked
from reconciler.vaultserver.languages import CHINESE, in_chinese, wants_chinese
from tests.contract.vault_wire import V, Wire, new_wire

TW = "zh-TW,zh;q=0.9"
ROWS = {
    "discover-internal-error": ("discover", faults.JOB_MESSAGES["Discover", "CloudInternalError"]),
    "discover-already-running": ("discover", failures.DISCOVERY_RUNS.text),
    "register-vm-not-running": ("register", failures.PREVIEW_NOT_RUNNING.text),
    "register-too-many-data-disks": ("register", failures.PREVIEW_TOO_MANY_DISKS.text),
    "register-internal-error": ("register", failures.PREVIEW_INTERNAL.text),
    "register-agent-certificate-missing": ("register", failures.PREVIEW_NO_AGENT.text),
    "register-agent-install-timeout": ("register", failures.PREVIEW_AGENT_TIMEOUT.text),
    "register-item-busy": ("register", object_locked().message),
    "backup-vhd-copy-timeout": ("backup", failures.PREVIEW_COPY_TIMEOUT.text),
    "backup-snapshot-timeout": ("backup", failures.SNAPSHOT_TIMEOUT.text),
    "backup-internal-error": ("backup", failures.PREVIEW_TOO_MUCH_DATA.text),
    "backup-extension-install-failed": ("backup", failures.PREVIEW_NO_EXTENSION.text),
    "backup-item-busy": ("backup", failures.BACKUP_RUNS.text),
}


@pytest.mark.parametrize("row", ROWS)
def test_the_words_alone_lead_to_the_row_in_both_languages(row: str) -> None:
    operation, english = ROWS[row]
    chinese = in_chinese(b'"%s"' % english.replace("\r\n", "\\r\\n").encode()).decode().strip('"')
    assert not chinese.isascii()
    assert catalog().match(operation, AzureError("", english)).id == row
    assert catalog().match(operation, AzureError("", chinese)).id == row


def _failed_job(wire: Wire, language: str) -> dict[str, Any]:
    listed = wire.ask("GET", f"{V}/backupJobs", accept_language=language).json["value"]
    found: dict[str, Any] = next(job["properties"] for job in listed if job["properties"]["status"] == "Failed")
    return found


def test_jobs_and_items_speak_the_readers_language() -> None:
    wire = new_wire({"name": "web-01", "snapshot": "timesOut"})
    wire.protect()
    wire.world.advance(timedelta(days=1))
    english, chinese = _failed_job(wire, "en-US"), _failed_job(wire, TW)
    assert english["errorDetails"][0]["errorString"] == failures.SNAPSHOT_TIMEOUT.text
    assert chinese["errorDetails"][0]["errorString"] == CHINESE[failures.SNAPSHOT_TIMEOUT.text]
    assert chinese["errorDetails"][0]["recommendations"] == [CHINESE[failures.SNAPSHOT_TIMEOUT.advice]]
    assert chinese["errorDetails"][0]["errorCode"] == english["errorDetails"][0]["errorCode"]
    [item] = wire.ask("GET", f"{V}/backupProtectedItems", accept_language=TW).json["value"]
    assert item["properties"]["healthDetails"][0]["message"] == CHINESE[failures.SNAPSHOT_TIMEOUT.text]


def test_a_refusal_speaks_it_too_and_keeps_its_headers() -> None:
    wire = new_wire()
    wire.ask("PUT", wire.paths(), wire.protect_body())
    refused = wire.ask("PUT", wire.paths(), wire.protect_body(), accept_language=TW)
    assert (refused.status, refused.code) == (409, "BMSUserErrorObjectLocked")
    assert "另一項作業" in refused.json["error"]["message"]
    assert refused.headers["content-length"] == str(len(refused.content))
    assert refused.headers["x-ms-request-id"]


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("zh-TW", True),
        ("ZH-hant-TW;q=1, en", True),
        ("zh-CN, zh-TW", False),
        ("en-US, zh-TW", False),
        ("", False),
        ("*", False),
    ],
)
def test_the_first_language_counts(header: str, wanted: bool) -> None:
    assert wants_chinese(header) is wanted
