"""The shipped examples through the real reader, adapter and planner, against the embedded vault."""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.azure.connect import connect
from reconciler.clocks import VirtualClock
from reconciler.diagnostics.as_json import plan_document, plan_json
from reconciler.engine.look import Look, look
from reconciler.manifests.load import load_texts
from reconciler.model.desired import Desired
from reconciler.model.ids import fold
from reconciler.model.outcome import Done, Failed, Outcome, Retry
from reconciler.model.past import Past
from reconciler.model.plan import Plan, Severity
from reconciler.planning import Brakes
from reconciler.store.journal import Journal
from reconciler.vaultserver.app import create_app
from reconciler.vaultserver.estate import load
from reconciler.vaultserver.world import World
from tests.unit.engine.embedded import Site, sent

EXAMPLES = Path(__file__).parents[2] / "examples"
EXPECTED: Mapping[str, Any] = yaml.safe_load(
    (Path(__file__).parents[1] / "cases" / "plans_of_examples.yaml").read_text(encoding="utf-8")
)
NAMES = sorted(path.parent.name for path in EXAMPLES.glob("*/estate.yaml"))


@contextmanager
def world_of(name: str) -> Iterator[World]:
    world = World()
    try:
        load(world, yaml.safe_load((EXAMPLES / name / "estate.yaml").read_text(encoding="utf-8")))
        yield world
    finally:
        world.close()


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def texts(name: str) -> dict[str, bytes]:
    folder = EXAMPLES / name / "backup"
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.yaml"))}


def wish(contents: Mapping[str, bytes]) -> Desired:
    loaded = load_texts(contents)
    assert loaded.desired is not None, loaded.diagnostics
    return loaded.desired


def planned(world: World, desired: Desired) -> Look:
    async def once() -> Look:
        clock = VirtualClock(world)
        async with connect(create_app(world), clock=clock, random=secrets.SystemRandom(), writable=False) as azure:
            return await look(desired, azure.reader, brakes=Brakes(), past=Past(), targets=())

    return asyncio.run(once())


def digest_of(made: Plan) -> dict[str, Any]:
    """What the case file says of a plan."""
    document: Any = plan_document(made, cloud="embedded")
    findings = Counter[str]()
    for one in made.findings:
        findings[f"{one.severity} {one.code}"] += len(one.subjects)
    return {
        "summary": document["summary"],
        "held": [f"{one.guard}: {one.step.id}" for one in made.held],
        "quiet": document["quiet"],
        "findings": dict(findings),
        "says": sorted(one.message for one in made.findings if one.severity is Severity.ERROR),
        "coverage": document["coverage"],
    }


def test_every_example_is_expected_to_say_something() -> None:
    assert sorted(EXPECTED) == NAMES


def test_the_plan_is_as_expected(name: str) -> None:
    with world_of(name) as world:
        seen = planned(world, wish(texts(name)))
        assert seen.observed.complete
        assert digest_of(seen.plan) == EXPECTED[name]
        assert sent(world) == []


def test_the_order_of_files_and_documents_does_not_matter(name: str) -> None:
    contents = texts(name)
    first = fresh(name, wish(contents))
    for order in itertools.islice(itertools.permutations(contents), 6):
        again = fresh(name, wish({file: contents[file] for file in order}))
        assert plan_json(again, cloud="embedded") == plan_json(first, cloud="embedded")
    documents = [part for content in contents.values() for part in content.split(b"\n---\n")]
    mixed = fresh(name, replace(wish({"all.yaml": b"\n---\n".join(reversed(documents))}), files=first.files))
    assert nowhere(plan_document(mixed, cloud="embedded")) == nowhere(plan_document(first, cloud="embedded"))


def fresh(name: str, desired: Desired) -> Plan:
    """A plan on a world of its own: reading takes time there, and the time of the look is part of a plan."""
    with world_of(name) as world:
        return planned(world, desired).plan


def nowhere(document: Any) -> Any:
    """A plan without the places in files, which differ where the documents stand elsewhere."""
    if isinstance(document, dict):
        return {key: nowhere(value) for key, value in document.items() if key != "source"}
    return [nowhere(part) for part in document] if isinstance(document, list) else document


def test_what_is_applied_is_not_planned_again(name: str) -> None:
    with world_of(name) as world:
        desired = wish(texts(name))
        site = Site(world)
        site.desired = desired
        with Journal(":memory:", VirtualClock(world).now) as journal:
            result = site.reconcile(journal)
        seen = planned(world, desired)

    again = seen.plan
    first: Plan = result.plan
    healthy = {step.subject.id for step in first.steps} - {
        step.subject.id for step in first.steps if step.predicted or not_done(result.outcomes.get(step.id))
    }
    assert healthy
    assert {step.subject.id for step in again.steps} & healthy == set()
    assert {step.subject.id for step in again.steps} <= {step.subject.id for step in first.steps}
    for step in first.steps:
        if step.action in {"protect", "resume", "change-policy"} and step.subject.id in healthy:
            item = seen.observed.vaults[step.vault].items[fold(step.subject.id)]
            assert item.protected
            assert fold(item.policy_name) == fold(step.policy)
    foretold = {code for step in first.steps for code in step.predicted}
    met = {outcome.code for outcome in result.outcomes.values() if isinstance(outcome, Failed | Retry)}
    assert met == foretold


def not_done(outcome: Outcome | None) -> bool:
    return not isinstance(outcome, Done)
