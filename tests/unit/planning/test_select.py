"""What a selection makes of declarations that say less than they should: never more than they say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.model.desired import Desired, Exemption, Expect, Protection, Retirement, Selector, VmRef
from reconciler.model.plan import Plan
from reconciler.planning import Brakes, plan
from reconciler.planning.trace import traces
from tests.unit.planning.making import LATER, VAULT, item, machine, policy, protection, snapshot, vault

WEB = machine("web-01")


def planned(*protections: Protection, expect: Expect | None = None) -> Plan:
    wanted = tuple(replace(one, expect=expect) for one in protections)
    desired = Desired(vaults=(VAULT,), policies=(policy(),), protections=wanted)
    return plan(desired, snapshot([WEB], vault(discovered=[WEB])), brakes=Brakes())


def test_a_selector_without_a_condition_means_nobody() -> None:
    made = planned(Protection("all", "rsv", "daily", select=Selector()))
    assert made.steps == ()
    assert [finding.code for finding in made.findings] == ["selection-empty"]


def test_what_is_left_out_by_a_selector_without_a_condition_is_nobody() -> None:
    made = planned(Protection("web", "rsv", "daily", select=Selector(names=("web-*",), exclude=Selector())))
    assert [step.action for step in made.steps] == ["register", "protect"]


@pytest.mark.parametrize("select", [None, Selector(names=("*",))])
def test_a_document_of_a_vault_that_nothing_declares_means_nobody(select: Selector | None) -> None:
    """Its vault has been taken away from under it: nothing is begun anywhere, and what is protected stays so."""
    refs = () if select else (VmRef("web-01", "rg-web"),)
    lost = Protection("lost", "gone", "daily", refs, select=select)
    exempt = Exemption("lab", "gone", "lab", "me", LATER, refs, select)
    desired = Desired(vaults=(VAULT,), policies=(policy(),), protections=(lost,), exemptions=(exempt,))
    seen = snapshot([WEB], vault([item(WEB)]))
    made = plan(desired, seen, brakes=Brakes())
    assert (made.steps, made.held) == ((), ())
    assert [(quiet.subject.name, quiet.because) for quiet in made.quiet] == [("rg-web/web-01", "orphan")]
    [found] = traces(desired, seen, "web-01")
    assert (found.considered, found.decisions) == ((), ())


def test_an_item_of_no_virtual_machine_is_left_alone() -> None:
    """Its source is none that we know how to name, so no name means it, and it is not taken for an orphan."""
    odd = replace(item(WEB), key="/odd", vm_arm_id="/odd")
    old = Retirement("old", "rsv", (VmRef("odd"),), "old", "me")
    desired = Desired(vaults=(VAULT,), policies=(policy(),), protections=(protection("web-01"),), retirements=(old,))
    made = plan(desired, snapshot([WEB], vault([odd, item(WEB)])), brakes=Brakes())
    assert (made.steps, made.held) == ((), ())
    assert [quiet.because for quiet in made.quiet if quiet.subject.name == "rg-web/web-01"] == ["protected"]
