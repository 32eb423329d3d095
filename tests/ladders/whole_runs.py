"""Properties of whole runs that no single predicate tells: two runs are compared, or a run and what was asked."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from reconciler.model.call import Call
from reconciler.model.desired import Desired
from reconciler.model.journal import Fence, Mandate
from reconciler.model.observed import Gap, Observed
from reconciler.model.plan import Step, Subject, SubjectKind
from reconciler.model.span import NOWHERE
from reconciler.model.status import Trust
from reconciler.planning.status import status
from reconciler.store.journal import Journal
from reconciler.vaultserver import portal
from tests.ladders.courses import drawn
from tests.ladders.invariants import predicates
from tests.ladders.ladder_06_chains import LADDER as CHAINS
from tests.ladders.machine import DECLARED
from tests.simulation.chains import Declared
from tests.simulation.content import content
from tests.simulation.course import Asking, Mortality, begin, end_of, settle
from tests.simulation.life import Life, nowhere
from tests.simulation.scenarios import SCENARIOS, SMALL
from tests.simulation.states import CLOCK
from tests.unit.planning.making import snapshots, wanted

CHAIN = st.lists(DECLARED, min_size=2, max_size=4)


@drawn(CHAIN)
def ends_as_the_last_alone(chain: list[Declared]) -> None:
    """I-3."""
    assert CHAINS.run("|".join(map(str, chain))).violations == ()


@drawn(DECLARED, DECLARED, st.integers(0, 130))
def goes_back_from_half_way(first: Declared, second: Declared, moment: int) -> None:
    """I-4."""
    assert CHAINS.run(f"{first}|{second}!{moment}|{first}").violations == ()


@drawn(st.integers(3, 6), st.sampled_from((60.0, 600.0, 1800.0)))
def nobody_is_fought(times: int, pause: float) -> None:
    """I-7: however often somebody stops a VM, it is resumed twice within a day at most."""
    life = begin(SCENARIOS["drifted"], "fight")
    settle(life)
    before = len(life.story.exchanges)
    for _ in range(times):
        portal.stop(life.universe.world, "web-1")
        life.apply()
        life.wait(pause)
    writes = [one for one in life.story.exchanges[before:] if one.writes and one.vm == "rg/web-1"]
    life.finish()
    assert len(writes) <= 2


@drawn(st.sampled_from(sorted(SMALL)), st.integers(0, 5))
def what_was_reviewed_or_nothing(name: str, change: int) -> None:
    """I-11: between plan and apply something changes; then nothing is sent, or just what was reviewed."""
    life = begin(SCENARIOS[name], "reviewed")
    plan = life.dry_run().plan
    assert plan is not None
    _change(life, change)
    life.reviewed = plan.digest
    made = life.apply()
    sent = [one for one in life.story.of(made.number) if one.writes]
    life.finish()
    assert made.plan is not None
    assert made.plan.digest == plan.digest or not sent


def _change(life: Life, what: int) -> None:
    """Something that a plan rests on."""
    world = life.universe.world
    for number, vm in enumerate(world.vms()):
        if what == number:
            world.set_vm(vm.id, "power", "stopped" if vm.power == "running" else "running")
    for item in world.items():
        if what == len(world.vms()) and item.deleted is None and item.state == "Protected":
            portal.stop(world, item.id)


@drawn(st.sampled_from(sorted(SMALL)), st.integers(0, 300))
def stopped_at_any_moment(name: str, moment: int) -> None:
    """I-32: asked to stop, a run begins nothing more; a later one brings everything to its end."""
    life = begin(SCENARIOS[name], "stopped")
    asking = Asking(life, moment)
    life.boundary, life.stop = asking, asking.stop
    life.apply()
    life.boundary = nowhere
    settle(life)
    end = content(life.universe.world)
    story = life.finish()
    assert list(predicates()["I-32"](story)) == []
    assert end == end_of(name)


@drawn(st.lists(st.tuples(st.integers(0, 3), st.sampled_from("ab")), min_size=1, max_size=12))
def an_older_run_never_wins(moves: list[tuple[int, str]]) -> None:
    """I-35: runs enter and send in any order; none sends once one of another configuration began after it."""
    with Journal(":memory:", lambda: CLOCK) as journal:
        turns: dict[int, int] = {}
        in_force, since = "", 0
        for number, (run, config) in enumerate(moves):
            if run not in turns:
                turns[run] = journal.enter(config, ["rsv"])
                in_force, since = (in_force, since) if config == in_force else (config, turns[run])
            fence = journal.intend(str(run), _step(number), f"c{number}", None, Mandate(None, 0, turns[run]))
            assert (fence is Fence.SUPERSEDED) == (turns[run] < since)


def _step(number: int) -> Step:
    path = f"/subscriptions/00000000-0000-0000-0000-000000000001/x/{number}"
    call = Call("PUT", path, "v", "{}")
    return Step(f"s{number}", "protect", "rsv", Subject(SubjectKind.VM, f"rg/{number}", path), "x", NOWHERE, call)


@drawn(st.sampled_from(sorted(SMALL)), st.integers(0, 300), st.sampled_from((0.0, 30.0, 600.0)))
def the_journal_may_be_lost(name: str, moment: int, pause: float) -> None:
    """I-38: a process dies, and its journal is gone; the end is the same, and nothing is destroyed."""
    life = begin(SCENARIOS[name], "lost")
    life.boundary = Mortality(moment)
    life.apply()
    life.boundary = nowhere
    life.lose_the_journal()
    life.wait(pause)
    settle(life)
    end = content(life.universe.world)
    story = life.finish()
    powers = {key for key in end if key.startswith("vm ")}  # who owes a power state is written nowhere else
    assert {key: end[key] for key in end.keys() - powers} == {
        key: value for key, value in end_of(name).items() if key not in powers
    }
    assert [text for number in ("I-13", "I-17", "I-22", "I-24") for text in predicates()[number](story)] == []


@drawn(wanted(), snapshots())
def the_unseen_is_not_shown_as_protected(desired: Desired, observed: Observed) -> None:
    """I-45: of a vault that was not read in full, nothing counts as verified."""
    blind = replace(observed, gaps=(Gap("x/backupprotecteditems", "no answer", "rsv"),))
    assert {vm.trust for vm in status(desired, blind).vms} <= {Trust.UNKNOWN, None}
