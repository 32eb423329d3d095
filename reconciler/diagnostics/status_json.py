"""The status as a JSON document: same input, same bytes (docs/status-json.md)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from reconciler import __version__
from reconciler.diagnostics.as_json import finding_document, rfc3339
from reconciler.diagnostics.catalog import catalog
from reconciler.diagnostics.escape import json_text
from reconciler.model.call import Json
from reconciler.model.status import JobEnd, JobStatus, NextBackup, Status, Trust, VaultStatus, VmStatus

FORMAT_VERSION = "1.0"


def status_json(status: Status, *, cloud: str) -> str:
    """The document as text, ASCII only and with a newline at its end."""
    return json_text(status_document(status, cloud=cloud), indent=2) + "\n"


def status_document(status: Status, *, cloud: str) -> dict[str, Json]:
    return {
        "format_version": FORMAT_VERSION,
        "tool_version": __version__,
        "cloud": cloud,
        "taken_at": rfc3339(status.taken_at),
        "complete": status.complete,
        "unread": [{"scope": gap.scope, "reason": gap.reason} for gap in status.gaps],
        "vaults": [vault_document(vault) for vault in status.vaults],
        "vms": [vm_document(vm, status.taken_at) for vm in status.vms],
        "jobs": [job_document(job, status.taken_at) for job in status.jobs],
        "findings": [finding_document(finding) for finding in status.findings],
    }


def vault_document(vault: VaultStatus) -> dict[str, Json]:
    return {
        "name": vault.name,
        "exists": vault.exists,
        "complete": vault.seen,
        "states": _counts(vault.states),
        "trust": {str(trust): vault.trust.get(trust, 0) for trust in Trust},
        "exempt": vault.exempt,
        "uncovered": vault.uncovered,
        "jobs_24h": {str(end): vault.jobs.get(end, 0) for end in JobEnd},
    }


def _counts(counts: Mapping[str, int]) -> Json:
    return {name: counts[name] for name in sorted(counts) if counts[name]}


def vm_document(vm: VmStatus, now: datetime) -> dict[str, Json]:
    return {
        "vault": vm.vault,
        "vm": vm.label,
        "id": vm.id,
        "state": vm.state,
        "trust": str(vm.trust) if vm.trust is not None else None,
        "policy": vm.policy,
        "last_backup": {"status": vm.last_backup_status, "at": _instant(vm.last_backup)},
        "last_recovery_point": {
            "at": _instant(vm.last_point),
            "age_seconds": int((now - vm.last_point).total_seconds()) if vm.last_point is not None else None,
            "consistency": str(vm.consistency) if vm.consistency is not None else None,
        },
        "next_backup": run_document(vm.next),
        "days_until_deleted": vm.days_left,
        "findings": list(vm.troubles),
    }


def run_document(run: NextBackup | None) -> Json:
    if run is None:
        return None
    local = run.local.isoformat()
    return {"at": rfc3339(run.at), "local": local, "time_zone": run.zone, "certain": run.certain}


def job_document(one: JobStatus, now: datetime) -> dict[str, Json]:
    job = one.job
    seconds = ((job.end or now) - job.start).total_seconds() if job.start is not None else None
    found: dict[str, Json] = {
        "vault": one.vault,
        "id": job.id,
        "operation": job.operation,
        "vm": one.label,
        "status": job.status,
        "end": str(one.end),
        "started": _instant(job.start),
        "ended": _instant(job.end),
        "duration_seconds": round(seconds) if seconds is not None else None,
        "activity_id": job.activity_id,
        "errors": [
            {
                "number": error.number,
                "code": error.title,
                "message": error.message,
                "recommendations": list(error.recommendations),
            }
            for error in job.errors
        ],
    }
    row: dict[str, Json] | None = {"code": one.code, "title": catalog().row(one.code).title} if one.code else None
    if row is not None and one.or_else:
        row["or_else"] = list(one.or_else)
    return {**found, "row": row}


def _instant(moment: datetime | None) -> str | None:
    return rfc3339(moment) if moment is not None else None
