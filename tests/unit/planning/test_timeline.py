"""The timeline of a VM: its requests, jobs and recovery points, and nobody else's."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from reconciler.model.audit import AuditEntry, Event
from reconciler.model.board import StepResult
from reconciler.model.call import Call, Method
from reconciler.model.desired import Consistency
from reconciler.model.observed import Job, JobError, Observed, ObservedVault, RecoveryPoint, VirtualMachine
from reconciler.model.outcome import AzureError, Done, Failed
from reconciler.model.plan import Step, Subject, SubjectKind
from reconciler.model.span import NOWHERE
from reconciler.model.timeline import EventKind
from reconciler.planning.timeline import timeline
from tests.unit.planning.making import NOW, SUB, VAULT_ID, item, machine

WEB, OTHER = machine("web-01"), machine("web-02")
MINUTE = timedelta(minutes=1)


def entry(number: int, event: Event, minutes: int) -> AuditEntry:
    return AuditEntry(
        number=number,
        at=NOW + minutes * MINUTE,
        run="r",
        step_id="protect:rsv/rg-web/web-01",
        event=event,
        action="protect",
        vault="rsv",
        subject_name=WEB.label,
        subject_id=WEB.id.upper(),
        revision="abc",
        actor="me@host",
        epoch=1,
        method="PUT",
        path="/",
        api="2024",
        correlation_id="corr",
    )


def job(vm: str, minutes: int, status: str = "Completed", errors: tuple[JobError, ...] = ()) -> Job:
    start = NOW + minutes * MINUTE
    owner = f"iaasvmcontainerv2;rg-web;{vm}"
    return Job(f"job-{vm}-{minutes}", "Backup", status, owner, vm, start, start + 5 * MINUTE, errors, "act")


def observed(*jobs: Job) -> Observed:
    vault = ObservedVault("rsv", VAULT_ID, exists=True, items={WEB.key: item(WEB)}, jobs=jobs)
    return Observed(NOW, {"rsv": vault}, {WEB.key: WEB, OTHER.key: OTHER})


def test_requests_jobs_and_points_newest_first() -> None:
    entries = [
        entry(2, Event.ACCEPTED, 1),
        entry(1, Event.INTENDED, 0),
        replace(entry(3, Event.ENDED, 9), outcome="done", request_id="azure-1"),
    ]
    points = [RecoveryPoint(NOW + 40 * MINUTE, Consistency.FILE_SYSTEM)]
    found = timeline(observed(job("web-01", 30)), "rsv", WEB.key, entries, points, since=NOW, gaps=("x",))
    assert [(one.kind, one.what, one.outcome) for one in found.events] == [
        (EventKind.POINT, "", ""),
        (EventKind.JOB, "Backup", "Completed"),
        (EventKind.REQUEST, "protect", "done"),
    ]
    request = found.events[-1]
    assert (request.at, request.until, request.number) == (NOW, NOW + 9 * MINUTE, 1)
    assert (request.reference, request.actor, request.revision) == ("azure-1", "me@host", "abc")
    assert (found.since, found.gaps) == (NOW, ("x",))


def test_what_has_not_ended_says_how_far_it_is() -> None:
    entries = [entry(1, Event.INTENDED, 0), entry(2, Event.ACCEPTED, 1)]
    (request,) = timeline(observed(), "rsv", WEB.key, entries, ()).events
    assert (request.outcome, request.until) == ("accepted", None)


def test_a_failed_job_names_its_row() -> None:
    errors = (JobError(400153, "UserErrorGuestAgentStatusUnavailable", "No agent.", ("Start it.",)),)
    (failed,) = timeline(observed(job("web-01", 0, "Failed", errors)), "rsv", WEB.key, (), ()).events
    assert failed.code == "backup-snapshot-timeout"
    assert failed.message == "No agent. Start it."
    assert failed.reference == "act"


def test_others_are_left_out() -> None:
    own = entry(1, Event.INTENDED, 0)
    entries = [replace(own, vault="other"), replace(own, subject_id=OTHER.id)]
    assert timeline(observed(job("web-02", 0)), "rsv", WEB.key, entries, ()).events == ()


def test_results_tell_what_the_audit_log_does_not() -> None:
    refused = AzureError("AzureVmOffline", "It is off.", correlation_id="corr-2")
    results = [
        StepResult(step("register", WEB, "POST"), Failed("register-vm-not-running", refused), NOW),
        StepResult(step("register", OTHER, "POST"), Done(), NOW),
        StepResult(step("protect", WEB, "PUT"), Done(), NOW),
        StepResult(step("discover", None, "POST"), Done(), NOW - MINUTE),
    ]
    found = timeline(observed(), "rsv", WEB.key, (), (), results=results).events
    assert [(one.what, one.outcome, one.code, one.reference) for one in found] == [
        ("register", "failed", "register-vm-not-running", "corr-2"),
        ("discover", "done", "", ""),
    ]


def step(action: str, vm: VirtualMachine | None, method: Method) -> Step:
    subject = Subject(SubjectKind.VM, vm.label, vm.id) if vm else Subject(SubjectKind.VAULT, "rsv", VAULT_ID)
    path = f"/subscriptions/{SUB}/providers/Microsoft.RecoveryServices/locations/westeurope/backupPreValidateProtection"
    call = Call(method, path if action == "register" else "/", "1")
    return Step(f"{action}:{subject.name}", action, "rsv", subject, "", NOWHERE, call)


def test_a_vault_that_was_not_seen_adds_nothing_to_what_we_did_ourselves() -> None:
    found = timeline(
        observed(job("web-01", 0)), "another", WEB.key, [replace(entry(1, Event.INTENDED, 0), vault="another")], ()
    )
    assert [one.kind for one in found.events] == [EventKind.REQUEST]
