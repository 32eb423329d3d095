"""Promise: a consent permits one change of one subject by name, once, and ends by itself (I-17)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.engine.chronicle import Chronicle
from reconciler.manifests.load import load_texts
from reconciler.model.desired import BackupPolicy, Consent, Desired
from reconciler.model.past import Past
from reconciler.model.plan import Plan
from reconciler.planning import Brakes, plan
from reconciler.store.journal import Journal
from tests.unit.engine.embedded import Site, estate, sent
from tests.unit.engine.virtual import Pad
from tests.unit.engine.wishes import RULES
from tests.unit.planning.making import CALM, VAULT, item, machine, policy, seen_policy, snapshot, vault

VM = machine("web-01")
AGREED = Consent("agreed", "shorten-retention", "rsv/daily", "agreed", "boss", date(2027, 1, 1))


@pytest.fixture
def site() -> Iterator[Site]:
    """One VM, protected by a policy that keeps 90 days."""
    with estate("web-1") as world:
        made = Site(world, "web-1")
        made.desired = keeping(made.desired, 90)
        run(made)
        yield made


def run(site: Site) -> Plan:
    with Journal(":memory:", lambda: site.world.now) as journal:
        return site.reconcile(journal).plan


def keeping(desired: Desired, days: int, *consents: Consent) -> Desired:
    rules = replace(RULES, retention=replace(RULES.retention, daily=days))
    return replace(desired, policies=(BackupPolicy("daily", ("rsv",), rules),), consents=consents)


def puts(site: Site) -> int:
    return sum(path.endswith("/backupPolicies/daily") for _, path in sent(site.world))


def test_it_is_good_once(site: Site) -> None:
    site.desired = keeping(site.desired, 60, AGREED)
    assert not run(site).held
    site.desired = keeping(site.desired, 30, AGREED)
    before = puts(site)
    [held] = run(site).held
    assert "is used up" in held.how
    assert puts(site) == before
    site.desired = keeping(site.desired, 30, replace(AGREED, name="agreed-again"))
    assert not run(site).held


def test_the_same_change_may_be_tried_again(site: Site) -> None:
    """A request that failed, or that nobody saw done, is still the one that was permitted."""
    site.desired = keeping(site.desired, 60, AGREED)
    chronicle = Chronicle(site.notes)
    chronicle.permitted(site.dry_run().plan.steps)
    assert not run(site).held


def test_a_consent_for_each_of_two_changes(site: Site) -> None:
    other = replace(AGREED, name="second")
    site.desired = keeping(site.desired, 60, AGREED, other)
    run(site)
    site.desired = keeping(site.desired, 30, AGREED, other)
    assert not run(site).held
    site.desired = keeping(site.desired, 7, AGREED, other)
    assert run(site).held


def test_it_is_not_used_up_by_a_dry_run(site: Site) -> None:
    site.desired = keeping(site.desired, 60, AGREED)
    for days in (60, 50, 40):
        site.desired = keeping(site.desired, days, AGREED)
        assert not site.dry_run().plan.held


@CALM
@given(st.text(max_size=30), st.text(max_size=30))
def test_no_word_stands_for_all(step: str, subject: str) -> None:
    """Whatever is written in it: only this step and this subject, spelled out, permit anything."""
    meant = step == "shorten-retention" and subject.lower() == "rsv/daily"
    found = replace(AGREED, step=step, subject=subject)
    desired = Desired(vaults=(VAULT,), policies=(policy("daily", 30),), consents=(found,))
    made = plan(desired, snapshot([VM], vault([item(VM)], [], [seen_policy("daily", 60)])), brakes=Brakes())
    assert bool(made.held) is not meant


@pytest.mark.parametrize("subject", ["*", "rsv/*", "*/daily", "", "rsv", "rsv/", "/daily", "rsv/daily/*", "rsv/da?ly"])
def test_a_manifest_cannot_say_all(subject: str) -> None:
    text = (
        "apiVersion: reconciler/v1\nkind: Consent\nmetadata: {name: agreed}\nspec: {step: shorten-retention, "
        f"subject: '{subject}', reason: x, approver: y, expires: 2027-01-01}}\n"
    )
    assert load_texts({"consent.yaml": text.encode()}).desired is None


@pytest.mark.parametrize(("behind", "counts"), [(timedelta(minutes=59), True), (timedelta(hours=2), False)])
def test_a_clock_that_runs_backwards_revives_none(behind: timedelta, counts: bool) -> None:
    observed = snapshot([VM], vault([item(VM)], [], [seen_policy("daily", 60)]))
    desired = Desired(vaults=(VAULT,), policies=(policy("daily", 30),), consents=(AGREED,))
    past = Past(latest=observed.taken_at + behind)
    assert bool(plan(desired, observed, brakes=Brakes(), past=past).held) is not counts


def test_a_lost_memory_lets_it_count_until_it_ends(site: Site) -> None:
    site.desired = keeping(site.desired, 60, AGREED)
    run(site)
    site.notes = Pad()
    site.desired = keeping(site.desired, 30, AGREED)
    assert not run(site).held
    site.world.advance(datetime(2027, 1, 2, tzinfo=site.world.now.tzinfo) - site.world.now)
    site.desired = keeping(site.desired, 7, AGREED)
    assert [held.guard for held in run(site).held] == ["shorten-retention"]
