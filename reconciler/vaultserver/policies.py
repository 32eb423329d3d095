"""Backup policies on the wire: list, read, write, delete, and the re-aligning of items after a change."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from reconciler.vaultserver import (
    errors,
    filters,
    jobs,
    operations,
    paging,
    policy_defaults,
    policy_rules,
    policy_schedule,
    retention,
)
from reconciler.vaultserver.arm import fold, vault_of
from reconciler.vaultserver.records import ItemRecord, Json, PolicyRecord, VaultRecord
from reconciler.vaultserver.routes import ArmRoute, V, WireCall, empty, json_response

if TYPE_CHECKING:
    from reconciler.vaultserver.world import World

POLICY = V + "/backupPolicies/{policy}"
APPLY_SECONDS = 6
REAPPEARS = timedelta(hours=1)


def routes(world: World) -> list[BaseRoute]:
    return [
        ArmRoute(world, V + "/backupPolicies", _list),
        ArmRoute(world, POLICY, _get),
        ArmRoute(world, POLICY, _put, ("PUT",)),
        ArmRoute(world, POLICY, _delete, ("DELETE",)),
    ]


def find(world: World, policy_id: str) -> PolicyRecord | None:
    return world.database.get(PolicyRecord, policy_id)


def using(world: World, policy: PolicyRecord) -> list[ItemRecord]:
    """The items a policy governs."""
    items = world.database.all(ItemRecord, policy.vault)
    return [item for item in items if fold(item.policy) == fold(policy.id) and item.deleted is None]


def wire(world: World, policy: PolicyRecord) -> Json:
    count = sum(1 for item in using(world, policy) if not item.pending)
    return shown(policy, count)


def shown(policy: PolicyRecord, count: int) -> Json:
    return {
        "id": policy.id,
        "name": policy.name,
        "type": "Microsoft.RecoveryServices/vaults/backupPolicies",
        "properties": policy.properties | {"protectedItemsCount": count},
    }


def store(world: World, policy: PolicyRecord) -> None:
    """Keep a policy and see to its next run."""
    world.database.put(policy)
    world.database.cancel_events(policy.id, "policy-runs")
    run = policy_schedule.next_run(policy, world.now)
    if run is not None:
        world.later(run, "policy-runs", policy.id)


def make(world: World, vault: VaultRecord, name: str, given: Json) -> PolicyRecord:
    """A policy from wire properties, checked as the service does and stored."""
    if not policy_rules.NAME.fullmatch(name):
        raise errors.invalid_policy()
    policy_id = f"{vault.id}/backupPolicies/{name}"
    present = find(world, policy_id)
    properties = policy_rules.accepted(given, preview=vault.preview)
    if present is not None:
        if present.management_type != "AzureIaasVM":
            raise errors.wrong_policy_provider()
        if present.policy_type == "V2" and properties.get("policyType") != "V2":
            raise errors.invalid_policy()
        present.properties, present.saved = properties, world.now
    policy = present or PolicyRecord(id=policy_id, vault=vault.id, name=name, properties=properties, saved=world.now)
    store(world, policy)
    return policy


def _list(call: WireCall) -> Response:
    vault = call.vault()
    wanted = filters.read(call, "backupManagementType", "workloadType", "fabricName")
    chosen = [
        policy
        for policy in call.world.policies(vault.id)
        if wanted.matches("backupManagementType", policy.management_type)
        and (wanted.get("workloadType") is None or _workload(policy) == fold(wanted.get("workloadType") or ""))
    ]
    counts: dict[str, int] = {}
    for item in call.world.items(vault.id):
        if item.deleted is None:
            counts[fold(item.policy)] = counts.get(fold(item.policy), 0) + 1
    return paging.paged(
        call, chosen, lambda policy: policy.id, lambda policy: shown(policy, counts.get(fold(policy.id), 0))
    )


def _workload(policy: PolicyRecord) -> str:
    return fold(str(policy.properties.get("workLoadType") or "VM"))


def _wanted(call: WireCall) -> PolicyRecord:
    policy = find(call.world, f"{call.vault().id}/backupPolicies/{call.params['policy']}")
    if policy is None:
        raise errors.policy_not_found()
    return policy


def _get(call: WireCall) -> Response:
    return json_response(wire(call.world, _wanted(call)))


def _put(call: WireCall) -> Response:
    world, vault = call.world, call.vault()
    policy = make(world, vault, call.params["policy"], call.properties())
    items = [item for item in using(world, policy) if not item.pending]
    if not items:
        return json_response(shown(policy, 0))
    made = [jobs.begin(world, vault, item, "ConfigureBackup", call, {"Policy Name": policy.name}) for item in items]
    operation = operations.begin(world, vault, "policy", policy.id, jobs=[job.name for job in made], result=200)
    world.later(world.now + timedelta(seconds=APPLY_SECONDS), "policy-applied", policy.id, operation=operation.name)
    return operations.accepted(call, operation)


def applied_event(world: World, subject: str, body: dict[str, Any]) -> None:
    """Timeline: the items of a changed policy follow it."""
    policy, operation = find(world, subject), body["operation"]
    if policy is not None:
        for item in using(world, policy):
            retention.realign(world, item, policy)
        for record in operations.named(world, operation):
            for name in record.jobs:
                jobs.complete(world, f"{record.vault}/backupJobs/{name}")
    operations.end(world, operation)


def _delete(call: WireCall) -> Response:
    policy = find(call.world, f"{call.vault().id}/backupPolicies/{call.params['policy']}")
    if policy is None:
        return empty(204)
    if using(call.world, policy):
        raise errors.policy_in_use()
    call.world.database.delete(policy)
    call.world.database.cancel_events(policy.id, "policy-runs")
    if policy.name in policy_defaults.NAMES:
        call.world.later(call.world.now + REAPPEARS, "policy-reappears", policy.id)
    return empty(200)


def reappears_event(world: World, subject: str, _body: dict[str, Any]) -> None:
    """Timeline: the service makes a default policy anew that somebody deleted."""
    vault = world.vault(vault_of(subject))
    for policy in policy_defaults.policies(vault, world.now) if vault else []:
        if fold(policy.id) == fold(subject) and find(world, subject) is None:
            store(world, policy)
