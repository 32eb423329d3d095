"""The request that every change of a protected item is: one PUT, told apart by its members (WIRE 6.1)."""

from __future__ import annotations

from reconciler.actions import paths
from reconciler.actions.action import Target
from reconciler.model import api
from reconciler.model.call import Call, Json, canonical


def put_item(target: Target, **members: Json) -> Call:
    """`sourceResourceId` always goes along: without it the service refuses to stop (facts D 34)."""
    properties: dict[str, Json] = {
        "protectedItemType": paths.item_type(target),
        "sourceResourceId": paths.source_id(target),
        **members,
    }
    return Call("PUT", paths.item_path(target), api.BACKUP, canonical({"properties": properties}))


def put_policy_of(target: Target) -> Call:
    """Protect, change policy and resume are the same request; only where the item stands differs."""
    return put_item(target, policyId=paths.policy_id(target.vault, target.policy_name))
