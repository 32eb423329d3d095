"""Messages that people met, and every code of today's service on each way by which it can come, find their rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.azure.decode.checks import check
from reconciler.azure.decode.errors import azure_error
from reconciler.azure.decode.jobs import job_failure
from reconciler.diagnostics.catalog import UNCLASSIFIED, catalog
from reconciler.model.outcome import AzureError

CASES = Path(__file__).parents[2] / "cases" / "corpus"
LARGEST_SHARE_UNCLASSIFIED = 0.05


def _read(name: str) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = yaml.safe_load((CASES / f"{name}.yaml").read_text(encoding="utf-8"))
    return loaded


def _error(case: dict[str, Any]) -> AzureError:
    return AzureError(case.get("code", ""), case["message"], case.get("status", 0), case.get("number", 0))


CORPUS = {name: _read(name) for name in ("tuned", "held-out", "fresh", "last", "blind-1", "blind-2", "blind-3")}
OTHERS = {name: _read(name) for name in ("made-up", "foreign")}


@pytest.mark.parametrize("name", [*CORPUS, *OTHERS])
def test_no_message_is_taken_for_another(name: str) -> None:
    cases = {**CORPUS, **OTHERS}[name]
    found = [(catalog().match(case["operation"], _error(case)).id, case) for case in cases]
    assert [(got, case["message"]) for got, case in found if got not in {case["row"], UNCLASSIFIED}] == []
    unknown = [case["message"] for got, case in found if got == UNCLASSIFIED != case["row"]]
    assert len(unknown) <= LARGEST_SHARE_UNCLASSIFIED * len(found), unknown


def test_the_corpus_is_large_and_speaks_both_languages() -> None:
    messages = [case["message"] for cases in CORPUS.values() for case in cases]
    assert len(messages) >= 60
    assert sum(not message.isascii() for message in messages) >= 30
    assert all(case["source"] for cases in CORPUS.values() for case in cases)
    assert {case["row"] for cases in CORPUS.values() for case in cases} <= set(catalog().rows)


def _ways() -> Iterator[Any]:
    """(operation, the error as our adapter decodes it, row, whether only a change heals it), named by way and code."""
    for case in _read("todays-codes"):
        for code in case["codes"]:
            for way in (_as_answer, _as_validation, _as_wrapped, _as_quoted):
                yield _case(case, way(code), f"{way.__name__}-{code}")
        for number in case.get("numbers", ()):
            yield _case(case, _as_job(number, "發生錯誤。"), f"_as_job-{number}")
        for text in case.get("texts", ()):
            yield _case(case, _as_job(0, text), f"_as_job-{text[:24]}")


def _case(case: dict[str, Any], error: AzureError, name: str) -> Any:
    values = (case["operation"], error, case["row"], case.get("permanent", False))
    return pytest.param(*values, id=f"{case['operation']}{name}")


def _as_answer(code: str) -> AzureError:
    body = {"error": {"code": code, "message": "It failed.\r\nSee the details.", "target": None, "details": None}}
    return azure_error(400, json.dumps(body).encode(), "c0ffee")


def _as_validation(code: str) -> AzureError:
    status = {"protectionStatus": "NotProtected", "vaultId": ""}
    answer = {"status": "Failed", "errorCode": code, "errorMessage": "It would fail.", "recommendation": "Change it."}
    found = check(json.dumps(status).encode(), json.dumps(answer).encode())
    assert found is not None
    return AzureError(found.code, found.message)


def _as_wrapped(code: str) -> AzureError:
    """As a deployment passes it on: the error that counts is text within another."""
    inner = json.dumps({"error": {"code": code, "message": "It failed."}}, indent=2)
    body = {"error": {"code": "DeploymentFailed", "message": f"At least one resource failed. Details: {inner}"}}
    return azure_error(409, json.dumps(body).encode(), "c0ffee")


def _as_quoted(code: str) -> AzureError:
    """As tools print it and people paste it, without a code of its own."""
    text = f'Failure sending request: StatusCode=400 -- Original Error: Code="{code}" Message="It failed.\r\nRetry."'
    return AzureError("", text)


def _as_job(number: int, text: str) -> AzureError:
    detail = {"errorCode": number, "errorTitle": "作業失敗", "errorString": text, "recommendations": ["請重試。"]}
    job = {
        "id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.RecoveryServices/vaults/v/backupJobs/j",
        "name": "j",
        "properties": {"operation": "Backup", "status": "Failed", "errorDetails": [detail]},
    }
    found = job_failure(json.dumps(job).encode())
    assert found is not None
    return found


@pytest.mark.parametrize(("operation", "met", "row", "permanent"), list(_ways()))
def test_a_code_of_today_finds_its_row_however_it_comes(
    operation: str, met: AzureError, row: str, permanent: bool
) -> None:
    found = catalog().match(operation, met)
    assert found.id == row
    if permanent:
        assert found.retry.rule in {"never", "changed"}
