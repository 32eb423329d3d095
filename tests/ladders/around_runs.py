"""Properties of what stands around runs: two processes, wrong clocks, kept plans, the health signal, older journals."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import strategies as st

from reconciler.diagnostics.as_json import plan_document
from reconciler.health.probes import live
from reconciler.model.board import SourceState
from reconciler.model.desired import Desired
from reconciler.model.observed import Gap, Observed
from reconciler.model.outcome import Done
from reconciler.planning import Brakes, plan
from reconciler.store.journal import Journal
from reconciler.store.sql import migrations
from tests.ladders.courses import drawn
from tests.ladders.invariants import check
from tests.ladders.ladder_07_two_daemons import LADDER as DUELS
from tests.simulation.course import with_faults
from tests.simulation.scenarios import SMALL
from tests.unit.engine.estate import protect
from tests.unit.engine.loop.stage import INTERVAL, stage, wishes
from tests.unit.planning.making import snapshots, wanted

WORLDS, NUMBERS = st.sampled_from(sorted(SMALL)), st.integers(0, 10**9)
_DAY = 86400.0
_JUMPS = (-3650 * _DAY, -_DAY, -3600.0, -1.0, 1.0, 3600.0, _DAY, 3650 * _DAY)
_NO_PART_OF_A_PLAN = ("://", "authorization", "bearer", "password", "token", "secret", "../")
_LONG_AGO = "2026-01-01T00:00:00.000000+00:00"


@drawn(WORLDS, NUMBERS)
def who_lost_the_lease_sends_nothing(name: str, number: int) -> None:
    """I-33."""
    assert DUELS.run(f"{name} leased {number}").violations == ()


@drawn(WORLDS, st.sampled_from(("shared", "apart")), NUMBERS)
def two_leaders_waste_and_do_not_harm(name: str, way: str, number: int) -> None:
    """I-34."""
    assert DUELS.run(f"{name} {way} {number}").violations == ()


@drawn(WORLDS, st.sampled_from(_JUMPS))
def a_clock_that_jumps_takes_nothing_away(name: str, seconds: float) -> None:
    """I-36."""
    assert check(with_faults(name, (), skew=seconds)) == ()


@drawn(wanted(), snapshots())
def a_plan_holds_neither_secret_nor_address(desired: Desired, observed: Observed) -> None:
    """I-12."""
    text = json.dumps(plan_document(plan(desired, observed, brakes=Brakes()), cloud="azure")).lower()
    assert [word for word in _NO_PART_OF_A_PLAN if word in text] == []


@drawn(st.sampled_from(("hanging", "broken", "gap")), st.integers(0, 9))
def alive_is_who_saw_and_planned_in_time(harm: str, intervals: int) -> None:
    """I-46: one pass that fails is no news, four are."""
    with stage(a=["a-1"], b=["b-1"]) as place:

        async def scene() -> None:
            place.loop.declare(wishes(a=["a-1"], b=["b-1"]), SourceState("test"))
            await asyncio.sleep(10 * INTERVAL)
            if harm == "gap":
                place.world.faults.gaps = (Gap("/subscriptions/x", "403 Forbidden", "b"),)
            else:
                getattr(place.world, harm).add("b")
            await asyncio.sleep(intervals * INTERVAL)
            good = live(place.board, place.loop.ages()).good
            assert good or intervals > 1
            assert not good or intervals < 4

        place.play(scene)


@drawn(st.lists(st.booleans(), max_size=6), st.integers(0, len(migrations()) - 1))
def an_older_journal_is_taken_over(ended: list[bool], place: int) -> None:
    """I-48: what was open in the schema of any earlier version is open in today's, and can be ended there."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "journal.db"
        _as_left_by(path, place, ended)
        still = [f"r{number}" for number, over in enumerate(ended) if not over]
        with Journal(str(path), lambda: datetime.now(UTC)) as journal:
            assert sorted(known.run for known in journal.open_operations()) == still
            for run in still:
                journal.record(run, f"protect:vm-{run}", Done())
            assert journal.intend("new", protect("web-1"), "c") is None
            assert [known.run for known in journal.open_operations()] == ["new"]


def _as_left_by(path: Path, place: int, ended: list[bool]) -> None:
    """A file as an earlier version made it, with intents of which some have ended."""
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        for _, script in migrations()[: place + 1]:
            old.executescript(script)
        for number, over in enumerate(ended):
            old.execute(
                "INSERT INTO step (run, id, action, vault, subject_kind, subject_name, subject_id, reason, "
                "intended_at, ended_at) VALUES (?, ?, 'protect', 'rsv', 'vm', 'rg/vm', '/vm', 'r', ?, ?)",
                (f"r{number}", f"protect:vm-r{number}", _LONG_AGO, _LONG_AGO if over else None),
            )
