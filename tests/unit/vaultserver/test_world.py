"""A world over time: schedules, consistency, retention, faults, operators, and two processes on one file."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from reconciler.vaultserver import estate, facts, faults, portal
from reconciler.vaultserver.clock import Clock
from reconciler.vaultserver.database import Database, NotAVaultError
from reconciler.vaultserver.world import World

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)


def world(*machines: dict[str, Any], path: Path | str = ":memory:", **more: Any) -> World:
    made = World(path, clock=NOW, seed=7)
    listed = list(machines) or [{"name": "web-01"}]
    held = [{"vm": machine["name"], "vault": "rsv", "state": "IRPending"} for machine in listed]
    data = {"estate": "v1", "vaults": [{"name": "rsv"}], "virtualMachines": listed, "protected": held}
    estate.load(made, data | more)
    return made


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"os": "Windows"}, "AppConsistent"),
        ({"os": "Windows", "vss": "failing"}, "FileSystemConsistent"),
        ({"os": "Linux"}, "FileSystemConsistent"),
        ({"os": "Windows", "power": "stopped"}, "CrashConsistent"),
    ],
)
def test_the_facts_decide_the_consistency(given: dict[str, Any], kind: str) -> None:
    made = world({"name": "web-01"} | given)
    made.advance(timedelta(days=1))
    (item,) = made.items()
    assert item.state == "Protected"
    assert [point.type for point in made.recovery_points(item.id)] == [kind]


@pytest.mark.parametrize(
    ("fact", "value", "code"),
    [
        ("agent.status", "notReady", "UserErrorGuestAgentStatusUnavailable"),
        ("network.outbound", "false", "ExtensionSnapshotFailedNoNetwork"),
        ("network.dns", False, "ExtensionSnapshotFailedNoNetwork"),
        ("snapshot", "timesOut", "GuestAgentSnapshotTaskStatusError"),
        ("deleted", True, "ResourceNotFound"),
    ],
)
def test_the_facts_decide_how_a_backup_fails_and_heals(fact: str, value: object, code: str) -> None:
    made = world()
    made.advance(timedelta(days=1))
    before = made.vms()[0]
    made.set_vm(before.id, fact, value)
    made.advance(timedelta(days=1))
    assert made.jobs()[0].errors[0]["errorTitle"] == code
    assert [item.state for item in made.items()] == ["ProtectionError"]
    made.put_vm(before)
    made.advance(timedelta(days=1))
    assert [(item.state, item.status) for item in made.items()] == [("Protected", "Healthy")]


def test_retention_prunes_and_instant_copies_end() -> None:
    made = world()
    made.advance(timedelta(days=40))
    (item,) = made.items()
    points = made.recovery_points(item.id)
    assert len(points) == 30
    assert [point.tiers["InstantRP"] for point in points[:4]] == ["Valid", "Valid", "Deleted", "Deleted"]


def test_a_soft_deleted_item_is_purged() -> None:
    made = world()
    portal.delete_data(made, "web-01")
    made.advance(timedelta(days=13))
    assert len(made.items()) == 1
    made.advance(timedelta(days=2))
    assert (made.items(), made.containers()) == ([], [])


def test_a_fault_meets_as_often_as_it_says() -> None:
    made = world()
    faults.inject(made, operation="Backup", code="CloudInternalError", times=1)
    made.advance(timedelta(days=2))
    assert [job.status for job in made.jobs()] == ["Completed", "Failed"]
    with pytest.raises(ValueError, match="none of the operations"):
        faults.inject(made, operation="Bakcup")
    assert faults.clear(made) == 1


def test_the_same_seed_gives_the_same_world() -> None:
    first, second = world(), world()
    for made in (first, second):
        made.advance(timedelta(days=3))
    assert first.jobs() == second.jobs()
    assert [vm.vm_id for vm in first.vms()] == [vm.vm_id for vm in second.vms()]


def test_operators_act_behind_our_back() -> None:
    made = world({"name": "web-01"}, {"name": "web-02"})
    old = portal.find_vm(made, "web-01")
    portal.delete_vm(made, "web-01")
    assert [vm.name for vm in made.vms()] == ["web-02"]
    assert portal.recreate_vm(made, old.id).vm_id != old.vm_id
    moved = portal.move_vm(made, "web-02", "rg-new")
    assert made.vm(moved.id) is not None
    portal.stop(made, "web-01")
    portal.change_policy(made, "web-02", "EnhancedPolicy")
    states = {item.friendly_name: (item.state, item.policy_type) for item in made.items()}
    assert states == {"web-01": ("ProtectionStopped", "V1"), "web-02": ("IRPending", "V2")}
    with pytest.raises(portal.NoSuchThingError, match="web-03"):
        portal.delete_vm(made, "web-03")


def test_two_processes_share_a_file(tmp_path: Path) -> None:
    here = world(path=tmp_path / "vault.db")
    there = World(tmp_path / "vault.db")
    there.advance(timedelta(days=1))
    assert here.now == there.now
    assert [item.state for item in here.items()] == ["Protected"]
    here.close()
    there.close()


def test_time_runs_at_a_speed_and_stands_still_without_a_server() -> None:
    real = [NOW]
    database = Database()
    clock = Clock(database, real=lambda: real[0])
    clock.start_at(NOW)
    clock.run(60)
    real[0] += timedelta(seconds=2)
    assert clock.now() == NOW + timedelta(minutes=2)
    clock.stop()
    real[0] += timedelta(days=1)
    assert clock.now() == NOW + timedelta(minutes=2)
    with pytest.raises(ValueError, match="forward"):
        clock.advance(timedelta(seconds=-1))
    database.close()


def test_another_file_is_not_a_vault(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello " * 1000)
    with pytest.raises(NotAVaultError, match=r"notes\.txt"):
        Database(tmp_path / "notes.txt")


@pytest.mark.parametrize(
    ("fact", "value"), [("pwer", "running"), ("power", "on"), ("name", "x"), ("agent.colour", "red"), ("nics", "two")]
)
def test_a_wrong_fact_is_told(fact: str, value: str) -> None:
    made = world()
    with pytest.raises(facts.FactError):
        made.set_vm(made.vms()[0].id, fact, value)


@pytest.mark.parametrize(
    ("data", "where"),
    [
        ([], "estate"),
        ({"estate": "v2"}, "estate"),
        ({"estate": "v1", "vaults": [{"name": "a", "polices": []}]}, r"vaults\[0\]\.polices"),
        ({"estate": "v1", "virtualMachines": [{"name": "a", "power": "on"}]}, r"virtualMachines\[0\]\.power"),
        ({"estate": "v1", "virtualMachines": [{"name": "a"}, {"name": "A"}]}, "is there twice"),
        ({"estate": "v1", "vaults": [{"name": "a", "policies": [{"name": "pol"}]}]}, r"vaults\[0\]\.policies\[0\]"),
        ({"estate": "v1", "protected": [{"vm": "a", "vault": "b"}]}, r"protected\[0\]\.vault"),
    ],
)
def test_a_mistake_in_an_estate_has_a_place(data: object, where: str) -> None:
    made = World(clock=NOW)
    with pytest.raises(estate.EstateError, match=where):
        estate.load(made, data)
    assert (made.vaults(), made.vms()) == ([], [])


def test_a_series_is_numbered() -> None:
    made = world()
    estate.load(made, {"estate": "v1", "virtualMachines": [{"name": "app-{n:02}", "count": 3}]})
    assert [vm.name for vm in made.vms()] == ["app-01", "app-02", "app-03", "web-01"]


def test_a_generated_estate_is_whole_and_repeatable() -> None:
    assert estate.generate(50, seed=3) == estate.generate(50, seed=3)
    made = World(clock=NOW)
    estate.load(made, estate.generate(50, seed=3))
    assert len(made.vms()) == 50
