"""One code of Azure's as our adapter decodes it on each way by which it can come."""

from __future__ import annotations

import json

from reconciler.azure.decode.checks import check
from reconciler.azure.decode.errors import azure_error
from reconciler.azure.decode.jobs import job_failure
from reconciler.model.outcome import AzureError


def as_answer(code: str) -> AzureError:
    body = {"error": {"code": code, "message": "It failed.\r\nSee the details.", "target": None, "details": None}}
    return azure_error(400, json.dumps(body).encode(), "c0ffee")


def as_validation(code: str) -> AzureError:
    status = {"protectionStatus": "NotProtected", "vaultId": ""}
    answer = {"status": "Failed", "errorCode": code, "errorMessage": "It would fail.", "recommendation": "Change it."}
    found = check(json.dumps(status).encode(), json.dumps(answer).encode())
    assert found is not None
    return AzureError(found.code, found.message)


def as_wrapped(code: str) -> AzureError:
    """As a deployment passes it on: the error that counts is text within another."""
    inner = json.dumps({"error": {"code": code, "message": "It failed."}}, indent=2)
    body = {"error": {"code": "DeploymentFailed", "message": f"At least one resource failed. Details: {inner}"}}
    return azure_error(409, json.dumps(body).encode(), "c0ffee")


def as_quoted(code: str) -> AzureError:
    """As tools print it and people paste it, without a code of its own."""
    text = f'Failure sending request: StatusCode=400 -- Original Error: Code="{code}" Message="It failed.\r\nRetry."'
    return AzureError("", text)


def as_job(number: int, text: str) -> AzureError:
    detail = {"errorCode": number, "errorTitle": "作業失敗", "errorString": text, "recommendations": ["請重試。"]}
    job = {
        "id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.RecoveryServices/vaults/v/backupJobs/j",
        "name": "j",
        "properties": {"operation": "Backup", "status": "Failed", "errorDetails": [detail]},
    }
    found = job_failure(json.dumps(job).encode())
    assert found is not None
    return found
