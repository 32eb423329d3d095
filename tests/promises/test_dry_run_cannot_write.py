"""Promise: a dry run cannot write: it is given nothing to write with, and leaves no trace."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from reconciler.engine import look as looking
from reconciler.engine.ports import Reader
from reconciler.model.observed import Sizes
from reconciler.model.past import Past
from reconciler.store.journal import Journal, JournalReader
from tests.unit.engine.embedded import Site, estate, sent
from tests.unit.engine.estate import machine
from tests.unit.engine.virtual import VirtualClock
from tests.unit.engine.wishes import BRAKES, Runner, wish, world_of


def public(kind: type) -> set[str]:
    """The names a holder of an instance may call."""
    return {name for name, _ in inspect.getmembers(kind, callable) if not name.startswith("_")}


def test_what_it_is_given_has_no_method_that_writes() -> None:
    assert public(Reader) == {"observe", "check"}
    assert public(JournalReader) == {"last_sizes", "notes", "audit", "head", "check"}
    given = {name: str(p.annotation) for name, p in inspect.signature(looking.look).parameters.items()}
    assert given["reader"] == "Reader"
    assert not any("Writer" in kind or "Journal" in kind for kind in given.values())


def test_its_module_knows_no_writer() -> None:
    assert not {"Writer", "Journal", "Run"} & set(vars(looking))


def test_it_sends_nothing() -> None:
    clock = VirtualClock()
    world = world_of(clock, machine("web-1"), machine("web-2"))
    with Journal(":memory:", clock.now) as journal:
        runner = Runner(world, clock, wish("web-1", "web-2"), journal)
        before = world.state()
        plan = runner.look().plan
        assert {step.action for step in plan.steps} >= {"register", "protect"}
        assert (world.writes, world.state()) == ([], before)
        assert runner.look().plan == plan


def test_the_same_plan_is_then_applied() -> None:
    clock = VirtualClock()
    world = world_of(clock, machine("web-1"))
    with Journal(":memory:", clock.now) as journal:
        runner = Runner(world, clock, wish("web-1"), journal)
        reviewed = runner.look().plan
        assert "new" in runner.once(reviewed="sha256:another").refused or world.writes == []
        assert world.writes == []
        result = runner.once(reviewed=reviewed.digest)
        assert (result.refused, set(result.outcomes)) == ("", {step.id for step in reviewed.steps})


@pytest.mark.parametrize("alive", [True, False])
def test_the_journal_on_the_disk_stays_as_it_was(tmp_path: Path, alive: bool) -> None:
    path = tmp_path / "journal.db"
    clock = VirtualClock()
    journal = Journal(str(path), clock.now)
    journal.remember_sizes("scope", Sizes(2, 2))
    if not alive:
        journal.close()
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir() if not file.name.endswith("-shm")}
    sizes = JournalReader(str(path)).last_sizes("scope")
    clock.run(
        looking.look(
            wish("web-1"), world_of(clock, machine("web-1")), brakes=BRAKES, past=Past(sizes=sizes), targets=()
        )
    )
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir() if not file.name.endswith("-shm")} == before
    journal.close()


def test_the_embedded_vault_is_only_read() -> None:
    with estate("web-1", "web-2") as world:
        site = Site(world, "web-1", "web-2")
        first = site.dry_run()
        asked = len(world.requests())
        assert (sent(world), asked > 5) == ([], True)
        assert site.dry_run().plan == first.plan
        with Journal(":memory:", lambda: world.now) as journal:
            assert set(site.reconcile(journal).outcomes) == {step.id for step in first.plan.steps}
        assert [method for method, _ in sent(world)] == ["POST", "PUT", "PUT", "PUT"]
