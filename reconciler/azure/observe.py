"""The engine's Reader: one snapshot of vaults and virtual machines, and Azure's own checks."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Protocol

import structlog

from reconciler.azure.client import ReadClient
from reconciler.azure.decode import activity
from reconciler.azure.decode.checks import check
from reconciler.azure.decode.vms import region
from reconciler.azure.groups import hidden
from reconciler.azure.inventory import Inventory, read_subscription
from reconciler.azure.listing import read_list
from reconciler.azure.pipeline import Reply
from reconciler.azure.recovery_points import read_history, read_points
from reconciler.azure.shared import Shared
from reconciler.azure.vault_content import VaultReader
from reconciler.model import api, ids
from reconciler.model.call import Call, canonical
from reconciler.model.desired import Vault
from reconciler.model.drift import Change
from reconciler.model.observed import (
    Check,
    Gap,
    Observed,
    ObservedVault,
    ProtectedItem,
    RecoveryPoint,
    VirtualMachine,
    VmKey,
)

_LOG = structlog.get_logger(__name__)

_CHECKS = 16
"""VMs that are asked about at once; more would only queue for the subscription's budget."""


class Scope(Protocol):
    """What to look at: the shape of the engine's Scope."""

    @property
    def vaults(self) -> tuple[Vault, ...]: ...

    @property
    def classic(self) -> bool: ...

    @property
    def network(self) -> bool: ...

    @property
    def age(self) -> float: ...


class AzureReader:
    """All that a dry run is given: there is no method here that writes."""

    def __init__(self, client: ReadClient) -> None:
        self._client = client
        self._inventories: Shared[Inventory] = Shared(client.clock)

    async def close(self) -> None:
        """End what nobody waits for any more."""
        await self._inventories.close()

    async def observe(self, scope: Scope) -> Observed:
        """One snapshot; what could not be read is a gap in it, not an exception."""
        correlation_id = self._client.correlation_id()
        taken_at = self._client.clock.now()
        subscriptions = sorted({ids.fold(vault.subscription_id) for vault in scope.vaults})
        inventories, vaults = await asyncio.gather(
            asyncio.gather(*(self._subscription(each, scope, correlation_id) for each in subscriptions)),
            asyncio.gather(*(self._vault(vault, correlation_id) for vault in scope.vaults)),
        )
        gaps = [gap for inventory in inventories for gap in inventory.gaps]
        gaps += [gap for _, found in vaults for gap in found]
        vms = dict(sorted((key, vm) for inventory in inventories for key, vm in inventory.vms.items()))
        seen = [vault for vault, _ in vaults if vault]
        observed = Observed(
            taken_at=taken_at,
            vaults={vault.name: vault for vault in seen},
            vms=vms,
            gaps=tuple(sorted(set(gaps), key=lambda gap: (gap.vault or "", gap.scope, gap.reason))),
            hidden=await hidden(self._client, seen, vms, subscriptions, correlation_id),
        )
        _LOG.info("azure observed", vaults=len(observed.vaults), vms=len(observed.vms), gaps=len(observed.gaps))
        return observed

    async def _subscription(self, subscription_id: str, scope: Scope, correlation_id: str) -> Inventory:
        key = subscription_id, scope.classic, scope.network
        read = partial(
            read_subscription,
            self._client,
            subscription_id,
            correlation_id,
            classic=scope.classic,
            network=scope.network,
        )
        return await self._inventories.read(key, scope.age, read)

    async def _vault(self, vault: Vault, correlation_id: str) -> tuple[ObservedVault | None, list[Gap]]:
        try:
            reader = VaultReader(self._client, vault, correlation_id)
        except ids.BadSegmentError as error:
            return None, [Gap(vault.name, str(error), vault.name)]
        found = await reader.read()
        return found, reader.gaps

    async def check(self, vault: Vault, vms: Sequence[VirtualMachine]) -> Mapping[VmKey, Check]:
        """Azure's word on protecting each VM in `vault`; a VM whose check could not be read is left out."""
        correlation_id = self._client.correlation_id()
        vault_id = ids.vault_path(vault.subscription_id, vault.resource_group, vault.name)
        places = asyncio.Semaphore(_CHECKS)

        async def one(vm: VirtualMachine) -> Check | None:
            async with places:
                return await self._check(vault_id, vm, correlation_id)

        found = await asyncio.gather(*(one(vm) for vm in vms))
        return {vm.key: each for vm, each in zip(vms, found, strict=True) if each}

    async def points(self, observed: Observed, wanted: Sequence[tuple[str, VmKey]]) -> tuple[Observed, tuple[Gap, ...]]:
        """The snapshot with the latest recovery points of some items, and what of them could not be read.

        `wanted` are vault names and VMs: a request each.
        """
        items = [(name, observed.vaults[name].items[key]) for name, key in wanted]
        points, gaps = await read_points(self._client, items)
        return replace(observed, points=points), tuple(gaps)

    async def changes(self, vault: Vault, since: datetime) -> Sequence[tuple[str, Change]]:
        """The writes in a vault's resource group, by ARM id, newest first; none where nobody may read of them."""
        try:
            group = ids.segment(vault.resource_group)
            base = ids.subscription_path(vault.subscription_id)
        except ids.BadSegmentError:
            return ()
        until = self._client.clock.now()
        condition = (
            f"eventTimestamp ge '{since:%Y-%m-%dT%H:%M:%SZ}' and eventTimestamp le '{until:%Y-%m-%dT%H:%M:%SZ}'"
            f" and resourceGroupName eq '{group}'"
        )
        path = f"{base}/providers/microsoft.insights/eventtypes/management/values"
        call = Call("GET", path, api.ACTIVITY, query=(("$filter", condition),))
        listing = await read_list(self._client, call, activity.WireEvent, self._client.correlation_id())
        if listing.trouble:
            _LOG.info("activity log not read", vault=vault.name, reason=listing.trouble[0])
        found = [one for event in listing.entries if (one := activity.change(event)) is not None]
        return sorted(found, key=lambda one: one[1].at, reverse=True)

    async def history(self, vault: str, item: ProtectedItem, since: datetime) -> tuple[list[RecoveryPoint], list[Gap]]:
        """The recovery points of one item since a moment, the oldest first, and what of them could not be read."""
        return await read_history(self._client, vault, item, since)

    async def _check(self, vault_id: str, vm: VirtualMachine, correlation_id: str) -> Check | None:
        try:
            status, validation = _questions(vault_id, vm)
        except ids.BadSegmentError:
            return None
        held = await self._client.ask(status, correlation_id)
        valid = await self._client.ask(validation, correlation_id)
        return check(_said(held), _said(valid))


def _said(answer: object) -> bytes | None:
    return answer.body if isinstance(answer, Reply) and answer.status == 200 else None


def _questions(vault_id: str, vm: VirtualMachine) -> tuple[Call, Call]:
    """The two POSTs that only read (WIRE 7). Raises BadSegmentError."""
    provider = f"{ids.subscription_path(vm.subscription_id)}/providers/Microsoft.RecoveryServices"
    place = f"{provider}/locations/{ids.segment(region(vm.location))}"
    status = canonical({"resourceType": "VM", "resourceId": vm.id})
    validation = canonical({"resourceType": "VM", "resourceId": vm.id, "vaultId": vault_id, "properties": ""})
    return (
        Call("POST", f"{place}/backupStatus", api.BACKUP, status),
        Call("POST", f"{place}/backupPreValidateProtection", api.BACKUP, validation),
    )
