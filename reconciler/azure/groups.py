"""Resource groups: whether the parent of what no list shows could be read at all (facts I-15, I-16).

A list of a whole subscription leaves out, without a word, what the identity may not see.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping

from reconciler.azure.client import ReadClient, explained
from reconciler.azure.decode.errors import azure_error
from reconciler.azure.pipeline import Reply
from reconciler.model import api, ids
from reconciler.model.call import Call
from reconciler.model.observed import ObservedVault, VirtualMachine, VmKey

MOST = 50
"""Groups that are asked about in one look; what is in more is taken for hidden, not for gone."""
_ABSENT = frozenset({"ResourceGroupNotFound"})


async def unreadable(client: ReadClient, subscription_id: str, group: str, correlation_id: str) -> str:
    """Why nobody can tell what a group holds; empty where it can be read, or where Azure says that it is not there.

    Raises BadSegmentError, which no group has that a vault or an item was found in.
    """
    path = f"{ids.subscription_path(subscription_id)}/resourceGroups/{ids.segment(group)}"
    reply = await client.ask(Call("GET", path, api.RESOURCES), correlation_id)
    if isinstance(reply, Reply) and reply.status == 200:
        return ""
    if isinstance(reply, Reply) and reply.status == 404 and azure_error(404, reply.body).code in _ABSENT:
        return ""
    return explained(reply)


async def hidden(
    client: ReadClient,
    vaults: Collection[ObservedVault],
    vms: Mapping[VmKey, VirtualMachine],
    subscriptions: Collection[str],
    correlation_id: str,
) -> frozenset[str]:
    """Folded ids of the groups that cannot be read, of those whose VMs have items and are in no list.

    `subscriptions` are the folded ids of those whose VMs were listed; others prove nothing anyway.
    """
    groups = sorted(
        {
            (ids.fold(name.subscription_id), ids.fold(name.resource_group))
            for vault in vaults
            for item in vault.items.values()
            if item.key not in vms
            if ids.fold((name := ids.VmName.parse(item.vm_arm_id)).subscription_id) in subscriptions
        }
    )
    answers = await asyncio.gather(*(unreadable(client, *group, correlation_id) for group in groups[:MOST]))
    unseen = [group for group, why in zip(groups, answers, strict=False) if why] + groups[MOST:]
    return frozenset(f"/subscriptions/{subscription}/resourcegroups/{group}" for subscription, group in unseen)
