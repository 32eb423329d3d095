"""A part of I-19: where the brakes say so, one VM goes first when a policy changes for many."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator

from reconciler.model.ids import fold
from tests.ladders.invariants.removal import named, shortened
from tests.simulation.story import Exchange, Pass, Story

_OWN = "-canary"
"""Ends the name of the policy under which one VM gets new rules first."""


def without_canary(story: Story, most: int) -> Iterator[str]:
    """What changed for more than `most` VMs in one run, and for none in a run before.

    A change that keeps less has a consent by name, and goes at once.
    """
    tried: set[str] = set()
    for made in story.passes:
        moves: defaultdict[str, set[str]] = defaultdict(set)
        for one in story.of(made.number):
            if not one.writes or any(shortened(story, one)):
                continue
            policy = _moved_to(made, one)
            if policy:
                moves[policy].add(one.vm)
            changed = _policy_of(one)
            if f"{changed}{_OWN}" not in tried and len(_users(made, changed)) > most and _has_a_first(made, changed):
                yield f"{one.name} changes {len(_users(made, changed))} VMs at once, and none went first"
        for policy, vms in moves.items():
            if len(vms) > most and policy not in tried:
                yield f"{len(vms)} VMs move to {policy} at once, and none went first"
        tried |= moves.keys()


def _moved_to(made: Pass, exchange: Exchange) -> str:
    """The policy, `vault/name`, that a write moves a VM to from another; empty for others, and for the way back."""
    policy_id = json.loads(exchange.body or b"{}").get("properties", {}).get("policyId", "") if exchange.vm else ""
    vault = exchange.name.rpartition("@")[2]
    old = made.before.item_policy.get(fold(f"{vault}/{exchange.vm}"), "")
    new = fold(f"{vault}/{policy_id.rpartition('/')[2]}")
    return new if policy_id and old not in {"", new, f"{new}{_OWN}"} else ""


def _policy_of(exchange: Exchange) -> str:
    """The policy, `vault/name`, that a write changes; empty for others."""
    what, _, vault = exchange.name.rpartition("@")
    return fold(f"{vault}/{what.removeprefix('write:policy:')}") if what.startswith("write:policy:") else ""


def _users(made: Pass, policy: str) -> list[str]:
    """The items, `vault/group/vm`, that the run found under a policy that was there."""
    there = made.before.item_policy.items() if policy in made.before.policies else ()
    return [item for item, used in there if used == policy]


def _has_a_first(made: Pass, policy: str) -> bool:
    """Whether one of them is meant to be under the policy, so that it can go first."""
    desired, name = made.desired, policy.partition("/")[2]
    for item in _users(made, policy):
        vm = item.partition("/")[2]
        meant = [one for one in desired.protections if fold(one.policy) == name]
        if named(meant, vm) and not named((*desired.pauses, *desired.exemptions, *desired.retirements), vm):
            return True
    return False
