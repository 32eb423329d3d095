"""What vaults and policies need, planned, sent and seen done on the embedded vault."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest

from reconciler.clocks import VirtualClock
from reconciler.engine.reconcile import Result
from reconciler.model.desired import BackupPolicy, Consent, Desired, SoftDelete, SoftDeleteState
from reconciler.model.observed import ObservedVault
from reconciler.model.outcome import Done
from reconciler.model.plan import Plan
from reconciler.store.journal import Journal
from reconciler.vaultserver import portal
from reconciler.vaultserver.world import World
from tests.unit.engine.embedded import Site, estate, sent
from tests.unit.engine.estate import VAULT, VAULT_ID
from tests.unit.engine.wishes import RULES, wish

POLICY_ID = f"{VAULT_ID}/backupPolicies/daily"


class Trial:
    """One site that is reconciled again and again."""

    def __init__(self, world: World, desired: Desired) -> None:
        self.world = world
        self.site = Site(world)
        self.site.desired = desired

    def apply(self, desired: Desired | None = None) -> Result:
        self.site.desired = desired or self.site.desired
        with Journal(":memory:", VirtualClock(self.world).now) as journal:
            return self.site.reconcile(journal)

    def plan(self) -> Plan:
        return self.site.dry_run().plan

    def vault(self) -> ObservedVault:
        return self.site.dry_run().observed.vaults[VAULT]

    def daily_retention(self) -> int:
        rules = self.vault().policies["daily"].rules
        assert rules is not None
        return rules.retention.daily

    def edit_retention(self, days: int) -> None:
        """As somebody in the portal would."""
        kept = json.loads(self.vault().policies["daily"].properties)["retentionPolicy"]
        kept["dailySchedule"]["retentionDuration"]["count"] = days
        portal.edit_policy(self.world, POLICY_ID, retentionPolicy=kept)


@pytest.fixture
def world() -> Iterator[World]:
    with estate("web-01", "web-02") as made:
        yield made


@pytest.fixture
def trial(world: World) -> Trial:
    """Both VMs protected by `daily`, and nothing left to do."""
    made = Trial(world, wish("web-01", "web-02"))
    assert actions(made.apply().plan) == ["discover", "create-policy", "register", "register", "protect", "protect"]
    assert made.plan().steps == ()
    return made


def actions(plan: Plan) -> list[str]:
    return [step.action for step in plan.steps]


def all_done(result: Result) -> bool:
    return all(isinstance(result.outcomes.get(step.id), Done) for step in result.plan.steps)


def keeping(desired: Desired, days: int, name: str = "daily") -> Desired:
    rules = replace(RULES, retention=replace(RULES.retention, daily=days))
    return replace(desired, policies=(BackupPolicy(name, (VAULT,), rules),))


def agreed(desired: Desired, subject: str, expires: date = date(2027, 1, 1)) -> Desired:
    consent = Consent("less", "shorten-retention", subject, "agreed", "boss", expires)
    return replace(desired, consents=(consent,))


def with_soft_delete(desired: Desired, state: SoftDeleteState, days: int | None = None) -> Desired:
    return replace(desired, vaults=(replace(desired.vaults[0], soft_delete=SoftDelete(state, days)),))


def test_a_policy_that_was_shortened_in_the_portal_is_put_right(trial: Trial) -> None:
    trial.edit_retention(7)

    result = trial.apply()

    assert actions(result.plan) == ["update-policy"]
    assert dict(result.plan.steps[0].before) == {"daily": "7 days"}
    assert dict(result.plan.steps[0].after) == {"daily": "30 days"}
    assert all_done(result)
    assert trial.daily_retention() == 30
    assert trial.plan().steps == ()


def test_what_the_manifest_does_not_say_of_a_policy_stays(trial: Trial) -> None:
    portal.edit_policy(trial.world, POLICY_ID, tieringPolicy={"ArchivedRP": {"tieringMode": "DoNotTier"}})
    assert trial.plan().steps == ()
    trial.edit_retention(7)

    assert all_done(trial.apply())

    assert '"tieringMode":"DoNotTier"' in trial.vault().policies["daily"].properties


def test_a_retention_that_would_be_shortened_is_held_until_somebody_consents(trial: Trial) -> None:
    trial.edit_retention(90)
    before = len(sent(trial.world))

    held = trial.apply()

    assert held.plan.steps == ()
    assert [(one.guard, one.step.action) for one in held.plan.held] == [("shorten-retention", "update-policy")]
    assert "subject: rsv/daily" in held.plan.held[0].how
    assert len(sent(trial.world)) == before
    assert trial.daily_retention() == 90

    result = trial.apply(agreed(trial.site.desired, "rsv/daily"))

    assert actions(result.plan) == ["update-policy"]
    assert all_done(result)
    assert trial.daily_retention() == 30
    assert trial.plan().steps == ()
    assert trial.plan().held == ()


@pytest.mark.parametrize(
    ("subject", "expires"), [("rsv/other", date(2027, 1, 1)), ("rsv/daily", date(2026, 3, 1))], ids=["other", "expired"]
)
def test_a_consent_that_does_not_count_changes_nothing(trial: Trial, subject: str, expires: date) -> None:
    result = trial.apply(agreed(keeping(trial.site.desired, 7), subject, expires))

    assert result.plan.steps == ()
    assert [one.step.action for one in result.plan.held] == ["update-policy"]
    assert trial.daily_retention() == 30


def test_a_longer_retention_needs_nobody(trial: Trial) -> None:
    assert all_done(trial.apply(keeping(trial.site.desired, 90)))
    assert trial.daily_retention() == 90
    assert trial.plan().steps == ()


def test_vms_move_to_another_policy_in_place(trial: Trial) -> None:
    moved = keeping(trial.site.desired, 60, name="longer")
    moved = replace(moved, protections=(replace(moved.protections[0], policy="longer"),))

    result = trial.apply(moved)

    assert actions(result.plan) == ["create-policy", "change-policy", "change-policy"]
    assert all_done(result)
    assert {item.policy_name for item in trial.vault().items.values()} == {"longer"}
    assert trial.plan().steps == ()


def test_a_vault_that_is_missing_is_made_with_all_that_belongs_in_it(world: World) -> None:
    desired = wish("web-01")
    missing = replace(desired.vaults[0], name="rsv-new", create=True, redundancy="LocallyRedundant")
    new = replace(
        desired,
        vaults=(replace(missing, soft_delete=SoftDelete(SoftDeleteState.ENABLED, 20)),),
        policies=(replace(desired.policies[0], vaults=("rsv-new",)),),
        protections=(replace(desired.protections[0], vault="rsv-new"),),
    )
    trial = Trial(world, new)
    assert trial.apply().plan.steps == ()
    world.advance(timedelta(minutes=10))

    result = trial.apply()

    assert actions(result.plan) == ["create-vault", "discover", "create-policy", "register", "protect"]
    assert all_done(result)
    made = trial.site.dry_run().observed.vaults["rsv-new"]
    assert (made.exists, made.redundancy, made.soft_delete_retention) == (True, "LocallyRedundant", 20)
    assert len(made.items) == 1
    assert trial.plan().steps == ()


def test_soft_delete_is_strengthened_and_never_weakened(trial: Trial) -> None:
    assert (trial.vault().soft_delete, trial.vault().soft_delete_retention) == (SoftDeleteState.ENABLED, 14)

    result = trial.apply(with_soft_delete(trial.site.desired, SoftDeleteState.ALWAYS_ON, 30))

    assert actions(result.plan) == ["update-vault"]
    assert all_done(result)
    assert (trial.vault().soft_delete, trial.vault().soft_delete_retention) == (SoftDeleteState.ALWAYS_ON, 30)
    assert trial.plan().steps == ()

    weaker = trial.apply(with_soft_delete(trial.site.desired, SoftDeleteState.ENABLED, 14))

    assert weaker.plan.steps == ()
    assert [one.code for one in weaker.plan.findings] == ["soft-delete-declared-weaker"]
    assert (trial.vault().soft_delete, trial.vault().soft_delete_retention) == (SoftDeleteState.ALWAYS_ON, 30)
