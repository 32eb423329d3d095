"""The looks at several vaults as one observation: the newest of each counts, whichever comes in last."""

from __future__ import annotations

from dataclasses import replace

from reconciler.engine.loop.sight import Sight
from reconciler.model.desired import Desired, Vault
from reconciler.model.observed import Observed, Power, VirtualMachine
from tests.unit.engine.estate import SUBSCRIPTION, machine, vault
from tests.unit.engine.virtual import START

A, B = (Vault(name, SUBSCRIPTION, "rg-backup", "westeurope") for name in "ab")
ON, OFF = machine("a-1"), machine("a-1", power=Power.DEALLOCATED)


def look(place: Vault, vm: VirtualMachine) -> Observed:
    return Observed(START, {place.name: vault(place.name)}, {vm.key: vm})


def test_a_slow_look_does_not_bring_back_what_a_later_one_has_seen_otherwise() -> None:
    sight = Sight(900.0)
    assert sight.put(B, look(B, OFF), begun=20.0) == {OFF.key}
    assert sight.put(A, look(A, ON), begun=10.0) == frozenset(), "it began before the other"
    whole = sight.whole(Desired(vaults=(A, B)), START, 30.0)
    assert whole.vms == {OFF.key: OFF}
    assert set(whole.vaults) == {"a", "b"}


def test_a_list_that_serves_two_vaults_changes_nothing_the_second_time() -> None:
    sight, shared = Sight(900.0), look(A, ON).vms
    assert sight.put(A, replace(look(A, ON), vms=shared), begun=10.0) == {ON.key}
    assert sight.put(B, replace(look(B, ON), vms=shared), begun=11.0) == frozenset()
    assert sight.put(B, look(B, OFF), begun=12.0) == {ON.key}


def test_of_a_subscription_that_was_never_read_nothing_is_known() -> None:
    sight = Sight(900.0)
    sight.put(A, look(A, ON), begun=10.0)
    elsewhere = replace(B, subscription_id="00000000-0000-0000-0000-000000000002")
    whole = sight.whole(Desired(vaults=(elsewhere,)), START, 20.0)
    assert (whole.vms, whole.vaults) == ({}, {})
