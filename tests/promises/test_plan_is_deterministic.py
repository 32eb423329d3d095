"""Promise: same input, same plan, in any order and in any process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import TypeVar

from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.desired import Desired
from reconciler.model.observed import Observed
from reconciler.planning import Brakes, plan
from tests.unit.planning.making import CALM, snapshots, wanted

ROOT = Path(__file__).parents[2]
K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")
FREE = Brakes(max_stops=100)
PROGRAM = """
from tests.unit.planning.making import *
from reconciler.planning import Brakes, plan
vms = [machine(f"vm-{n}") for n in range(40)]
have = vault([item(vm) for vm in vms[::3]], vms[1::3])
chosen = Protection("p", "rsv", "daily", select=Selector(names=("vm-*",)))
wish = Desired(vaults=(VAULT,), policies=(policy(),), protections=(chosen,))
made = plan(wish, snapshot(vms, have), brakes=Brakes())
print(made.digest, repr(made))
"""


def shuffled(desired: Desired, observed: Observed, random: Random) -> tuple[Desired, Observed]:
    """The same declarations and the same facts, in another order."""
    vault = observed.vaults["rsv"]
    vault = replace(vault, items=_mixed(vault.items, random), policies=_mixed(vault.policies, random))
    seen = replace(observed, vms=_mixed(observed.vms, random), vaults={"rsv": vault})
    wish = replace(
        desired,
        policies=_order(desired.policies, random),
        protections=tuple(
            replace(one, virtual_machines=_order(one.virtual_machines, random))
            for one in _order(desired.protections, random)
        ),
    )
    return wish, seen


def _mixed(facts: Mapping[K, V], random: Random) -> dict[K, V]:
    return dict(_order(tuple(facts.items()), random))


def _order(values: Sequence[T], random: Random) -> tuple[T, ...]:
    return tuple(random.sample(list(values), len(values)))


@CALM
@given(wanted(), snapshots(), st.randoms(use_true_random=False))
def test_order_does_not_matter(desired: Desired, observed: Observed, random: Random) -> None:
    wish, seen = shuffled(desired, observed, random)

    assert plan(wish, seen, brakes=FREE) == plan(desired, observed, brakes=FREE)


@CALM
@given(wanted(), snapshots())
def test_the_time_of_the_look_is_not_in_the_digest(desired: Desired, observed: Observed) -> None:
    later = replace(observed, taken_at=observed.taken_at + timedelta(minutes=5))

    assert plan(desired, later, brakes=FREE).digest == plan(desired, observed, brakes=FREE).digest


@CALM
@given(wanted(), snapshots())
def test_another_configuration_is_another_digest(desired: Desired, observed: Observed) -> None:
    other = replace(desired, digest="sha256:other")

    assert plan(other, observed, brakes=FREE).digest != plan(desired, observed, brakes=FREE).digest


def test_hash_seed_and_locale_do_not_matter() -> None:
    told = {_run(seed, zone) for seed, zone in (("0", "UTC"), ("1", "Asia/Taipei"), ("4711", "America/New_York"))}

    assert len(told) == 1


def _run(seed: str, zone: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("sha256:")
    return done.stdout
