"""What is verified, what is claimed and what is not known; and which recovery points are worth a request."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from reconciler.model.desired import Consistency, CoverageScope, Desired, Objective
from reconciler.model.observed import Gap, Job, JobError, Observed, VirtualMachine
from reconciler.model.state import ItemState
from reconciler.model.status import JobEnd, Status, Trust, VmStatus
from reconciler.planning.job_history import container_of
from reconciler.planning.status import POINTS_UNASKED, narrowed, points_wanted, status
from tests.unit.planning.making import NOW, VAULT, item, machine, policy, protection, seen_policy, snapshot, vault

WEB = machine("web-01")
DESIRED = Desired(vaults=(VAULT,), policies=(policy(),), protections=(protection("web-01"),))


def held(hours: float | None, state: ItemState = ItemState.PROTECTED, **more: Any) -> Observed:
    point = NOW - timedelta(hours=hours) if hours is not None else None
    return snapshot([WEB], vault([replace(item(WEB, state), last_recovery_point=point, **more)]))


def only(found: Status) -> VmStatus:
    [one] = found.vms
    return one


@pytest.mark.parametrize(
    ("hours", "trust"), [(11, Trust.VERIFIED), (26, Trust.VERIFIED), (26.1, Trust.CLAIMED), (None, Trust.CLAIMED)]
)
def test_a_point_as_young_as_the_schedule_promises(hours: float | None, trust: Trust) -> None:
    assert only(status(DESIRED, held(hours))).trust is trust


@pytest.mark.parametrize("state", [ItemState.PROTECTION_STOPPED, ItemState.PROTECTION_ERROR, ItemState.UNKNOWN])
def test_what_is_not_protected_is_no_kind_of_protected(state: ItemState) -> None:
    assert only(status(DESIRED, held(1, state))).trust is None


@pytest.mark.parametrize("state", list(ItemState))
def test_no_item_of_a_vault_that_was_not_read_in_full_is_verified(state: ItemState) -> None:
    blind = replace(held(1, state), gaps=(Gap("/backupprotecteditems", "502", "rsv"),))
    found = status(DESIRED, blind)
    assert only(found).trust in {Trust.UNKNOWN, None}
    assert not found.complete
    assert not found.vaults[0].trust.get(Trust.VERIFIED)


def test_a_policy_that_cannot_be_expressed_verifies_nothing() -> None:
    odd = replace(seen_policy(), rules=None)
    seen = held(1)
    content = replace(seen.vaults["rsv"], policies={"daily": odd})
    found = only(status(DESIRED, replace(seen, vaults={"rsv": content})))
    assert (found.trust, found.next) == (Trust.CLAIMED, None)


def test_a_point_that_could_not_be_read_spoils_the_page_and_not_the_vm() -> None:
    found = status(DESIRED, held(1), (Gap("/recoverypoints", "429", "rsv"),))
    assert (found.complete, only(found).trust) == (False, Trust.VERIFIED)


def test_a_soft_deleted_item_says_how_long_it_stays() -> None:
    found = only(status(DESIRED, held(1, soft_deleted=True, deferred_delete_days_left=9)))
    assert (found.state, found.days_left, found.next) == ("soft-deleted", 9, None)


def test_a_vm_that_is_wanted_and_has_no_item() -> None:
    assert only(status(DESIRED, snapshot([WEB], vault(discovered=[WEB])))).state == "not-protected"
    blind = replace(snapshot([WEB], vault()), gaps=(Gap("/backupprotecteditems", "502", "rsv"),))
    assert only(status(DESIRED, blind)).trust is Trust.UNKNOWN


def test_uncovered_and_exempt_are_counted() -> None:
    scoped = replace(VAULT, coverage=CoverageScope(require=True))
    other = machine("web-02")
    seen = replace(held(1), vms={vm.key: vm for vm in (WEB, other)})
    [found] = status(replace(DESIRED, vaults=(scoped,)), seen).vaults
    assert (found.uncovered, found.exempt, dict(found.trust)) == (1, 0, {"verified": 1})


def job(name: str, ended: str, hours: float, vm: VirtualMachine = WEB) -> Job:
    start = NOW - timedelta(hours=hours)
    errors = (JobError(400083, "ExtensionSnapshotFailedNoNetwork", "No network."),) if ended == "Failed" else ()
    return Job(name, "Backup", ended, container_of(item(vm)), vm.name, start, start, errors)


def test_jobs_of_a_day_newest_first_and_all_that_run() -> None:
    jobs = (
        job("old", "Completed", 25),
        job("long", "InProgress", 30),
        job("bad", "Failed", 2),
        job("ok", "Completed", 3),
        job("new", "Paused", 4),
    )
    seen = held(1)
    found = status(DESIRED, replace(seen, vaults={"rsv": replace(seen.vaults["rsv"], jobs=jobs)}))
    assert [(one.job.id, one.end) for one in found.jobs] == [
        ("bad", JobEnd.FAILED),
        ("ok", JobEnd.SUCCEEDED),
        ("new", JobEnd.UNKNOWN),
        ("long", JobEnd.IN_PROGRESS),
    ]
    assert (found.jobs[0].code, found.jobs[0].label) == ("backup-snapshot-timeout", "rg-web/web-01")


def test_narrowed_to_one_vm_whatever_way_it_is_named() -> None:
    both = [WEB, machine("web-02")]
    whole = status(DESIRED, snapshot(both, vault(map(item, both))))
    for name in ("web-01", "RG-web/Web-01", WEB.id):
        assert [vm.label for vm in narrowed(whole, [name]).vms] == ["rg-web/web-01"]
    assert narrowed(whole, ["web-0"]).vms == ()


def test_points_are_asked_for_where_they_matter() -> None:
    vms = [machine(f"web-{number:03}") for number in range(POINTS_UNASKED + 10)]
    items = [replace(item(vm), last_recovery_point=NOW) for vm in vms]
    promised = replace(protection("web-059"), objective=Objective(None, Consistency.APPLICATION))
    desired = Desired(vaults=(VAULT,), policies=(policy(),), protections=(promised,))
    seen = snapshot(vms, vault(items))
    assert points_wanted(desired, seen) == [("rsv", vms[59].key)]
    assert len(points_wanted(desired, snapshot(vms[:5], vault(items[:5])))) == 5
    assert len(points_wanted(desired, seen, everything=True)) == len(vms)
    assert points_wanted(desired, seen, ["web-007"]) == [("rsv", vms[7].key)]


def test_no_point_is_asked_for_where_there_is_none() -> None:
    assert points_wanted(DESIRED, held(None)) == []
    assert points_wanted(DESIRED, held(1, soft_deleted=True)) == []


def test_an_item_whose_vm_is_gone_says_so_and_its_jobs_keep_the_name_that_they_gave_it() -> None:
    other = machine("web-02", "rg-db")
    seen = snapshot([other], vault([replace(item(WEB), last_recovery_point=NOW)]))
    jobs = (job("lost", "Completed", 2, machine("old-01", "rg-old")),)
    found = status(DESIRED, replace(seen, vaults={"rsv": replace(seen.vaults["rsv"], jobs=jobs)}))
    assert {vm.label: vm.state for vm in found.vms}["rg-web/web-01"] == "vm-deleted"
    assert [(one.label, one.key) for one in found.jobs] == [("rg-old/old-01", "")]
