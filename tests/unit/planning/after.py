"""A tiny world: what a snapshot looks like once every step of a plan has been done."""

from __future__ import annotations

import json
from dataclasses import replace

from reconciler.model.desired import Desired
from reconciler.model.ids import fold
from reconciler.model.observed import Observed, ObservedPolicy, ObservedVault, Power, ProtectedItem
from reconciler.model.plan import Plan, Step, SubjectKind
from reconciler.model.state import ItemState
from tests.unit.planning.making import item


def after(desired: Desired, observed: Observed, plan: Plan) -> Observed:
    """Reads the requests that the steps send, not what the steps say of themselves."""
    for step in plan.steps:
        observed = _done(desired, observed, step)
    return observed


def _done(desired: Desired, observed: Observed, step: Step) -> Observed:
    vault = observed.vaults[step.vault]
    body = json.loads(step.call.body or "{}").get("properties", {})
    if step.call.path.endswith("/refreshContainers"):
        vault = replace(vault, discovered=frozenset(observed.vms))
    elif "/protectedItems/" in step.call.path:
        made = _item(observed, vault, step, body)
        vault = replace(vault, items={**vault.items, made.key: made}, discovered=vault.discovered - {made.key})
    elif step.subject.kind is SubjectKind.POLICY:
        vault = _policy(desired, vault, step)
    elif step.subject.kind is SubjectKind.VAULT:
        vault = replace(vault, exists=True, location=body.get("location", vault.location))
    elif step.call.path.endswith("/start"):
        key = fold(step.subject.id)
        return replace(observed, vms={**observed.vms, key: replace(observed.vms[key], power=Power.RUNNING)})
    return replace(observed, vaults={**observed.vaults, step.vault: vault})


def _item(observed: Observed, vault: ObservedVault, step: Step, body: dict[str, str]) -> ProtectedItem:
    key = fold(body["sourceResourceId"])
    old = vault.items.get(key) or item(observed.vms[key])
    if body.get("policyId"):
        assert not old.soft_deleted, "a soft-deleted item takes no policy"
        policy = body["policyId"]
        return replace(old, state=ItemState.PROTECTED, policy_id=policy, policy_name=policy.rpartition("/")[2])
    return replace(old, state=ItemState.PROTECTION_STOPPED, policy_id="", policy_name="", soft_deleted=False)


def _policy(desired: Desired, vault: ObservedVault, step: Step) -> ObservedVault:
    name = step.call.path.rpartition("/")[2]
    rules = next(policy.rules for policy in desired.policies if policy.name == name)
    seen = ObservedPolicy(step.call.path, name, rules, step.call.body or "")
    return replace(vault, policies={**vault.policies, fold(name): seen})
