"""Promise: what failed is sent again when its row of the table says so, and not once more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.engine.reconcile import Result
from reconciler.model.desired import Generation
from reconciler.model.ids import VmName
from reconciler.model.outcome import Done, Failed, Retry
from reconciler.store.journal import Journal
from reconciler.vaultserver import faults
from reconciler.vaultserver.world import World
from tests.unit.engine.embedded import Site, estate, writes_on
from tests.unit.engine.estate import SUBSCRIPTION

SICK = "sick-1"
WELL = "web-1"
REGISTER = f"register:rsv/rg/{SICK}"


@dataclass
class Ward:
    """A healthy and a sick VM beside a vault of 2015, and one journal on disk that each run opens anew."""

    world: World
    site: Site
    path: Path

    def run(self, targets: frozenset[str] = frozenset()) -> Result:
        with Journal(str(self.path), lambda: self.world.now) as journal:
            return self.site.reconcile(journal, targets=targets)

    def set(self, fact: str, value: object) -> None:
        self.world.set_vm(VmName(SUBSCRIPTION, "rg", SICK, classic=False).arm_id, fact, value)

    def registers(self) -> int:
        return writes_on(self.world, SICK).count("register")

    def pass_by(self, **time: float) -> None:
        self.world.advance(timedelta(**time))


@contextmanager
def ward(folder: Path) -> Iterator[Ward]:
    with estate(WELL, SICK, generation=Generation.PREVIEW_2015) as world:
        yield Ward(world, Site(world, WELL, SICK, generation=Generation.PREVIEW_2015), folder / "journal.db")


MENDED = {
    "power": ("stopped", "running", "register-vm-not-running"),
    "dataDisks": (6, 5, "register-too-many-data-disks"),
    "agent.present": (False, True, "register-agent-certificate-missing"),
    "agent.status": ("notReady", "ready", "backup-extension-install-failed"),
    "nics": (2, 1, "register-internal-error"),
    "osDiskStorage": ("Premium_LRS", "Standard_LRS", "register-internal-error"),
    "loadBalancer": (True, False, "register-internal-error"),
}


@pytest.mark.parametrize("fact", MENDED)
def test_a_permanent_failure_stops_until_its_fact_changes_and_is_then_sent_at_once(tmp_path: Path, fact: str) -> None:
    sick, well, code = MENDED[fact]
    with ward(tmp_path) as place:
        place.set(fact, sick)
        first = place.run()
        failed = first.outcomes[REGISTER]
        assert isinstance(failed, Failed)
        assert failed.code == code
        assert isinstance(first.outcomes[f"protect:rsv/rg/{WELL}"], Done)
        for hours in (0, 1, 30):
            place.pass_by(hours=hours)
            again = place.run().outcomes[REGISTER]
            assert isinstance(again, Failed)
            assert again.code == code
            assert "Not sent again" in again.message
            assert again.error is not None
        assert place.registers() == 1
        place.set(fact, well)
        assert isinstance(place.run().outcomes[REGISTER], Done)
        assert writes_on(place.world, SICK) == ["register", "register", "protect"]
        assert place.run().outcomes == {}


def test_a_vm_that_is_named_is_tried_again_at_once(tmp_path: Path) -> None:
    with ward(tmp_path) as place:
        place.set("agent.present", False)
        place.run()
        assert place.registers() == 1
        assert isinstance(place.run(targets=frozenset({SICK})).outcomes[REGISTER], Failed)
        assert place.registers() == 2


def test_a_fact_that_the_rule_does_not_name_brings_no_retry(tmp_path: Path) -> None:
    with ward(tmp_path) as place:
        place.set("power", "stopped")
        place.run()
        place.set("dataDisks", 2)
        place.run()
        assert place.registers() == 1


def fault(world: World, times: int) -> None:
    """The service's own internal error, inside the job, for no reason that facts show."""
    faults.inject(world, operation="Register", vm=SICK, code="CloudInternalError", number=130001, times=times)


def test_a_transient_failure_inside_a_job_is_tried_again_after_five_minutes_and_then_once_a_day(tmp_path: Path) -> None:
    with ward(tmp_path) as place:
        fault(place.world, times=99)
        outcome = place.run().outcomes[REGISTER]
        assert isinstance(outcome, Retry)
        assert outcome.code == "register-internal-error"
        for sends in (1, 2, 3):
            assert place.registers() == sends
            early = place.run().outcomes[REGISTER]
            assert isinstance(early, Retry)
            assert 0 < early.after <= 360
            assert place.registers() == sends
            place.pass_by(minutes=6)
            last = place.run().outcomes[REGISTER]
        assert isinstance(last, Failed)
        for hours in (7, 7, 7):
            place.pass_by(hours=hours)
            assert isinstance(place.run().outcomes[REGISTER], Failed)
        assert place.registers() == 4
        place.pass_by(hours=4)
        assert isinstance(place.run().outcomes[REGISTER], Failed)
        assert place.registers() == 5, "an outage that outlasts the rule must not end protection for good"


