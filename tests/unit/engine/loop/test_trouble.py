"""What breaks around the loop: lease, journal, activity log, a vault nobody may read; it goes on, or ends in order."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from reconciler.engine.loop.loop import BEAT
from reconciler.model.board import Role, SourceState
from reconciler.model.call import Call
from reconciler.model.journal import JournalError
from reconciler.model.observed import Gap, Power
from reconciler.model.outcome import AzureError, Done, Skipped
from tests.unit.engine.estate import machine, start
from tests.unit.engine.loop.stage import OwnLease, Stage, stage, wishes
from tests.unit.engine.loop.test_drift import meddle
from tests.unit.engine.loop.test_loop import played

SOURCE = SourceState("test")


def test_nothing_is_begun_on_a_lease_that_has_run_out_before_anybody_noticed() -> None:
    with stage(a=["a-1"]) as place:

        async def scene() -> None:
            await asyncio.sleep(BEAT + 0.5)
            place.loop.declare(wishes(a=["a-1"]), SOURCE)
            place.lease.ours = False
            await asyncio.sleep(BEAT - 1)
            assert place.looks("a"), "it has looked"
            assert place.role() is Role.LEADER, "and does not know yet"

        place.play(scene)
        assert place.world.writes == []


def test_a_lease_that_cannot_be_renewed_is_good_until_its_time_is_over() -> None:
    with stage(a=["a-1", "a-2"]) as place:

        async def scene() -> None:
            place.loop.declare(wishes(a=["a-1"]), SOURCE)
            await asyncio.sleep(0.5)
            place.lease.broken = True
            await asyncio.sleep(200)
            assert (place.role(), place.protected()) == (Role.LEADER, {"a-1"})
            place.lease.ours = False
            await asyncio.sleep(2 * BEAT)
            assert place.role() is Role.STANDBY
            place.loop.declare(wishes(a=["a-1", "a-2"]), SOURCE)
            await asyncio.sleep(200)

        place.play(scene)
        assert place.protected() == {"a-1"}


def test_a_lease_that_cannot_be_given_back_keeps_nobody_from_leaving() -> None:
    with stage(a=["a-1"]) as place:

        async def scene() -> None:
            place.loop.declare(wishes(a=["a-1"]), SOURCE)
            await asyncio.sleep(200)
            place.lease.broken = True

        place.play(scene)
        assert not place.lease.given_back
        assert place.protected() == {"a-1"}


def test_a_loop_to_which_nothing_was_ever_declared_ends_and_gives_its_lease_back() -> None:
    with stage(a=["a-1"]) as place:
        place.play(lambda: asyncio.sleep(60))
        assert place.lease.given_back
        assert place.loop.stopping == "the test ends"
        assert place.world.looks == []


def test_a_window_that_nobody_can_tell_ends_the_loop_and_not_only_its_keeping() -> None:
    with stage(a=["a-1"]) as place:

        def broken() -> str:
            raise RuntimeError("no such zone")

        async def scene() -> None:
            place.loop.declare(wishes(a=["a-1"]), SOURCE)
            await asyncio.sleep(200)
            place.loop.reload(replace(place.rules, paused=lambda: "paused"))
            assert place.loop.stopping == ""
            with pytest.raises(RuntimeError, match="no such zone"):
                place.loop.reload(replace(place.rules, closed=broken))
            await asyncio.sleep(2 * BEAT)
            assert place.loop.stopping == "the process ends"
            assert place.lease.given_back

        with pytest.raises(RuntimeError, match="no such zone"):
            place.play(scene)


def test_nothing_of_a_look_that_was_overtaken_by_a_commit_is_sent_or_shown() -> None:
    with stage(a=["a-1", "a-2"]) as place:
        place.world.look_seconds = 20.0
        shown: list[str] = []

        async def scene() -> None:
            place.loop.declare(wishes(a=["a-1"]), SOURCE)
            await asyncio.sleep(10)
            place.loop.declare(replace(wishes(a=["a-2"]), digest="sha256:newer"), SOURCE)
            for _ in range(300):
                await asyncio.sleep(1)
                shown.extend([] if place.board.plan is None else [place.board.plan.config_digest])

        place.play(scene)
        assert place.looks("a")[0] < 10
        assert place.protected() == {"a-2"}
        assert place.world.writes_on("a-1") == []
        assert set(shown) == {"sha256:newer"}


def test_a_vault_that_nobody_may_read_is_in_trouble_and_gets_nothing_sent() -> None:
    with stage(a=["a-1"], b=["b-1"]) as place:
        place.world.unreadable.add("a")
        played(place, 400, a=["a-1"], b=["b-1"])
        assert place.protected() == {"b-1"}
        assert place.board.vaults["a"].trouble == "Reading a failed: 403 AuthorizationFailed"
        assert place.world.writes_on("a-1") == []


def test_what_azure_called_done_is_judged_by_no_look_that_is_not_whole() -> None:
    with stage(a=["a-1"]) as place:
        place.world.faults.lie.add("a-1")

        async def scene() -> None:
            place.loop.declare(wishes(a=["a-1"]), SOURCE)
            for _ in range(100):
                await asyncio.sleep(0 if place.world.writes_on("a-1") else 1)
            assert place.world.writes_on("a-1") == ["PUT"]
            place.world.faults.gaps = (Gap("/backupprotecteditems", "502", "a"),)
            await asyncio.sleep(600)
            assert place.outcomes()["protect:a/rg/a-1"] == Done(), "as Azure says, for want of better"
            assert place.world.writes_on("a-1") == ["PUT"]
            place.world.faults.gaps = ()
            place.world.faults.lie.clear()
            await asyncio.sleep(600)

        place.play(scene)
        assert place.protected() == {"a-1"}, "a whole look has shown that it was not done"


def test_a_job_of_somebody_elses_is_waited_for_a_minute_at_a_time() -> None:
    with stage(a=["a-1"]) as place:
        place.world.faults.slow["a-1"] = 150.0
        place.world.faults.fail["a-1"] = AzureError("CloudInternalError", "internal error", 0)

        async def scene() -> None:
            place.loop.declare(wishes(a=[]), SOURCE)
            await asyncio.sleep(2)
            path = f"{place.world.vaults['a'].id}/backupFabrics/Azure/protectionContainers/c/protectedItems"
            body = json.dumps({"properties": {"sourceResourceId": machine("a-1").id}})
            await place.world.submit(Call("PUT", f"{path}/vm;iaasvmcontainerv2;rg;a-1", "1", body), "by hand")
            place.world.faults.fail.clear()
            place.loop.declare(wishes(a=["a-1"]), SOURCE)
            await asyncio.sleep(100)
            assert isinstance(place.outcomes()["protect:a/rg/a-1"], Skipped)
            assert place.world.writes_on("a-1") == ["PUT"]
            place.world.faults.slow.clear()
            await asyncio.sleep(200)

        place.play(scene)
        assert place.protected() == {"a-1"}
        assert place.world.overlaps == []
        assert len(place.looks("a")) < 12


def failing(place: Stage, method: str, at: int) -> Callable[[], int]:
    """Let the journal fail when it is asked for the `at`-th time; how often it was asked."""
    whole, asked = getattr(place.journal, method), [0]

    def asked_for(*words: Any, **more: Any) -> Any:
        asked[0] += 1
        if asked[0] == at:
            raise JournalError("the journal is full")
        return whole(*words, **more)

    setattr(place.journal, method, asked_for)
    return lambda: asked[0]


@pytest.mark.parametrize("at", range(1, 7))
def test_a_journal_that_fails_once_costs_a_pass_and_no_more(at: int) -> None:
    with stage(a=["a-1"]) as place:
        asked = failing(place, "failures", at)
        played(place, 600, a=["a-1"])
        assert asked() > at
        assert place.protected() == {"a-1"}
        assert place.world.writes_on("a-1") == ["PUT"]


def test_a_put_back_of_an_earlier_process_whose_answer_cannot_be_noted_stays_owed_and_is_sent_once() -> None:
    with stage(a=["a-1"]) as place:
        place.journal.owe("earlier", start("a-1"))
        failing(place, "record_put_back", 1)
        owed: list[int] = []

        async def scene() -> None:
            place.loop.declare(wishes(a=[]), SOURCE)
            for _ in range(400):
                await asyncio.sleep(1)
                owed.append(len(place.journal.debts()))

        place.play(scene)
        assert place.world.vms[machine("a-1").key].power is Power.DEALLOCATED
        assert place.world.writes_on("a-1") == ["POST"]
        assert (owed[60], owed[-1]) == (1, 0), "once it is seen off, nothing is owed"


def test_a_list_of_vms_from_before_the_lease_was_taken_serves_nobody() -> None:
    with stage(OwnLease(ours=False), a=["a-1"]) as place:

        async def scene() -> None:
            place.loop.declare(wishes(a=["a-1"]), SOURCE)
            await asyncio.sleep(10)
            assert place.world.ages == [20.0]
            place.lease.ours, taken = True, place.clock.seconds
            await asyncio.sleep(20)
            assert place.world.ages[1] <= place.world.looks[1][0] - taken < 20.0

        place.play(scene)


def test_what_was_seen_before_the_lease_was_taken_is_not_acted_upon() -> None:
    """While the standby looked, the leader started the VM, saw it up, and died: it runs, and must be put back."""
    vm, step = machine("a-1", power=Power.DEALLOCATED), start("a-1")
    with stage(OwnLease(ours=False), a=["a-1"]) as place:
        place.world.vms[vm.key] = vm

        async def leader_dies() -> None:
            if place.lease.ours:
                return
            place.journal.owe("leader", step)
            place.journal.intend("leader", step, "c")
            place.journal.record("leader", step.id, Done())
            place.world.vms[vm.key] = replace(vm, power=Power.RUNNING)
            place.lease.ours = True
            await asyncio.sleep(30)

        place.world.after_look = leader_dies

        async def scene() -> None:
            place.loop.declare(wishes(a=[]), SOURCE)
            await asyncio.sleep(600)

        place.play(scene)
        assert place.world.vms[vm.key].power is Power.DEALLOCATED
        assert place.journal.debts() == []


def test_drift_is_told_and_corrected_though_the_activity_log_answers_nobody() -> None:
    with stage(a=["a-1"]) as place:
        told: set[tuple[str, object]] = set()

        async def scene() -> None:
            place.loop.declare(wishes(a=["a-1"]), SOURCE)
            await asyncio.sleep(700)
            place.world.silent = True
            meddle(place, "a-1")
            place.loop.wake("test")
            for _ in range(700):
                await asyncio.sleep(1)
                told.update((seen.drift.label, seen.by) for seen in place.board.drifts)

        place.play(scene)
        assert told == {("rg/a-1", None)}
        assert place.board.drifts == ()
        assert place.world.vaults["a"].items[machine("a-1").key].policy_name == "daily"
