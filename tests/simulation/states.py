"""Every state in which one VM can be found, as an estate, a wish, and what must become of it: a model of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import product
from typing import Any

from reconciler.model.backup_rules import BackupRules, Every, Retention, Schedule, Tier
from reconciler.model.desired import (
    BackupPolicy,
    Desired,
    Exemption,
    IfStopped,
    Pause,
    Protection,
    Retirement,
    Selector,
    Vault,
    VmRef,
)
from tests.simulation.scenarios import Scenario

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
CLOCK = datetime(2026, 3, 2, 9, tzinfo=UTC)
ITEMS = ("none", "IRPending", "Protected", "ProtectionError", "ProtectionStopped", "SoftDeleted")
POWERS = ("running", "stopped", "deallocated")
AGENTS = ("ready", "notReady", "absent")
PLACES = ("unknown", "discovered", "elsewhere", "left-elsewhere")
POLICIES = ("right", "shorter", "longer")
WISHES = ("protect", "start", "retire", "was-exempt", "was-paused", "exempt", "pause", "nothing")
"""What `was` is over, so that only the Protection counts."""
_OURS = frozenset(WISHES[:5])
DAYS = {"right": 30, "shorter": 10, "longer": 90}
"""How long the policy keeps that an item has at first."""
_LATER, _EARLIER = date(2026, 12, 31), date(2026, 3, 1)
_LATER_STILL, _OVER = datetime(2026, 12, 31, tzinfo=UTC), CLOCK


@dataclass(frozen=True)
class State:
    """`item` in the vault and under which `policy`; `power` and `agent` of the VM, which may be `gone`.

    `place` is what vaults know of it beside the item: nothing, its name, or that another vault protects it or did.
    """

    item: str
    policy: str
    power: str
    agent: str
    place: str
    gone: bool
    wish: str

    def __str__(self) -> str:
        gone = "gone" if self.gone else "there"
        return "/".join((self.item, self.policy, self.power, self.agent, self.place, gone, self.wish))

    @classmethod
    def parse(cls, text: str) -> State:
        item, policy, power, agent, place, gone, wish = text.split("/")
        return cls(item, policy, power, agent, place, gone == "gone", wish)


def states() -> Iterator[State]:
    """All that can be; what makes no difference to anything is not told apart."""
    for item, power, agent, place, wish in product(ITEMS, POWERS, AGENTS, PLACES, WISHES):
        if item != "none" and place != "discovered":
            continue  # a vault knows the VM of its item, and one VM is in one vault
        policies = POLICIES if item not in {"none", "ProtectionStopped", "SoftDeleted"} else ("right",)
        for policy in policies:
            yield State(item, policy, power, agent, place, False, wish)
    for item, wish in product(ITEMS[1:], WISHES):
        yield State(item, "right", "running", "ready", "discovered", True, wish)


def scenario(found: Sequence[State]) -> Scenario:
    """One vault and these VMs beside it, each with a wish of its own."""
    names = [f"vm-{number}" for number in range(len(found))]
    return Scenario(
        " ".join(map(str, found)),
        ours=tuple(f"rg/{name}" for name, state in zip(names, found, strict=True) if state.wish in _OURS),
        made=(_estate(names, found), _wish(names, found)),
    )


def _estate(names: Sequence[str], found: Sequence[State]) -> Mapping[str, Any]:
    vault = {"resourceGroup": "rg-backup", "location": "westeurope", "discovered": False}
    policies = [_wire_policy(name, days) for name, days in DAYS.items()]
    pairs = list(zip(names, found, strict=True))
    return {
        "estate": "v1",
        "clock": CLOCK,
        "seed": 1,
        "subscriptions": [{"id": SUBSCRIPTION, "name": "small"}],
        "vaults": [
            vault | {"name": "rsv", "policies": policies, "discovered": any(one.place != "unknown" for one in found)},
            vault | {"name": "rsv-theirs", "discovered": True},
        ],
        "virtualMachines": [_machine(name, state) for name, state in pairs],
        "protected": [one for name, state in pairs for one in _protected(name, state)],
    }


def _machine(name: str, state: State) -> Mapping[str, Any]:
    agent: Mapping[str, Any] = {"present": False} if state.agent == "absent" else {"status": state.agent}
    facts = {"name": name, "resourceGroup": "rg", "os": "Linux", "power": state.power, "agent": agent}
    return facts | ({"deleted": True} if state.gone else {})


def _protected(name: str, state: State) -> Iterator[Mapping[str, Any]]:
    if state.item != "none":
        points = 0 if state.item == "IRPending" else 3
        policy = f"keeps-{state.policy}"
        yield {"vm": name, "vault": "rsv", "policy": policy, "state": state.item, "recoveryPoints": points}
    if state.place in {"elsewhere", "left-elsewhere"}:
        there = "Protected" if state.place == "elsewhere" else "ProtectionStopped"
        yield {"vm": name, "vault": "rsv-theirs", "policy": "DefaultPolicy", "state": there, "recoveryPoints": 2}


def _wire_policy(name: str, days: int) -> Mapping[str, Any]:
    at = ["2020-01-01T22:00:00Z"]
    return {
        "name": f"keeps-{name}",
        "timeZone": "UTC",
        "instantRpRetentionRangeInDays": 2,
        "schedulePolicy": {
            "schedulePolicyType": "SimpleSchedulePolicy",
            "scheduleRunFrequency": "Daily",
            "scheduleRunTimes": at,
        },
        "retentionPolicy": {
            "retentionPolicyType": "LongTermRetentionPolicy",
            "dailySchedule": {"retentionTimes": at, "retentionDuration": {"count": days, "durationType": "Days"}},
        },
    }


def _wish(names: Sequence[str], found: Sequence[State]) -> Desired:
    rules = BackupRules(Tier.STANDARD, Schedule(Every.DAY, "22:00", "UTC"), Retention(daily=DAYS["right"]), 2)
    by_wish: dict[str, tuple[VmRef, ...]] = {}
    for name, state in zip(names, found, strict=True):
        by_wish[state.wish] = (*by_wish.get(state.wish, ()), VmRef(name, "rg"))
    none: tuple[VmRef, ...] = ()
    protect, start, retire = by_wish.get("protect", none), by_wish.get("start", none), by_wish.get("retire", none)
    pause = by_wish.get("pause", none)
    now = (*protect, *by_wish.get("was-exempt", none), *by_wish.get("was-paused", none))
    protections = [Protection("now", "rsv", "keeps-right", now)] if now else []
    protections += [Protection("started", "rsv", "keeps-right", start, if_stopped=IfStopped.START)] if start else []
    protections += [Protection("paused", "rsv", "keeps-right", pause)] if pause else []
    overruled = tuple(ref.name for wish in ("exempt", "retire") for ref in by_wish.get(wish, none))
    protections += [Protection("all", "rsv", "keeps-right", select=Selector(names=overruled))] if overruled else []
    return Desired(
        vaults=(Vault("rsv", SUBSCRIPTION, "rg-backup", "westeurope"),),
        policies=(BackupPolicy("keeps-right", ("rsv",), rules),),
        protections=tuple(protections),
        exemptions=tuple(
            Exemption(wish, "rsv", "lab", "me", until, by_wish[wish])
            for wish, until in (("exempt", _LATER), ("was-exempt", _EARLIER))
            if wish in by_wish
        ),
        retirements=(Retirement("old", "rsv", retire, "sold", "me"),) if retire else (),
        pauses=tuple(
            Pause(wish, "rsv", "move", "me", until, by_wish[wish])
            for wish, until in (("pause", _LATER_STILL), ("was-paused", _OVER))
            if wish in by_wish
        ),
        digest="sha256:made",
        files=1,
    )


def outcome(state: State) -> tuple[str, str]:
    """What must have become of the item, `none` for none, and the name of its policy: written without the planner."""
    before = (state.item if state.item in {"none", "SoftDeleted"} else _STANDS[state.item], f"keeps-{state.policy}")
    if state.item in {"none", "ProtectionStopped", "SoftDeleted"}:
        before = (before[0], "")
    if state.wish in {"exempt", "pause", "nothing"}:
        return before
    if state.wish == "retire":
        return before if state.item == "none" else ("ProtectionStopped", "")  # also a deleted one keeps its points
    if state.gone:
        return before
    right = ("Protected", "keeps-right")
    if state.item == "none":
        return right if _can_be_protected(state) else before
    if before[0] == "Protected" and state.policy == "longer":
        return before  # keeps less than now, and nobody consented
    return right


_STANDS = {
    "IRPending": "Protected",
    "Protected": "Protected",
    "ProtectionError": "Protected",
    "ProtectionStopped": "ProtectionStopped",
}
"""As `content` tells the states apart."""


def _can_be_protected(state: State) -> bool:
    up = state.power == "running" or state.wish == "start"
    return up and state.agent == "ready" and state.place not in {"elsewhere", "left-elsewhere"}