@pytest.mark.parametrize(
    ("code", "number", "row"),
    [
        ("AzureVmOffline", 380008, "register-vm-not-running"),
        ("UserErrorVmProvisioningStateFailed", 400101, "provisioning-failed"),
    ],
)
def test_what_was_so_for_a_moment_only_is_tried_again_after_a_day(
    tmp_path: Path, code: str, number: int, row: str
) -> None:
    """No look shows the state for which the VM was refused, so none shows that it has changed."""
    with ward(tmp_path) as place:
        faults.inject(place.world, operation="Register", vm=SICK, code=code, number=number, times=1)
        for hours in (0, 1, 22):
            place.pass_by(hours=hours)
            outcome = place.run().outcomes[REGISTER]
            assert isinstance(outcome, Failed)
            assert outcome.code == row
            assert ("Tried once more after a day" in outcome.message) is (hours > 0)
        assert place.registers() == 1
        place.pass_by(hours=2)
        assert isinstance(place.run().outcomes[REGISTER], Done)
        assert place.run().outcomes == {}


def test_a_failure_inside_the_job_of_an_accepted_request_is_one_like_any_other(tmp_path: Path) -> None:
    """The request was taken; the job's own numbered error tells why it failed, and its row's rule is kept."""
    with estate(SICK) as world:
        site = Site(world, SICK)
        rule = {"operation": "ConfigureBackup", "code": "UserErrorVmProvisioningStateFailed", "number": 400101}
        faults.inject(world, vm=SICK, times=None, **rule)
        with Journal(str(tmp_path / "journal.db"), lambda: world.now) as journal:
            outcome = site.reconcile(journal).outcomes[f"protect:rsv/rg/{SICK}"]
            assert isinstance(outcome, Failed)
            assert outcome.code == "provisioning-failed"
            assert outcome.error is not None
            assert (outcome.error.number, outcome.error.status) == (400101, 0)
            site.reconcile(journal)
        assert writes_on(world, SICK) == ["protect"]


def test_a_transient_failure_heals_by_itself_and_is_forgotten(tmp_path: Path) -> None:
    with ward(tmp_path) as place:
        fault(place.world, times=2)
        for _ in range(3):
            last = place.run().outcomes
            place.pass_by(minutes=6)
        assert isinstance(last[REGISTER], Done)
        assert place.run().outcomes == {}
        with Journal(str(place.path), lambda: place.world.now) as journal:
            assert journal.failures() == []


def test_a_lost_journal_costs_one_more_request(tmp_path: Path) -> None:
    with ward(tmp_path) as place:
        place.set("power", "stopped")
        place.run()
        place.run()
        assert place.registers() == 1
        place.path.unlink()
        place.run()
        place.run()
        assert place.registers() == 2


def test_one_failing_vm_delays_no_other(tmp_path: Path) -> None:
    with ward(tmp_path) as place:
        begun = place.world.now
        place.run()
        healthy = place.world.now - begun
    (tmp_path / "journal.db").unlink()
    with ward(tmp_path) as place:
        fault(place.world, times=99)
        begun = place.world.now
        place.run()
        assert place.world.now - begun <= healthy


class Happening(NamedTuple):
    """Time passes, then a fact changes or does not, and somebody runs."""

    minutes: int
    fact: str
    value: object


HAPPENINGS = st.builds(
    Happening,
    st.sampled_from([0, 1, 4, 6, 30, 600]),
    st.sampled_from(["power", "nics", "agent.status", ""]),
    st.integers(0, 1),
)
VALUES = {"power": ("running", "stopped"), "nics": (1, 2), "agent.status": ("ready", "notReady")}


@settings(derandomize=True, deadline=None, max_examples=25, database=None)
@given(st.lists(HAPPENINGS, min_size=1, max_size=12), st.integers(0, 8))
def test_no_history_brings_more_requests_than_the_rows_allow(history: list[Happening], failures: int) -> None:
    """Each state of the VM allows a first request and, of the row that allows more, three others 5 minutes apart."""
    with TemporaryDirectory() as folder, ward(Path(folder)) as place:
        if failures:
            fault(place.world, times=failures)
        facts = {fact: values[0] for fact, values in VALUES.items()}
        allowed = 0
        sent_at: list[datetime] = []
        state: object = None
        for happening in history:
            if happening.fact:
                facts[happening.fact] = VALUES[happening.fact][int(str(happening.value))]
                place.set(happening.fact, facts[happening.fact])
            place.pass_by(minutes=happening.minutes)
            if state != facts:
                state, allowed, sent_at = dict(facts), place.registers() + 4, []
            before = place.registers()
            place.run()
            assert place.registers() - before <= 1
            assert place.registers() <= allowed
            if place.registers() > before:
                sent_at.append(place.world.now)
        gaps = [later - earlier for earlier, later in pairwise(sent_at)]
        assert all(gap >= timedelta(minutes=5) for gap in gaps)
