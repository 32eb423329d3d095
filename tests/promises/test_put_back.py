"""Promise: a VM that was started to be registered is put back as it was, whatever happens in between."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import pytest

from reconciler.model.desired import Generation, IfStopped
from reconciler.model.ids import VmName
from reconciler.model.outcome import Done, Failed
from reconciler.store.journal import Journal
from reconciler.vaultserver import faults
from reconciler.vaultserver.records import ItemRecord, VmRecord
from reconciler.vaultserver.world import World
from tests.unit.engine.crash import Boundary, Crash, MortalJournal, MortalTime, MortalWriter
from tests.unit.engine.embedded import Site, estate, writes_on
from tests.unit.engine.estate import SUBSCRIPTION

VM = "db-1"
ID = VmName(SUBSCRIPTION, "rg", VM, classic=False).arm_id
GENERATIONS = [Generation.CURRENT, Generation.PREVIEW_2015]
BACK = {"deallocated": "deallocate", "stopped": "powerOff"}


@dataclass
class Bed:
    world: World
    site: Site

    @property
    def vm(self) -> VmRecord:
        found = self.world.vm(ID)
        assert found is not None
        return found

    @property
    def protected(self) -> bool:
        self.site.dry_run()
        return len(self.world.database.linked(ItemRecord, ID)) == 1

    @property
    def powers(self) -> list[str]:
        return [word for word in writes_on(self.world, VM) if word not in {"register", "protect"}]


@contextmanager
def bed(generation: Generation, power: str = "deallocated") -> Iterator[Bed]:
    with estate(VM, generation=generation) as world:
        world.set_vm(ID, "power", power)
        world.set_vm(ID, "agent.bootSeconds", 90)
        yield Bed(world, Site(world, VM, generation=generation, if_stopped=IfStopped.START))


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize("power", BACK)
def test_it_is_started_waited_for_protected_and_put_back(generation: Generation, power: str) -> None:
    with bed(generation, power) as place, Journal(":memory:", lambda: place.world.now) as journal:
        outcomes = place.site.reconcile(journal).outcomes
        vm_steps = {step: outcome for step, outcome in outcomes.items() if step.endswith(VM)}
        assert len(vm_steps) == 3
        assert all(isinstance(outcome, Done) for outcome in vm_steps.values()), vm_steps
        assert place.protected
        assert place.vm.power == power
        assert place.powers == ["start", BACK[power]]
        assert journal.debts() == []
        assert place.site.reconcile(journal).outcomes == {}


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_failed_registration_puts_it_back_and_does_not_start_it_again(generation: Generation) -> None:
    with bed(generation) as place, Journal(":memory:", lambda: place.world.now) as journal:
        operation = "Register" if generation is Generation.PREVIEW_2015 else "ConfigureBackup"
        faults.inject(place.world, operation=operation, vm=VM, code="UserErrorVmProvisioningStateFailed", times=None)
        for _ in range(3):
            outcomes = place.site.reconcile(journal).outcomes
            assert place.vm.power == "deallocated"
            assert any(isinstance(outcome, Failed) for outcome in outcomes.values())
        assert place.powers == ["start", "deallocate"]
        assert journal.debts() == []
        faults.clear(place.world)
        place.world.set_vm(ID, "power", "running")
        place.site.reconcile(journal)
        assert place.protected
        assert place.vm.power == "running"


def test_an_agent_that_never_gets_ready_is_told_and_the_vm_put_back() -> None:
    with bed(Generation.PREVIEW_2015) as place, Journal(":memory:", lambda: place.world.now) as journal:
        place.world.set_vm(ID, "agent.status", "notReady")
        for _ in range(3):
            outcome = place.site.reconcile(journal).outcomes[f"start-vm:rsv/rg/{VM}"]
            assert isinstance(outcome, Failed)
            assert outcome.code == "backup-extension-install-failed"
        assert place.powers == ["start", "deallocate"]
        assert "register" not in writes_on(place.world, VM)
        assert place.vm.power == "deallocated"


def lives(generation: Generation, *deaths: int) -> tuple[int, list[str]]:
    """Processes on one journal, each killed at its moment, then undisturbed ones; how many moments the first had."""
    with bed(generation) as place:
        time = MortalTime(lambda: place.world.now)
        moments = 0
        with Journal(":memory:", time) as journal:
            for fatal in (*deaths, None, None):
                boundary = Boundary(fatal)
                time.boundary = boundary
                try:
                    place.site.reconcile(MortalJournal(journal, boundary), partial(MortalWriter, boundary=boundary))
                except* Crash:
                    assert fatal is not None
                moments = moments or len(boundary.names)
            time.boundary = lambda name: None
            assert journal.debts() == []
        assert place.protected
        assert place.vm.power == "deallocated"
        return moments, place.powers


@pytest.mark.parametrize("generation", GENERATIONS)
def test_killed_at_any_moment_it_is_put_back_by_the_next_run(generation: Generation) -> None:
    """Every fourth moment, for the real adapter takes its time; all of them are tried on the small world."""
    moments, powers = lives(generation)
    assert powers == ["start", "deallocate"]
    assert moments > 25
    for fatal in range(0, moments, 4):
        _, powers = lives(generation, fatal)
        assert powers.count("start") <= 2, fatal
        assert powers[-1] == "deallocate", fatal


def test_a_lost_journal_leaves_it_running_and_harms_nothing() -> None:
    """What nobody remembers nobody undoes: the VM keeps running, protected, until its owner stops it."""
    with bed(Generation.CURRENT) as place:

        def boundary(name: str) -> None:
            if place.vm.power == "running":
                raise Crash(name)

        with Journal(":memory:", lambda: place.world.now) as journal, pytest.raises(BaseExceptionGroup):
            place.site.reconcile(MortalJournal(journal, boundary), lambda writer: MortalWriter(writer, boundary))
        assert place.vm.power == "running"
        with Journal(":memory:", lambda: place.world.now) as fresh:
            place.world.advance(timedelta(minutes=5))
            place.site.reconcile(fresh)
            assert place.site.reconcile(fresh).outcomes == {}
        assert place.protected
        assert place.powers == ["start"]
