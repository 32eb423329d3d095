"""What counts of a vault's content, in a form that two worlds can be compared by."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime

from reconciler.model.call import Json, canonical
from reconciler.vaultserver.arm import fold
from reconciler.vaultserver.records import OperationRecord, PointRecord, PolicyRecord, VaultRecord, VmRecord
from reconciler.vaultserver.world import World
from tests.simulation.requests import identity, vm_in
from tests.simulation.story import Before

_DATE = re.compile(r'"\d{4}-\d\d-\d\dT')
_ADDED = "addedByAzure"
"""What a fault put among the members of a policy: an update keeps what it does not know."""
_STRENGTH = {"disabled": 0, "enabled": 1, "alwayson": 2}
_OWN_POLICIES = {"EnhancedPolicy", "HourlyLogBackup"}
"""Of every new vault; nothing of ours is in them."""
_BACKED_UP = {"Protected", "IRPending", "ProtectionError"}
"""Whether the first backup was made, and how the last one ended, is a matter of the hour."""


def content(world: World) -> dict[str, Json]:
    """Vaults, policies, items and power: all that a run may change, and nothing that the hour decides.

    The names are `vault V`, `policy V/P`, `item V/group/vm` and `vm NN/group/name`, with the end of the subscription.
    """
    found: dict[str, Json] = {}
    for vault in world.vaults():
        found[f"vault {vault.name}"] = [
            vault.location,
            vault.redundancy,
            vault.soft_delete,
            vault.soft_delete_days,
            vault.immutability,
            dict[str, Json](vault.tags),
            vault.provisioning_state,
        ]
    for policy in world.database.all(PolicyRecord):
        if policy.name not in _OWN_POLICIES:
            found[f"policy {_below(policy.id)}"] = _without_dates(policy)
    for item in world.items():
        state = "Protected" if item.state in _BACKED_UP else item.state
        found[item_name(_vault(item.vault), vm_in(item.id))] = [state, _below(item.policy), item.deleted is not None]
    for vm in world.database.all(VmRecord):
        owner = fold(f"{vm.subscription_id[-2:]}/{vm_in(vm.id)}")
        found[f"vm {owner}"] = [vm.power, vm.deleted]
    return found


def held(world: World) -> Mapping[str, str]:
    """The state of every item, by the name that it has in the content; `Deleted` for one that is on its way out."""
    return {
        item_name(_vault(item.vault), vm_in(item.id)): "Deleted" if item.deleted else item.state
        for item in world.items()
    }


def item_name(vault: str, vm: str) -> str:
    """Under which name the item of a VM, `group/name`, stands in the content."""
    return f"item {vault}/{vm}"


def _without_dates(policy: PolicyRecord) -> str:
    """The properties as JSON; of its moments the service reads only the time of day."""
    return _DATE.sub('"T', canonical(_ours(policy.properties)))


def _ours(value: Json) -> Json:
    if isinstance(value, list):
        return [_ours(one) for one in value]
    return {name: _ours(one) for name, one in value.items() if name != _ADDED} if isinstance(value, dict) else value


def points(world: World) -> Mapping[str, frozenset[str]]:
    """The recovery points that exist, by item."""
    found: dict[str, set[str]] = {}
    for point in world.database.all(PointRecord):
        found.setdefault(point.link, set()).add(point.id)
    return {item: frozenset(ids) for item, ids in found.items()}


def strengths(world: World) -> Mapping[str, int]:
    """How strong soft delete is, in each vault that ever was."""
    found: dict[str, int] = {}
    for vault in world.database.all(VaultRecord):
        gone = 0 if vault.deleted else 10_000
        found[fold(vault.id)] = gone + 1000 * _STRENGTH.get(fold(vault.soft_delete), 0) + vault.soft_delete_days
    return found


def operations(world: World, start: datetime) -> list[tuple[str, float, float]]:
    """(the VM's `identity`, begun, ended) of every operation on a VM, in seconds since `start`."""
    found: list[tuple[str, float, float]] = []
    for operation in world.database.all(OperationRecord):
        vm = identity(operation.subject)
        begun = (operation.start - start).total_seconds()
        ended = (operation.end - start).total_seconds() if operation.end else float("inf")
        if vm and begun >= 0:
            found.append((vm, begun, ended))
    return sorted(found)


def before(world: World) -> Before:
    """What a write finds."""
    policies = {_below(policy.id): json.dumps(policy.properties) for policy in world.database.all(PolicyRecord)}
    items = {f"{_vault(item.vault)}/{vm_in(item.id)}": _below(item.policy) for item in world.items()}
    return Before(policies, items)


def _below(policy: str) -> str:
    """`vault/policy`, folded, of a policy's id."""
    parts = fold(policy).split("/")
    return f"{parts[-3]}/{parts[-1]}" if len(parts) > 3 else ""


def _vault(vault: str) -> str:
    return fold(vault).rpartition("/")[2]
