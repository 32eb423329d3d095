"""What is promised of recovery points: kept, broken, and about to be broken."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from reconciler.model.desired import Consistency, Desired, Objective, OsType, VmRef
from reconciler.model.observed import Gap, Job, JobError, Observed, Power, ProtectedItem, RecoveryPoint, VirtualMachine
from reconciler.model.plan import Basis, Finding
from reconciler.model.state import ItemState
from reconciler.planning import Brakes, plan
from reconciler.planning.job_history import container_of
from tests.unit.planning.making import NOW, VAULT, item, machine, policy, protection, seen_policy, snapshot, vault

CODES = {"recovery-point-too-old", "recovery-point-too-weak", "next-recovery-point-too-weak"}
WINDOWS = replace(machine("web-01"), os=OsType.WINDOWS)
LINUX = machine("web-01")
OLD = NOW - timedelta(hours=38)


def promised(age: int | None = None, consistency: Consistency | None = None) -> Desired:
    wish = replace(protection("web-01"), objective=Objective(age, consistency))
    return Desired(vaults=(VAULT,), policies=(policy(),), protections=(wish,))


def told(desired: Desired, observed: Observed) -> list[Finding]:
    return [one for one in plan(desired, observed, brakes=Brakes()).findings if one.code in CODES]


def seen(vm: VirtualMachine, held: ProtectedItem, *jobs: Job) -> Observed:
    return snapshot([vm], replace(vault([held]), jobs=jobs))


def with_point(vm: VirtualMachine, hours: int, kind: Consistency | None = None) -> Observed:
    at = NOW - timedelta(hours=hours)
    made = seen(vm, replace(item(vm), last_recovery_point=at))
    return replace(made, points={("rsv", vm.key): RecoveryPoint(at, kind)} if kind else {})


def job(operation: str, status: str, hours: float, error: JobError | None = None) -> Job:
    start = NOW - timedelta(hours=hours)
    end = None if status == "InProgress" else start + timedelta(minutes=1)
    errors = (error,) if error else ()
    return Job(
        f"{operation}-{hours}", operation, status, container_of(item(LINUX)), "web-01", start, end, errors, "act"
    )


@pytest.mark.parametrize(("hours", "broken"), [(12, False), (26, False), (27, True)])
def test_the_age_of_the_latest_point(hours: int, broken: bool) -> None:
    assert bool(told(promised(age=26), with_point(LINUX, hours))) is broken


def test_a_broken_promise_names_all_that_the_failed_backup_can_be() -> None:
    code = "RSVaultUpdateErrorConflictingOperationInProgress"
    failed = job("Backup", "Failed", 12, JobError(0, code, "It did not work."))
    [found] = told(promised(age=26), seen(LINUX, replace(item(LINUX), last_recovery_point=OLD), failed))
    assert found.message.endswith(f"; its last backup failed with {code} (register-item-busy / vault-busy).")


def test_a_broken_promise_says_how_old_and_why() -> None:
    failed = job(
        "Backup", "Failed", 12, JobError(400083, "ExtensionSnapshotFailedNoNetwork", "No network.", ("Mend.",))
    )
    held = replace(item(LINUX), last_recovery_point=OLD)
    [found] = told(promised(age=26), seen(LINUX, held, failed))
    assert found.message == (
        "The latest recovery point of rg-web/web-01 is 38 hours old, promised are 26 hours; its last backup failed "
        "with ExtensionSnapshotFailedNoNetwork (backup-snapshot-timeout)."
    )
    [said] = found.azure
    assert (said.code, said.number, said.message, said.correlation_id) == (
        "ExtensionSnapshotFailedNoNetwork",
        400083,
        "No network. Mend.",
        "act",
    )


@pytest.mark.parametrize(
    ("state", "jobs", "reason"),
    [
        (ItemState.PROTECTED, (job("Backup", "InProgress", 0.1),), "a backup is running"),
        (ItemState.PROTECTION_PAUSED, (), "Azure has paused its backups"),
        (ItemState.PROTECTION_ERROR, (), "its last backup failed, longer than a day ago"),
    ],
)
def test_the_likely_reason(state: ItemState, jobs: tuple[Job, ...], reason: str) -> None:
    status = "Failed" if state is ItemState.PROTECTION_ERROR else "Completed"
    held = replace(item(LINUX, state), last_recovery_point=OLD, last_backup_status=status)
    [found] = told(promised(age=26), seen(LINUX, held, *jobs))
    assert found.message.endswith(f"; {reason}.")


@pytest.mark.parametrize(
    ("configured", "broken"),
    [
        (5.0, False),  # at 04:00: the first backup is due at 22:00
        (11.5, False),  # at 21:30: due at 22:00, and Azure may start at midnight; now is 09:00
        (None, True),  # longer than a day ago: 22:00 has passed since
    ],
)
def test_the_first_backup_has_its_time(configured: float | None, broken: bool) -> None:
    held = item(LINUX, ItemState.IR_PENDING)
    jobs = (job("ConfigureBackup", "Completed", configured),) if configured else ()
    assert bool(told(promised(age=1), seen(LINUX, held, *jobs))) is (broken or configured == 11.5)


def test_a_first_backup_may_begin_two_hours_late() -> None:
    held, configured = item(LINUX, ItemState.IR_PENDING), job("ConfigureBackup", "Completed", 11.5)
    late = replace(seen(LINUX, held, configured), taken_at=NOW - timedelta(hours=9, minutes=1))
    assert told(promised(age=1), late) == []


def test_jobs_that_could_not_be_read_prove_nothing() -> None:
    held = item(LINUX, ItemState.IR_PENDING)
    blind = replace(seen(LINUX, held), gaps=(Gap("/backupjobs", "502", "rsv"),))
    assert told(promised(age=1), blind) == []


@pytest.mark.parametrize(
    ("vm", "kind", "reason"),
    [
        (WINDOWS, Consistency.FILE_SYSTEM, "VSS in the guest has probably failed"),
        (WINDOWS, Consistency.CRASH, "the machine was probably off"),
        (replace(WINDOWS, power=Power.STOPPED), Consistency.CRASH, "probably off, as it is now (stopped)"),
        (LINUX, Consistency.FILE_SYSTEM, "Linux needs pre- and post-scripts in the guest for more"),
    ],
)
def test_a_point_that_is_too_weak(vm: VirtualMachine, kind: Consistency, reason: str) -> None:
    [found] = told(promised(consistency=Consistency.APPLICATION), with_point(vm, 1, kind))
    assert found.code == "recovery-point-too-weak"
    assert found.message.endswith(f"{reason}.")


def test_a_point_that_is_strong_enough() -> None:
    assert told(promised(consistency=Consistency.FILE_SYSTEM), with_point(WINDOWS, 1, Consistency.APPLICATION)) == []


@pytest.mark.parametrize(
    ("vm", "basis", "kind"),
    [
        (LINUX, Basis.RULE, "file-system-consistent"),
        (replace(WINDOWS, power=Power.DEALLOCATED), Basis.OBSERVED, "crash-consistent"),
        (replace(LINUX, provisioning_state="Failed"), Basis.OBSERVED, "crash-consistent"),
    ],
)
def test_the_next_point_is_foreseen(vm: VirtualMachine, basis: Basis, kind: str) -> None:
    """Also for a VM that is not protected yet."""
    [found] = told(promised(consistency=Consistency.APPLICATION), snapshot([vm], vault(discovered=[vm])))
    assert (found.code, found.basis) == ("next-recovery-point-too-weak", basis)
    assert f"will be {kind}, application-consistent is promised" in found.message


def test_nothing_is_promised_of_a_vm_that_is_exempt_or_retired() -> None:
    desired = promised(1, Consistency.APPLICATION)
    other = replace(desired.protections[0], virtual_machines=(VmRef("web-02", "rg-web"),))
    assert told(replace(desired, protections=(other,)), with_point(LINUX, 50)) == []


def test_a_policy_that_leaves_the_guest_alone_is_named_as_the_reason() -> None:
    """Of the point that is there, and of the next one: the machine runs, and nothing has failed in it."""
    only_crash = '{"snapshotConsistencyType": "OnlyCrashConsistent"}'
    light = replace(seen_policy(), properties=only_crash)
    for observed, code in ((with_point(WINDOWS, 1, Consistency.CRASH), "recovery-point-too-weak"),
                           (with_point(WINDOWS, 1), "next-recovery-point-too-weak")):  # fmt: skip
        content = replace(observed.vaults["rsv"], policies={"daily": light})
        [found] = told(promised(consistency=Consistency.APPLICATION), replace(observed, vaults={"rsv": content}))
        assert found.code == code
        assert found.message.endswith("its policy asks for no more.")
