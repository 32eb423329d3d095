"""Backups that failed are findings with a row: from jobs while they are listed, then from the item's health."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from reconciler.model.observed import Gap, Job, JobError, Observed, ProtectedItem, VirtualMachine, VmKey
from reconciler.model.plan import Finding, Severity
from reconciler.planning.backup_health import check_backups
from reconciler.planning.situation import Situation
from reconciler.planning.status import status
from tests.unit.planning.making import NOW, SUB, item, machine, vault
from tests.unit.planning.worlds import desired

WEB = machine("web-01", "rg-web")
CONTAINER = "iaasvmcontainerv2;rg-web;web-01"
NO_NETWORK = JobError(400083, "ExtensionSnapshotFailedNoNetwork", "No network.", ("Mend it.",))
GONE = JobError(320001, "ResourceNotFound", "VM no longer exists.")
CANCELLED = JobError(0, "UserErrorJobSuccessfullyCancelled", "Cancelled.")


def job(number: int, status: str, hours: float, error: JobError | None = None) -> Job:
    """A backup that began so many hours ago and took six minutes, if it has ended."""
    start = NOW - timedelta(hours=hours)
    end = None if status == "InProgress" else start + timedelta(minutes=6)
    errors = (error,) if error else ()
    return Job(f"job-{number}", "Backup", status, CONTAINER, WEB.name, start, end, errors, "act")


def told(held: ProtectedItem, *jobs: Job, there: bool = True) -> list[Finding]:
    seen = replace(vault([held]), jobs=jobs)
    observed = Observed(NOW, {"rsv": seen}, {WEB.key: WEB} if there else {})
    return check_backups(Situation(desired({}), observed), (), all_items=True)


def test_a_failed_backup_has_its_row_and_azures_words() -> None:
    [found] = told(item(WEB), job(1, "Failed", 3, NO_NETWORK))
    assert (found.code, found.severity) == ("backup-snapshot-timeout", Severity.WARNING)
    [said] = found.azure
    assert (said.code, said.number, said.message) == (NO_NETWORK.title, 400083, "No network. Mend it.")
    assert said.correlation_id == "act"


@pytest.mark.parametrize(
    ("jobs", "number"),
    [
        ((job(1, "Failed", 9, NO_NETWORK), job(2, "Completed", 3)), 0),
        ((job(1, "Completed", 9), job(2, "Failed", 3, NO_NETWORK)), 1),
        ((job(1, "Failed", 9, NO_NETWORK), job(2, "InProgress", 0.1)), 1),
        ((job(1, "InProgress", 0.1),), 0),
        ((), 0),
    ],
)
def test_the_backup_that_ended_last_decides(jobs: tuple[Job, ...], number: int) -> None:
    assert len(told(item(WEB), *jobs)) == number
    assert len(told(item(WEB), *reversed(jobs))) == number


def test_a_job_of_another_machine_says_nothing() -> None:
    other = replace(job(1, "Failed", 3, NO_NETWORK), container="iaasvmcontainerv2;rg-other;web-01")
    assert told(item(WEB), other) == []


def test_health_tells_what_the_list_of_jobs_has_forgotten() -> None:
    held = replace(item(WEB), last_backup_status="Failed", problems=(NO_NETWORK,))
    assert [found.code for found in told(held)] == ["backup-snapshot-timeout"]
    assert told(held, job(1, "Completed", 3)) == []
    assert told(replace(held, last_backup_status="Completed")) == []


def test_a_deleted_machine_turns_an_internal_error_into_a_lasting_one() -> None:
    [found] = told(item(WEB), job(1, "Failed", 3, GONE), there=False)
    assert (found.code, found.severity) == ("backup-internal-error", Severity.ERROR)
    assert "does not exist any more" in found.message


def test_a_machine_that_was_only_not_seen_is_not_called_deleted() -> None:
    seen = replace(vault([item(WEB)]), jobs=(job(1, "Failed", 3, GONE),))
    gap = Gap("/subscriptions/00000000-0000-0000-0000-000000000001/x", "no answer")
    observed = Observed(NOW, {"rsv": seen}, gaps=(gap,))
    [found] = check_backups(Situation(desired({}), observed), (), all_items=True)
    assert "does not exist" not in found.message


def test_only_what_is_meant_is_told_when_targets_narrow_it() -> None:
    seen = replace(vault([item(WEB)]), jobs=(job(1, "Failed", 3, NO_NETWORK),))
    situation = Situation(desired({}), Observed(NOW, {"rsv": seen}, {WEB.key: WEB}))
    assert check_backups(situation, (), all_items=False) == []


def test_somebody_elses_cancelling_is_not_called_unexplained() -> None:
    [found] = told(item(WEB), job(1, "Cancelled", 3, CANCELLED))
    assert (found.code, found.severity) == ("backup-cancelled", Severity.WARNING)
    assert "explains" not in found.message


@pytest.mark.parametrize("status", ["Failed", "Cancelled"])
def test_a_backup_that_failed_without_a_word_is_told_by_its_end(status: str) -> None:
    [found] = told(item(WEB), job(1, status, 1))
    assert [(one.code, one.message) for one in found.azure] == [(f"Job{status}", f"The job Backup ended as {status}.")]


INTERNAL = JobError(0, "CloudTimeoutError", "The backup timed out inside the service.")
EITHER = ("vm-deleted-still-protected", "register-too-many-data-disks")


@pytest.mark.parametrize(
    ("seen", "or_else"),
    [
        ({WEB.key: WEB}, ()),
        ({WEB.key: replace(WEB, data_disks=33)}, ()),
        ({WEB.key: replace(WEB, agent=None)}, ()),
        ({}, ()),
        (None, EITHER),
    ],
    ids=["in order", "too many disks", "no agent", "gone", "not seen"],
)
def test_what_a_failed_backup_can_mean_is_narrowed_by_what_was_seen(
    seen: dict[VmKey, VirtualMachine] | None, or_else: tuple[str, ...]
) -> None:
    held = replace(vault([item(WEB)]), jobs=(job(1, "Failed", 3, INTERNAL),))
    gaps = () if seen is not None else (Gap(f"/subscriptions/{SUB}/x", "no answer"),)
    wanted, observed = desired({}), Observed(NOW, {"rsv": held}, seen or {}, gaps=gaps)
    [found] = check_backups(Situation(wanted, observed), (), all_items=True)
    assert (found.code, found.or_else) == ("backup-internal-error", or_else)
    [ended] = status(wanted, observed).jobs
    assert ended.or_else == or_else


def test_a_failed_backup_that_two_rows_explain_names_both() -> None:
    code = "RSVaultUpdateErrorConflictingOperationInProgress"
    [found] = told(item(WEB), job(1, "Failed", 3, JobError(0, code, "It did not work.")))
    assert (found.code, found.or_else) == ("unclassified", ("register-item-busy", "vault-busy"))
