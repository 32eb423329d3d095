"""One cause is one finding, whatever the number of machines and the order in which they were found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.desired import Desired
from reconciler.model.observed import Power
from reconciler.model.outcome import AzureError
from reconciler.model.plan import Basis, Finding, Severity
from reconciler.model.span import Span
from reconciler.planning import Brakes, plan
from reconciler.planning.root_causes import by_root_cause
from tests.unit.planning.making import VAULT, machine, policy, protection, snapshot, vault
from tests.unit.planning.worlds import plan_of


def off(name: str, line: int = 1, power: str = "deallocated", azure: tuple[AzureError, ...] = ()) -> Finding:
    text, place = f"rg-web/{name} is {power}.", Span("web.yaml", line, 7, 9)
    return Finding("register-vm-not-running", Severity.ERROR, (name,), text, place, Basis.OBSERVED, "rsv", azure)


def label(name: str) -> str:
    return f"rg-web/{name}"


def test_two_hundred_are_one_in_any_order() -> None:
    findings = [off(f"web-{number * 7 % 200:03}", line=1000 - number * 7 % 200) for number in range(200)]
    [found] = by_root_cause(findings, label)
    assert found.subjects == tuple(f"web-{number:03}" for number in range(200))
    assert (found.message, found.source.line) == ("Each is deallocated.", 1000)


def test_one_alone_keeps_its_words() -> None:
    assert by_root_cause([off("web-01")], label) == [off("web-01")]


def test_other_facts_are_another_cause() -> None:
    findings = [off("web-01"), off("web-02", power="stopped"), replace(off("web-03"), vault="other")]
    assert len(by_root_cause(findings, label)) == 3


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({}, {"register-vm-not-running": ()}),
        ({"provisioning": "Updating"}, {"register-vm-not-running": ("provisioning-failed",)}),
        (
            {"provisioning": "Failed"},
            {"register-vm-not-running": ("provisioning-failed",), "provisioning-failed": ()},
        ),
        ({"power": "deallocated", "agent": None}, {"register-vm-not-running": ()}),
    ],
    ids=["in order", "under way", "the other one", "the one"],
)
def test_what_azures_check_can_mean_is_narrowed_by_what_was_seen(
    facts: Mapping[str, Any], told: Mapping[str, tuple[str, ...]]
) -> None:
    vm = {"check": {"code": "AzureVmOffline", "message": "It is off."}, **facts}
    case = {"vms": {"rg-web/web-01": vm}, "documents": {"Protection web": {"select": {"names": ["*"]}}}}
    assert {one.code: one.or_else for one in plan_of(case).findings} == told


def test_what_can_mean_something_else_is_another_cause() -> None:
    findings = [off("web-01"), replace(off("web-02"), or_else=("locked",)), replace(off("web-03"), or_else=("locked",))]
    assert [one.or_else for one in by_root_cause(findings, label)] == [(), ("locked",)]


def test_another_code_of_azure_is_another_cause() -> None:
    told = [off(name, azure=(AzureError(code, "no"),)) for name, code in [("a-1", "X"), ("a-2", "Y"), ("a-3", "X")]]
    assert [one.subjects for one in by_root_cause(told, label)] == [("a-1", "a-3"), ("a-2",)]


def test_three_instances_of_what_azure_said_are_kept() -> None:
    told = [off(f"web-{n}", azure=(AzureError("X", "no", correlation_id=f"id-{n}"),)) for n in range(5)]
    [found] = by_root_cause(told, label)
    assert [error.correlation_id for error in found.azure] == ["id-0", "id-1", "id-2"]


def test_a_name_inside_a_longer_one_is_no_name() -> None:
    first = replace(off("web-1"), message="web-1 shares a disk with web-10.")
    second = replace(off("web-2"), message="web-2 shares a disk with web-10.")
    [found] = by_root_cause([first, second], label)
    assert found.message == "Each shares a disk with web-10."


def test_what_is_no_vm_or_speaks_of_several_stays() -> None:
    several = replace(off("web-01"), subjects=("web-01", "web-02"))
    nothing = replace(off("target"), message="No document names 'target'.")
    assert by_root_cause([several, several, nothing], lambda _name: "") == [several, nothing]


def test_a_plan_groups_what_it_foresees() -> None:
    vms = [replace(machine(f"web-{number:02}"), power=Power.STOPPED) for number in range(20)]
    wish = protection(*(vm.name for vm in vms))
    desired = Desired(vaults=(VAULT,), policies=(policy(),), protections=(wish,))
    made = plan(desired, snapshot(vms, vault(discovered=vms)), brakes=Brakes())
    [found] = made.findings
    assert (len(found.subjects), found.message) == (20, "Each is stopped.")
    assert sum("register-vm-not-running" in step.predicted for step in made.steps) == 20
