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


CLIENTS = {
    "terraform": 'Error: creating/updating Protected VM "vm-01" (Resource Group "rg"): performing CreateOrUpdate: '
    "unexpected status 400 (400 Bad Request) with error: {code}: {message}",
    "terraform-of-2019": 'Error waiting for Protected VM "VM;iaasvmcontainerv2;rg;vm-01" (Resource Group "rg"): '
    "backup.ProtectedItemsClient#CreateOrUpdate: Failure responding to request: StatusCode=400 -- Original Error: "
    'autorest/azure: Service returned an error. Status=400 Code="{code}" Message="{message}"',
    "azure-cli": "ERROR: ({code}) {message}\nCode: {code}\nMessage: {message}",
    "powershell": "Enable-AzRecoveryServicesBackupProtection : Operation failed.\nClientRequestId: 430994e7-3b9c-487d\n"
    "ErrorCode: {code}\nErrorMessage: {message}\nAt line:1 char:1\n+ Enable-AzRecoveryServicesBackupProtection -Policy "
    "$pol\n+ CategoryInfo          : CloseError: (:) [Enable-AzRecovery...cesBackupProtection], ResponseException",
    "portal": "Error Code: {code}\nError Message: {message}\nRecommended Action: Retry the operation after some time.",
    "markdown": "**Error code**: {code}\n**Error message**: *{message}*",
}
"""What clients write around a code and a message of Azure's."""
