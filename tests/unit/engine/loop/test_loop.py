"""The loop: what wakes a vault, what keeps it from writing, and that no vault waits for another."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import pairwise

from reconciler.engine.loop.loop import BEAT
from reconciler.model.board import Role, SourceState
from reconciler.model.observed import Power
from reconciler.model.outcome import AzureError, Done, Failed, Retry
from tests.unit.engine.estate import machine
from tests.unit.engine.loop.stage import INTERVAL, OwnLease, Stage, again, stage, wishes

SOURCE = SourceState("test")
INTERNAL = AzureError("CloudInternalError", "internal error", 0)


def played(place: Stage, seconds: float, **vms: list[str]) -> None:
    """Declare the VMs and let so much time pass."""

    async def scene() -> None:
        place.loop.declare(wishes(**vms), SOURCE)
        await asyncio.sleep(seconds)

    place.play(scene)


def test_what_is_declared_is_done_and_seen_to_be_done() -> None:
    with stage(a=["a-1"], b=["b-1"]) as place:
        played(place, 200, a=["a-1"], b=["b-1"])
        assert place.protected() == {"a-1", "b-1"}
        assert place.board.plan is not None
        assert place.board.plan.steps == ()
        assert place.outcomes()["protect:a/rg/a-1"] == Done()
        assert all(state.last_completed and not state.trouble for state in place.board.vaults.values())


def test_nothing_is_written_twice_and_a_calm_vault_is_looked_at_once_an_interval() -> None:
    with stage(a=["a-1"]) as place:
        played(place, 3600, a=["a-1"])
        writes = list(place.world.writes)
        assert len([path for _, path in writes if "protectedItems" in path]) == 1
        late = [at for at in place.looks("a") if at > 600]
        assert {round(after - before) for before, after in pairwise(late)} == {INTERVAL}


def test_a_vault_that_hangs_delays_no_other() -> None:
    with stage(a=["a-1"], b=["b-1"]) as place:
        place.world.hanging.add("a")
        played(place, 1200, a=["a-1"], b=["b-1"])
        assert place.protected() == {"b-1"}
        assert "did not answer" in place.board.vaults["a"].trouble
        assert place.board.vaults["b"].failures == 0
        assert len([at for at in place.looks("b") if at > 300]) >= 3


def test_a_vault_that_breaks_is_tried_again_ever_later_and_delays_no_other() -> None:
    with stage(a=["a-1"], b=["b-1"]) as place:
        place.world.broken.add("a")
        played(place, 100, a=["a-1"], b=["b-1"])
        assert place.protected() == {"b-1"}
        assert place.looks("a") == [1, 16, 46]
        assert place.board.vaults["a"].trouble == "RuntimeError: malformed"
        assert place.board.vaults["a"].last_completed is None


def test_an_operation_that_never_ends_delays_neither_the_passes_nor_the_next_commit() -> None:
    with stage(a=["a-1", "a-2"]) as place:
        place.world.faults.slow["a-1"] = 1e9

        async def scene() -> None:
            place.loop.declare(wishes(a=["a-1"]), SOURCE)
            await asyncio.sleep(700)
            place.loop.declare(wishes(a=["a-1", "a-2"]), SOURCE)
            await asyncio.sleep(200)

        place.play(scene)
        assert place.protected() == {"a-2"}
        assert place.world.writes_on("a-1") == ["PUT"]
        assert place.board.vaults["a"].failures == 0


def test_the_end_of_an_operation_wakes_its_vault_alone() -> None:
    with stage(a=["a-1"], b=[]) as place:
        place.world.seconds = 100
        played(place, 290, a=["a-1"], b=[])
        assert len(place.looks("b")) == 1
        assert len(place.looks("a")) >= 3


def test_a_fact_that_another_vaults_look_saw_change_wakes_the_one_that_waits_for_it() -> None:
    with stage(a=["a-1"], b=["b-1"]) as place:
        off = machine("a-1", power=Power.DEALLOCATED)
        place.world.vms[off.key] = off

        async def scene() -> None:
            place.loop.declare(wishes(a=["a-1"], b=["b-1"]), SOURCE)
            await asyncio.sleep(150)
            assert place.protected() == {"b-1"}
            place.world.vms[off.key] = machine("a-1")
            before = len(place.looks("a"))
            place.loop.watch("b").bell.ring("something else")
            await asyncio.sleep(5)
            assert len(place.looks("a")) > before

        place.play(scene)


def test_what_failed_is_tried_again_when_its_row_says() -> None:
    with stage(a=["a-1"]) as place:
        place.world.faults.fail["a-1"] = INTERNAL

        async def scene() -> None:
            place.loop.declare(wishes(a=["a-1"]), SOURCE)
            await asyncio.sleep(100)
            assert isinstance(place.outcomes()["protect:a/rg/a-1"], Retry)
            assert "a-1" not in place.protected()
            place.world.faults.fail.clear()
            await asyncio.sleep(500)

        place.play(scene)
        assert place.protected() == {"a-1"}
        assert place.world.writes_on("a-1") == ["PUT", "PUT"]


def test_azures_word_alone_makes_nothing_done() -> None:
    with stage(a=["a-1"]) as place:
        place.world.faults.lie.add("a-1")
        played(place, 280, a=["a-1"])
        outcome = place.outcomes()["protect:a/rg/a-1"]
        assert isinstance(outcome, Failed | Retry)
        assert outcome.code == "not-verified"
        assert len(place.world.writes_on("a-1")) <= 2


def test_no_request_of_an_older_revision_is_sent_once_a_newer_one_is_in_force() -> None:
    vms = [f"a-{number}" for number in range(30)]
    with stage(a=vms, parallelism=1) as place:
        place.world.answer_seconds = 10

        async def scene() -> None:
            place.loop.declare(wishes(a=vms), SOURCE)
            await asyncio.sleep(100)
            sent = place.asked()
            assert 0 < len(sent) < 30
            place.loop.declare(again(wishes(a=vms[:1]), "b" * 40), SOURCE)
            await asyncio.sleep(1000)
            assert len(place.asked() - sent) <= 1, "the one that was on its way"

        place.play(scene)


def test_while_paused_or_outside_a_window_nothing_is_sent_and_the_plan_is_shown() -> None:
    for gate in ("paused", "closed"):
        with stage(a=["a-1"]) as place:
            place.said[gate] = "until tomorrow"

            async def scene(place: Stage = place, gate: str = gate) -> None:
                place.loop.declare(wishes(a=["a-1"]), SOURCE)
                await asyncio.sleep(100)
                assert place.world.writes == []
                assert place.board.plan is not None
                assert place.board.plan.steps
                assert getattr(place.board, gate) == "until tomorrow"
                place.said[gate] = ""
                await asyncio.sleep(BEAT + 2)
                assert place.world.writes, "the end of it wakes the loop at once"

            place.play(scene)


def test_a_standby_looks_and_plans_and_leaves_world_and_journal_alone() -> None:
    lease = OwnLease(ours=False)
    with stage(lease, a=["a-1"]) as place:

        async def scene() -> None:
            place.loop.declare(wishes(a=["a-1"]), SOURCE)
            await asyncio.sleep(1000)
            assert place.world.writes == []
            assert place.board.plan is not None
            assert place.board.plan.steps
            assert place.role() is Role.STANDBY
            assert not place.journal.failures()
            assert not place.journal.open_operations()
            lease.ours = True
            await asyncio.sleep(200)
            assert place.role() is Role.LEADER

        place.play(scene)
        assert place.protected() == {"a-1"}


def test_who_loses_the_lease_sends_nothing_from_that_moment_on() -> None:
    vms = [f"a-{number}" for number in range(30)]
    lease = OwnLease()
    with stage(lease, a=vms, parallelism=1) as place:
        place.world.answer_seconds = 10

        async def scene() -> None:
            place.loop.declare(wishes(a=vms), SOURCE)
            await asyncio.sleep(100)
            before = len(place.world.writes)
            lease.ours = False
            await asyncio.sleep(1000)
            assert len(place.world.writes) <= before + 1
            assert place.role() is Role.STANDBY

        place.play(scene)


def test_a_stop_writes_down_what_is_on_its_way_and_the_next_process_takes_it_up() -> None:
    lease = OwnLease()
    with stage(lease, a=["a-1"]) as place:
        place.world.faults.slow["a-1"] = 1000
        played(place, 100, a=["a-1"])
        assert lease.given_back
        assert [opened.operation is not None for opened in place.journal.open_operations()] == [True]
        began = place.clock.seconds
        place.next_process()
        played(place, 1500, a=["a-1"])
        assert place.world.writes_on("a-1") == ["PUT"]
        assert place.protected() == {"a-1"}
        assert place.journal.open_operations() == []
        assert began <= 110


def test_a_vault_that_is_declared_no_more_is_looked_at_no_more() -> None:
    with stage(a=["a-1"], b=["b-1"]) as place:

        async def scene() -> None:
            place.loop.declare(wishes(a=["a-1"], b=["b-1"]), SOURCE)
            await asyncio.sleep(200)
            place.loop.declare(wishes(a=["a-1"]), SOURCE)
            await asyncio.sleep(1000)

        place.play(scene)
        assert [at for at in place.looks("b") if at > 201] == []
        assert set(place.board.vaults) == {"a"}
        assert place.protected() == {"a-1", "b-1"}, "absence is not a command"


def test_ages_count_from_the_last_completed_pass() -> None:
    with stage(a=["a-1"], b=["b-1"]) as place:
        place.world.broken.add("b")

        async def scene() -> None:
            place.loop.declare(wishes(a=["a-1"], b=["b-1"]), SOURCE)
            await asyncio.sleep(1000)
            ages = place.loop.ages()
            assert ages["a"] <= INTERVAL + 10
            assert ages["b"] == 1000

        place.play(scene)


def test_a_vault_that_was_last_read_long_ago_is_known_no_more() -> None:
    with stage(a=["a-1"], b=["b-1"]) as place:

        async def scene() -> None:
            place.loop.declare(wishes(a=["a-1"], b=["b-1"]), SOURCE)
            await asyncio.sleep(200)
            place.world.broken.add("b")
            await asyncio.sleep(2000)
            seen = place.board.observed
            assert seen is not None
            assert {gap.vault for gap in seen.gaps} == {"b"}
            assert place.board.status is not None
            trust = {vm.label: str(vm.trust) for vm in place.board.status.vms}
            assert trust == {"rg/a-1": "claimed", "rg/b-1": "unknown"}

        place.play(scene)


def test_other_limits_hold_from_the_moment_they_are_set() -> None:
    with stage(a=["a-1"]) as place:

        async def scene() -> None:
            place.loop.reload(replace(place.rules, interval=60.0))
            place.loop.declare(wishes(a=["a-1"]), SOURCE)
            await asyncio.sleep(1000)

        place.play(scene)
        assert place.board.interval == 60.0
        assert len(place.looks("a")) > 12


def test_after_a_run_with_another_configuration_nothing_is_sent_until_the_source_was_looked_at_again() -> None:
    with stage(a=["a-1", "a-2"]) as place:
        off = machine("a-2", power=Power.DEALLOCATED)
        place.world.vms[off.key] = off

        async def scene() -> None:
            place.loop.declare(wishes(a=["a-1", "a-2"]), SOURCE)
            await asyncio.sleep(200)
            assert place.protected() == {"a-1"}
            place.journal.enter("sha256:other", ["a"])
            place.world.vms[off.key] = machine("a-2")
            await asyncio.sleep(1000)
            assert place.protected() == {"a-1"}, "an older revision never wins"
            place.loop.tell_source(replace(SOURCE, trouble="no route to host"))
            await asyncio.sleep(1000)
            assert place.protected() == {"a-1"}, "nobody knows whether it is the newest"
            place.loop.tell_source(SOURCE)
            await asyncio.sleep(200)

        place.play(scene)
        assert place.protected() == {"a-1", "a-2"}
