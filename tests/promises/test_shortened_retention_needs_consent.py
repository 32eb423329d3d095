"""Promise: a shortened retention needs a consent."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.backup_rules import BackupRules, ByDate, Month, Monthly, Retention, Weekday, Weekly, Yearly
from reconciler.model.desired import BackupPolicy, Consent, Desired
from reconciler.model.observed import Observed
from reconciler.model.plan import Plan, RecoveryPoints
from reconciler.model.state import Risk
from reconciler.planning import Brakes, plan
from tests.unit.planning.making import (
    CALM,
    NOW,
    VAULT,
    consent,
    item,
    machine,
    protection,
    rules,
    seen_policy,
    snapshot,
    vault,
)

VM = machine("web-01")
SUNDAY = (Weekday.SUNDAY,)


@st.composite
def retentions(draw: st.DrawFn) -> BackupRules:
    """Every combination of tiers, few lengths each."""
    length = st.sampled_from((0, 7, 12))
    weekly, monthly, yearly = draw(length), draw(length), draw(length)
    keep = Retention(
        draw(st.sampled_from((7, 30))),
        Weekly(weekly, SUNDAY) if weekly else None,
        Monthly(monthly, ByDate((1,))) if monthly else None,
        Yearly(yearly, ByDate((1,)), (Month.JANUARY,)) if yearly else None,
    )
    return replace(rules(), retention=keep, instant_restore=draw(st.sampled_from((1, 5))))


def figures(said: BackupRules) -> tuple[int, ...]:
    keep = said.retention
    tiers = (keep.weekly, keep.monthly, keep.yearly)
    return (keep.daily, *(tier.keep if tier else 0 for tier in tiers), said.instant_restore)


def observed(has: BackupRules | None, *, used: bool = True) -> Observed:
    seen = replace(seen_policy(), rules=has)
    return snapshot([VM], vault([item(VM)] if used else [], [], [seen]))


def planned(has: BackupRules | None, want: BackupRules, *consents: Consent, used: bool = True) -> Plan:
    declared = BackupPolicy("daily", ("rsv",), want)
    desired = Desired(
        vaults=(VAULT,), policies=(declared,), protections=(protection("web-01"),), consents=tuple(consents)
    )
    return plan(desired, observed(has, used=used), brakes=Brakes())


@CALM
@given(retentions(), retentions())
def test_all_pairs_of_policies(has: BackupRules, want: BackupRules) -> None:
    shorter = any(old > new for old, new in zip(figures(has), figures(want), strict=True))

    made = planned(has, want)

    assert bool(made.held) is shorter
    assert [held.guard for held in made.held] == ["shorten-retention"] * len(made.held)
    assert bool(made.steps) is (has != want and not shorter)


@CALM
@given(retentions(), retentions())
def test_a_consent_by_name_permits_it(has: BackupRules, want: BackupRules) -> None:
    made = planned(has, want, consent("RSV/Daily"))

    assert made.held == ()
    for step in made.steps:
        expires = step.risk is Risk.DESTRUCTIVE
        assert step.recovery_points is (RecoveryPoints.EXPIRES if expires else RecoveryPoints.KEEPS)


@pytest.mark.parametrize(
    "wrong",
    [
        consent("rsv/other"),
        consent("rsv/*"),
        consent("other/daily"),
        consent("daily"),
        replace(consent("rsv/daily"), expires=date(2026, 3, 1)),
        replace(consent("rsv/daily"), step="stop"),
    ],
)
def test_any_other_consent_permits_nothing(wrong: Consent) -> None:
    made = planned(rules(30), rules(7), wrong)

    assert (made.steps, [held.step.id for held in made.held]) == ((), ["update-policy:rsv/daily"])
    assert "subject: rsv/daily" in made.held[0].how


def test_a_consent_counts_to_the_end_of_its_day() -> None:
    assert planned(rules(30), rules(7), replace(consent("rsv/daily"), expires=NOW.date())).held == ()


def test_a_policy_that_nobody_uses_may_be_shortened() -> None:
    made = planned(rules(30), rules(7), used=False)

    assert [step.risk for step in made.steps if step.action == "update-policy"] == [Risk.SAFE]


def test_rules_that_cannot_be_read_are_not_overwritten() -> None:
    made = planned(None, rules(30))

    assert [held.step.recovery_points for held in made.held] == [RecoveryPoints.UNKNOWN]


def test_moving_a_vm_waits_for_the_policy_it_moves_to() -> None:
    other = machine("web-02")
    policies = [seen_policy(daily=30), seen_policy("short", 7)]
    have = snapshot([VM, other], vault([item(VM, on="short"), item(other)], [], policies))
    declared = BackupPolicy("daily", ("rsv",), rules(14))
    desired = Desired(vaults=(VAULT,), policies=(declared,), protections=(protection("web-01", "web-02"),))

    made = plan(desired, have, brakes=Brakes())

    assert {held.step.id: held.guard for held in made.held} == {
        "update-policy:rsv/daily": "shorten-retention",
        "change-policy:rsv/rg-web/web-01": "shorten-retention",
    }
