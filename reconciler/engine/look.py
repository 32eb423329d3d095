"""Look at Azure and plan: all that a dry run does, and the first and last act of an apply."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from reconciler.engine.ports import Reader, Scope
from reconciler.model.desired import Desired, Vault
from reconciler.model.ids import fold, vault_path
from reconciler.model.observed import Check, Observed, VirtualMachine, VmKey
from reconciler.model.past import Past
from reconciler.model.plan import Plan
from reconciler.planning import Brakes, candidates, needs, plan, remembered

Checks = Mapping[tuple[str, VmKey], Check]


@dataclass(frozen=True, slots=True)
class Look:
    """A plan, and the observation that it rests on."""

    plan: Plan
    observed: Observed


def scope_of(desired: Desired) -> Scope:
    """What has to be read to plan for `desired`, and no more."""
    classic, network = needs(desired)
    return Scope(desired.vaults, classic=classic, network=network)


def scope_key(desired: Desired) -> str:
    """The name under which the sizes of an observation are remembered: its vaults' folded ids, sorted, a line each."""
    return "\n".join(sorted(fold(vault_path(v.subscription_id, v.resource_group, v.name)) for v in desired.vaults))


async def look(
    desired: Desired,
    reader: Reader,
    *,
    brakes: Brakes,
    past: Past,
    targets: Collection[str],
) -> Look:
    """Observe, ask Azure about the VMs that may be protected, and plan. Sends nothing but reads: it has no writer.

    `past` is what is remembered of earlier looks, `targets` narrows the plan to some VMs.
    """
    observed = await reader.observe(scope_of(desired))
    observed = replace(observed, checks=await _checks(desired, observed, reader, targets))
    past = remembered(desired, observed, past)
    return Look(plan(desired, observed, brakes=brakes, past=past, targets=frozenset(targets)), observed)


async def glance(
    desired: Desired, reader: Reader, *, brakes: Brakes, past: Past | None = None, targets: Collection[str]
) -> Look:
    """Observe and plan without Azure's word on each VM: enough to see what is still to be done."""
    observed = await reader.observe(scope_of(desired))
    return Look(plan(desired, observed, brakes=brakes, past=past, targets=frozenset(targets)), observed)


async def _checks(desired: Desired, observed: Observed, reader: Reader, targets: Collection[str]) -> Checks:
    wanted = candidates(desired, observed, targets=frozenset(targets))
    asked = [(vault, wanted[vault.name]) for vault in desired.vaults if wanted.get(vault.name)]
    answers = await asyncio.gather(*(_check(reader, vault, vms) for vault, vms in asked))
    return {key: check for answer in answers for key, check in answer.items()}


async def _check(reader: Reader, vault: Vault, vms: Sequence[VirtualMachine]) -> Checks:
    return {(vault.name, key): check for key, check in (await reader.check(vault, vms)).items()}
