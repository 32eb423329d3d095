"""Only an observation makes a step done, whatever Azure said."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from reconciler.engine.close import close
from reconciler.engine.ports import Journal, Scope
from reconciler.engine.reconcile import LAG, reconcile_once
from reconciler.model.desired import Vault
from reconciler.model.observed import Check, Gap, Observed, ProtectedItem, VirtualMachine, VmKey
from reconciler.model.outcome import AzureError, Done, Failed, Operation, Outcome, Pending, Retry, Skipped
from reconciler.model.plan import Held, Plan, Step
from reconciler.model.state import ItemState
from tests.unit.engine.estate import VAULT, machine, never, plan_of, protect, register, start, vault
from tests.unit.engine.virtual import START, Silence, VirtualClock, names
from tests.unit.engine.wishes import BRAKES, wish, world_of
from tests.unit.engine.world import World

Memory = Callable[[VirtualClock], Journal]

WEB = machine("web-1")
PROTECT = protect("web-1")
STOP = protect("web-1", state="ProtectionStopped")
UNKNOWN = Retry("unknown-outcome", 60)
ERROR = Failed("register-vm-not-running", AzureError("AzureVmOffline", "off", 0), "off")
PENDING = Pending(Operation("https://azure/op", "location"))


def seen(state: ItemState | None, *, soft_deleted: bool = False, gaps: tuple[Gap, ...] = ()) -> Observed:
    item = ProtectedItem(
        "item", WEB.key, WEB.id, "web-1", state or ItemState.UNKNOWN, "", "policy", "daily", soft_deleted=soft_deleted
    )
    items = {} if state is None else {WEB.key: item}
    return Observed(START, {VAULT: replace(vault(), items=items)}, {WEB.key: WEB}, gaps=gaps)


def final(step: Step, outcome: Outcome, after: Plan, observed: Observed) -> Outcome:
    return close(plan_of(step), {step.id: outcome}, after, observed)[step.id]


@pytest.mark.parametrize("claim", [Done("job"), UNKNOWN, ERROR])
@pytest.mark.parametrize("state", [ItemState.IR_PENDING, ItemState.PROTECTED, ItemState.PROTECTION_PAUSED])
def test_what_is_seen_protected_and_no_longer_wanted_is_done(claim: Outcome, state: ItemState) -> None:
    assert isinstance(final(PROTECT, claim, plan_of(), seen(state)), Done)


@pytest.mark.parametrize("after", [plan_of(PROTECT), plan_of(held=[Held(PROTECT, "guard", "how")]), plan_of()])
def test_azure_said_done_and_the_vault_does_not_show_it(after: Plan) -> None:
    outcome = final(PROTECT, Done(), after, seen(None))
    assert isinstance(outcome, Failed)
    assert outcome.code == "not-verified"


@pytest.mark.parametrize(
    "observed",
    [
        seen(None),
        seen(ItemState.PROTECTED, soft_deleted=True),
        seen(ItemState.PROTECTION_STOPPED),
        seen(ItemState.PROTECTION_ERROR),
        seen(ItemState.INVALID),
        seen(ItemState.UNKNOWN),
    ],
)
def test_nothing_counts_as_protected_unless_the_vault_shows_it(observed: Observed) -> None:
    for claim in (Done(), UNKNOWN, ERROR):
        assert not isinstance(final(PROTECT, claim, plan_of(), observed), Done)


@pytest.mark.parametrize("gap", [Gap("/subscriptions/s", "403"), Gap("/subscriptions/s/vaults/rsv", "502", VAULT)])
def test_what_could_not_be_seen_is_not_done(gap: Gap) -> None:
    outcome = final(PROTECT, Done(), plan_of(), seen(ItemState.PROTECTED, gaps=(gap,)))
    assert isinstance(outcome, Retry)
    assert outcome.code == "unknown-outcome"


def test_a_gap_in_another_vault_does_not_matter() -> None:
    observed = seen(ItemState.PROTECTED, gaps=(Gap("x", "403", "other"),))
    assert final(PROTECT, Done(), plan_of(), observed) == Done()


@pytest.mark.parametrize("claim", [UNKNOWN, ERROR])
def test_what_is_still_wanted_keeps_its_reason(claim: Outcome) -> None:
    assert final(PROTECT, claim, plan_of(PROTECT), seen(None)) == claim


@pytest.mark.parametrize("claim", [Skipped("other"), PENDING])
def test_what_was_not_sent_or_still_runs_stays_so(claim: Outcome) -> None:
    assert final(PROTECT, claim, plan_of(), seen(ItemState.PROTECTED)) == claim


def test_a_stop_is_seen_stopped() -> None:
    assert final(STOP, Done(), plan_of(), seen(ItemState.PROTECTION_STOPPED)) == Done()
    assert final(STOP, Done(), plan_of(), seen(ItemState.BACKUPS_SUSPENDED)) == Done()
    assert isinstance(final(STOP, Done(), plan_of(), seen(ItemState.PROTECTED)), Failed)
    assert isinstance(final(STOP, Done(), plan_of(), seen(None)), Failed)


def test_checks_and_loans_are_not_asked_of_the_vault() -> None:
    for step in (register("web-1"), start("web-1")):
        assert final(step, Done(), plan_of(step), seen(None)) == Done()


class Lagging:
    """A world whose vault shows new items only some looks after the end of their operation."""

    def __init__(self, world: World, looks: int) -> None:
        self._world = world
        self._looks = looks

    async def observe(self, scope: Scope) -> Observed:
        seen = await self._world.observe(scope)
        items = {key for found in seen.vaults.values() for key in found.items}
        if not items or self._looks <= 0:
            return seen
        self._looks -= 1
        return replace(seen, vaults={name: replace(found, items={}) for name, found in seen.vaults.items()})

    async def check(self, vault: Vault, vms: Sequence[VirtualMachine]) -> Mapping[VmKey, Check]:
        return await self._world.check(vault, vms)


@pytest.mark.parametrize(("looks", "kind"), [(0, Done), (1, Done), (3, Done), (99, Failed)])
def test_a_list_that_lags_behind_is_looked_at_again(looks: int, kind: type, memory: Memory) -> None:
    clock = VirtualClock()
    world = world_of(clock, WEB)
    journal = memory(clock)
    outcome = clock.run(
        reconcile_once(
            wish("web-1"),
            Lagging(world, looks),
            world,
            journal,
            clock,
            Silence(),
            brakes=BRAKES,
            targets=(),
            parallelism=4,
            timeout=3600,
            stop_requested=never,
            new_id=names(),
        )
    ).outcomes["protect:rsv/rg/web-1"]
    assert isinstance(outcome, kind)
    assert getattr(outcome, "code", "not-verified") == "not-verified"
    assert world.writes_on("web-1") == ["PUT"]
    assert len(journal.failures()) == (kind is Failed)
    assert clock.seconds < 60 + 60 + 10 + sum(LAG)
    if kind is Failed:
        [unseen] = journal.failures()
        assert unseen.due_at - unseen.failed_at >= timedelta(minutes=5)
