"""The cases of one VM: where it is, what is wanted, and what follows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.model.desired import Desired, Drift, IfStopped, OsType, Retirement, VmRef
from reconciler.model.observed import Agent, Check, Job, Observed, Power, VirtualMachine
from reconciler.model.plan import Plan
from reconciler.model.state import ItemState
from reconciler.planning import Brakes, plan
from tests.unit.planning.making import VAULT, consent, item, machine, policy, protection, seen_policy, snapshot, vault

CASES = yaml.safe_load((Path(__file__).parents[2] / "cases" / "planning.yaml").read_text(encoding="utf-8"))


def subject(have: dict[str, Any]) -> VirtualMachine:
    vm = machine("web-01")
    vm = replace(vm, power=Power(have.get("power", "running")), data_disks=have.get("dataDisks", 0))
    vm = replace(vm, location=have.get("location", vm.location), os_name=have.get("osName", ""))
    if "os" in have:
        vm = replace(vm, os=OsType(have["os"]))
    return replace(vm, agent=Agent(**have["agent"])) if "agent" in have else vm


def observed(have: dict[str, Any]) -> Observed:
    vm, state = subject(have), have["state"]
    odd = replace(seen_policy("odd"), rules=None)
    policies = [seen_policy(), seen_policy("short", 7), seen_policy("long", 90), odd]
    items = []
    if state == "deleted":
        items = [item(vm, ItemState.PROTECTION_STOPPED, deleted=True)]
    elif state not in {"unknown", "discovered"}:
        items = [item(vm, ItemState(state), have.get("policy", "daily"))]
    content = vault(items, [vm] if state == "discovered" else [], policies)
    if "job" in have:
        job = Job("j", have["job"], "InProgress", "iaasvmcontainerv2;rg-web;web-01", "web-01")
        content = replace(content, jobs=(job,))
    seen = snapshot([vm], content)
    return replace(seen, checks={("rsv", vm.key): Check(**have["check"])}) if "check" in have else seen


def desired(want: dict[str, Any]) -> Desired:
    wish = replace(
        protection("web-01", drift=Drift(want.get("drift", "Correct"))),
        if_stopped=IfStopped(want.get("ifStopped", "Fail")),
    )
    retirement = Retirement("old", "rsv", (VmRef("WEB-01", "RG-web"),), "old", "me")
    return Desired(
        vaults=(VAULT,),
        policies=(policy(),),
        protections=(wish,) if want["goal"] == "protected" else (),
        retirements=(retirement,) if want["goal"] == "stopped" else (),
        consents=(consent(want["consent"]),) if "consent" in want else (),
    )


def plan_of_case(name: str) -> Plan:
    return plan(desired(CASES[name]["want"]), observed(CASES[name]["have"]), brakes=Brakes())


@pytest.mark.parametrize("name", CASES)
def test_case(name: str) -> None:
    case = CASES[name]

    made = plan_of_case(name)

    assert [step.action for step in made.steps] == case.get("plan", [])
    assert [quiet.because for quiet in made.quiet] == ([case["quiet"]] if "quiet" in case else [])
    assert {held.step.action: held.guard for held in made.held} == case.get("held", {})
    assert [finding.code for finding in made.findings] == case.get("findings", [])
    assert [code for step in made.steps for code in step.predicted] == case.get("predicted", [])
