"""Drift: told from what a revision asks for, with who did it, and no quarrel with whoever keeps at it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from reconciler.engine.loop.drift_book import DriftBook
from reconciler.engine.loop.drift_watch import matched
from reconciler.model.board import SourceState
from reconciler.model.desired import Desired
from reconciler.model.drift import Change, Drift
from reconciler.model.ids import fold
from reconciler.model.observed import Observed, ObservedPolicy
from tests.unit.engine.estate import machine, vault
from tests.unit.engine.loop.stage import INTERVAL, Stage, again, stage, wishes
from tests.unit.engine.virtual import START
from tests.unit.engine.wishes import RULES

SOURCE = SourceState("test")
OTHER = Drift("vm-policy", "a", "/vm", "rg/vm", "policy is x, declared daily", corrected=True)
MINUTE = timedelta(minutes=1)


def meddle(place: Stage, name: str, policy: str = "other") -> None:
    """Somebody puts a VM under another policy, and the activity log says so."""
    vault, key = place.world.vaults["a"], machine(name).key
    item = vault.items[key]
    changed = replace(item, policy_id=f"{vault.id}/backupPolicies/{policy}", policy_name=policy)
    known = ObservedPolicy(changed.policy_id, policy, RULES, "{}")
    place.world.vaults["a"] = replace(
        vault, items={**vault.items, key: changed}, policies={**vault.policies, policy: known}
    )
    change = Change("eve@contoso.example", place.clock.now(), "protectedItems/write", "c-1")
    place.world.activity.append((item.id.upper(), change))


def reporting(desired: Desired) -> Desired:
    """The same, where drift is told and not corrected."""
    from reconciler.model.desired import Drift as Answer

    return replace(desired, protections=tuple(replace(one, drift=Answer.REPORT) for one in desired.protections))


def test_drift_says_what_changed_and_who_changed_it_and_is_corrected() -> None:
    with stage(a=["a-1"]) as place:

        async def scene() -> None:
            place.loop.declare(wishes(a=["a-1"]), SOURCE)
            await asyncio.sleep(700)
            assert not place.board.drifts
            meddle(place, "a-1")
            place.loop.wake("test")
            await asyncio.sleep(3)
            [seen] = place.board.drifts
            assert (seen.drift.kind, seen.drift.label, seen.drift.corrected) == ("vm-policy", "rg/a-1", True)
            assert seen.drift.found == "policy is other, declared daily"
            assert seen.by is not None
            assert seen.by.caller == "eve@contoso.example"
            await asyncio.sleep(200)
            assert place.board.drifts == ()

        place.play(scene)
        assert place.world.vaults["a"].items[machine("a-1").key].policy_name == "daily"


def test_drift_that_is_only_reported_stays_and_is_left_alone() -> None:
    with stage(a=["a-1"]) as place:

        async def scene() -> None:
            place.loop.declare(reporting(wishes(a=["a-1"])), SOURCE)
            await asyncio.sleep(700)
            before = list(place.world.writes)
            meddle(place, "a-1")
            await asyncio.sleep(1000)
            assert place.world.writes == before
            [seen] = place.board.drifts
            assert not seen.drift.corrected
            assert seen.by is not None

        place.play(scene)


def test_what_a_new_revision_asks_for_is_no_drift() -> None:
    with stage(a=["a-1"]) as place:
        seen: list[int] = []

        async def scene() -> None:
            place.loop.declare(wishes(a=["a-1"]), SOURCE)
            await asyncio.sleep(700)
            meddle(place, "a-1")
            place.loop.declare(replace(again(wishes(a=["a-1"]), "b" * 40), digest="sha256:newer"), SOURCE)
            for _ in range(60):
                await asyncio.sleep(2)
                seen.append(len(place.board.drifts))

        place.play(scene)
        assert set(seen) == {0}


def test_who_keeps_changing_it_back_is_left_to_people_after_two_corrections_a_day() -> None:
    with stage(a=["a-1"]) as place:

        async def scene() -> None:
            place.loop.declare(wishes(a=["a-1"]), SOURCE)
            await asyncio.sleep(700)
            puts = len(place.world.writes_on("a-1"))
            for _ in range(20):
                meddle(place, "a-1")
                await asyncio.sleep(2 * INTERVAL)
            assert len(place.world.writes_on("a-1")) - puts == 2
            plan = place.board.plan
            assert plan is not None
            assert [(held.step.id, held.guard) for held in plan.held] == [("change-policy:a/rg/a-1", "contested")]
            assert "contested" in {finding.code for finding in plan.findings}
            await asyncio.sleep(24 * 3600)
            assert len(place.world.writes_on("a-1")) - puts == 3, "a day later it is tried again"

        place.play(scene)


def test_a_new_process_remembers_who_did_what_and_how_often_it_was_corrected() -> None:
    with stage(a=["a-1"]) as place:

        async def scene() -> None:
            place.loop.declare(reporting(wishes(a=["a-1"])), SOURCE)
            await asyncio.sleep(700)
            if not place.board.drifts:
                meddle(place, "a-1")
            await asyncio.sleep(700)

        place.play(scene)
        before = place.board.drifts
        place.world.activity.clear()
        place.next_process()
        place.play(scene)
        assert place.board.drifts == before


def test_a_difference_that_goes_and_comes_back_is_drift() -> None:
    book = DriftBook()
    book.look([OTHER], "d", START)
    assert not book.drifts
    book.look([], "d", START + MINUTE)
    book.look([OTHER], "d", START + 2 * MINUTE)
    assert [seen.since for seen in book.drifts] == [START + 2 * MINUTE]


def test_a_book_that_cannot_be_read_is_an_empty_one() -> None:
    for text in ("", "x", "[]", "{}", '{"digest": 1, "asked_for": 2, "seen": 3}'):
        assert DriftBook(text).drifts == ()


def test_a_book_reads_what_it_wrote() -> None:
    book = DriftBook()
    book.look([], "d", START)
    book.look([OTHER], "d", START + MINUTE)
    book.tell({fold("/VM"): Change("eve", START, "write", "c")})
    assert DriftBook(book.text()).drifts == book.drifts
    assert book.drifts[0].by == Change("eve", START, "write", "c")


def test_a_book_reads_what_it_wrote_of_drift_that_nobody_was_found_for() -> None:
    book = DriftBook()
    book.look([], "d", START)
    book.look([OTHER], "d", START + MINUTE)
    book.tell({"/another-vm": Change("eve", START, "write", "c")})
    assert DriftBook(book.text()).drifts == book.drifts
    assert book.drifts[0].by is None


def test_of_a_vault_its_own_settings_are_meant_and_not_what_lies_in_it() -> None:
    where = vault("a").id
    drift = Drift("vault", "a", where, "a", "softDelete is Disabled, declared AlwaysON", corrected=True)
    inside = Change("ada", START + MINUTE, "backupPolicies/write", "c-1")
    own = Change("eve", START, "backupconfig/write", "c-2")
    changes = [(f"{where}/backupPolicies/x", inside), (f"{where.upper()}/backupconfig/vaultconfig", own)]
    seen = Observed(START, {"a": vault("a")}, {})
    assert matched([drift], seen, changes) == {fold(where): own}
    assert matched([drift], seen, changes[:1]) == {}
