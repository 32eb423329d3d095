"""One vault and everything in it, from a few lists; each that cannot be read in full is a gap."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import timedelta

import msgspec

from reconciler.azure.client import ReadClient, explained
from reconciler.azure.decode import items, jobs, policies, vaults
from reconciler.azure.decode.errors import UNREADABLE, azure_error
from reconciler.azure.decode.times import filter_time
from reconciler.azure.groups import unreadable
from reconciler.azure.listing import Listing, T, read_list
from reconciler.azure.pipeline import Broken, Reply
from reconciler.model import api, ids
from reconciler.model.call import Call
from reconciler.model.desired import SoftDeleteState, Vault
from reconciler.model.observed import Gap, Job, ObservedPolicy, ObservedVault, ProtectedItem, VmKey

_OF_VMS = "backupManagementType eq 'AzureIaasVM'"
_ABSENT = {"ResourceNotFound", "ResourceGroupNotFound"}
"""The codes by which Resource Manager itself says that a vault is not there; any other 404 proves nothing."""

_JOB_WINDOW = timedelta(hours=24)
_CONFIG = msgspec.json.Decoder(vaults.WireConfig)
_VAULT = msgspec.json.Decoder(vaults.WireVault)


class VaultReader:
    """Reads one declared vault once; `gaps` fills while it does."""

    def __init__(self, client: ReadClient, declared: Vault, correlation_id: str) -> None:
        self._client = client
        self._declared, self._name = declared, declared.name
        self._correlation_id = correlation_id
        self._path = ids.vault_path(declared.subscription_id, declared.resource_group, declared.name)
        self.gaps: list[Gap] = []

    async def read(self) -> ObservedVault | None:
        """The vault; None when nobody knows whether it exists, which is a gap then."""
        reply = await self._get("", api.VAULTS)
        if isinstance(reply, Reply) and reply.status == 404 and azure_error(404, reply.body).code in _ABSENT:
            return await self._absent()
        if not isinstance(reply, Reply) or reply.status != 200:
            self._note("", [explained(reply)])
            return None
        try:
            wire = _VAULT.decode(reply.body)
        except UNREADABLE as error:
            self._note("", [f"the answer is not a vault: {error}"])
            return None
        if ids.fold(wire.id) != ids.fold(self._path):
            self._note("", [f"Azure answered with another resource: {wire.id}"])
            return None
        return await self._content(wire)

    async def _absent(self) -> ObservedVault | None:
        """A vault that Azure does not find, in a group that can be read: else nobody can tell what is in it."""
        subscription, group = self._declared.subscription_id, self._declared.resource_group
        why = await unreadable(self._client, subscription, group, self._correlation_id)
        if why:
            self._note("", [f"it is not found, and its resource group cannot be read: {why}"])
            return None
        return ObservedVault(self._name, self._path, exists=False)

    async def _content(self, wire: vaults.WireVault) -> ObservedVault:
        containers = f"{_OF_VMS} and status eq 'Registered'"
        async with asyncio.TaskGroup() as reads:
            config = reads.create_task(self._get("/backupconfig/vaultconfig", api.BACKUP))
            guarded = reads.create_task(self._guarded())
            listed = reads.create_task(self._list("/backupPolicies", policies.WirePolicy))
            protected = reads.create_task(
                self._list("/backupProtectedItems", items.WireItem, f"{_OF_VMS} and itemType eq 'VM'")
            )
            held = reads.create_task(self._list("/backupProtectionContainers", items.WireNamesVm, containers))
            protectable = reads.create_task(self._list("/backupProtectableItems", items.WireNamesVm))
            found = reads.create_task(self._jobs())
        soft_delete, retention = self._soft_delete(wire, config.result())
        return ObservedVault(
            name=self._name,
            id=wire.id,
            exists=True,
            location=ids.fold(wire.location).replace(" ", ""),
            redundancy=wire.redundancy,
            soft_delete=soft_delete,
            soft_delete_retention=retention,
            immutability=wire.immutability,
            guarded=guarded.result(),
            policies=self._policies(listed.result()),
            items=self._items(protected.result()),
            discovered=items.discovered(protectable.result().entries),
            registered=items.registered(held.result().entries),
            jobs=found.result(),
        )

    async def _get(self, child: str, version: str) -> Reply | Broken:
        return await self._client.ask(Call("GET", f"{self._path}{child}", version), self._correlation_id)

    async def _list(self, child: str, kind: type[T], condition: str = _OF_VMS) -> Listing[T]:
        query = (("$filter", condition),) if condition else ()
        call = Call("GET", f"{self._path}{child}", api.BACKUP, query=query)
        listing = await read_list(self._client, call, kind, self._correlation_id)
        self._note(child, listing.trouble)
        return listing

    def _note(self, child: str, reasons: Iterable[str]) -> None:
        scope = ids.fold(f"{self._path}{child}") if child else self._path
        self.gaps += [Gap(scope, reason, self._name) for reason in reasons]

    async def _guarded(self) -> bool:
        """Whether a resource guard is attached.

        Who may not list guards, or has an older service, is taken to have none: nothing is removed on the strength of
        it, and Azure refuses a guarded call by itself.
        """
        call = Call("GET", f"{self._path}/backupResourceGuardProxies", api.BACKUP)
        listing = await read_list(self._client, call, vaults.WireGuard, self._correlation_id)
        if listing.status not in {403, 404}:
            self._note("/backupResourceGuardProxies", listing.trouble)
        return bool(listing.entries)

    def _soft_delete(self, wire: vaults.WireVault, config: Reply | Broken) -> tuple[SoftDeleteState | None, int | None]:
        """From the backup configuration, else from the vault's own copy of it (WIRE 3.1)."""
        word, days = wire.soft_delete
        if isinstance(config, Reply) and config.status == 200:
            try:
                properties = _CONFIG.decode(config.body).properties
            except UNREADABLE as error:
                self._note("/backupconfig", [f"the answer is not a configuration: {error}"])
            else:
                word, days = (
                    properties.soft_delete_feature_state,
                    properties.soft_delete_retention_period_in_days or days,
                )
        elif not word:
            self._note("/backupconfig", [explained(config)])
        state = vaults.soft_delete_state(word)
        if word and state is None:
            self._note("/backupconfig", [f"soft delete is in a state this version does not know: {word[:80]!r}"])
        return state, days

    def _policies(self, listing: Listing[policies.WirePolicy]) -> dict[str, ObservedPolicy]:
        found: dict[str, ObservedPolicy] = {}
        for wire in listing.entries:
            try:
                policy = policies.policy(wire)
            except UNREADABLE as error:
                self._note("/backupPolicies", [f"the policy {wire.name!r} cannot be read: {error}"])
                continue
            if policy and ids.fold(policy.id) != ids.fold(f"{self._path}/backupPolicies/{policy.name}"):
                self._note("/backupPolicies", [f"a policy of another vault is listed: {policy.id}"])
            elif policy:
                found[ids.fold(policy.name)] = policy
        return found

    def _items(self, listing: Listing[items.WireItem]) -> dict[VmKey, ProtectedItem]:
        found: dict[VmKey, ProtectedItem] = {}
        below = ids.fold(self._path) + "/"
        for wire in listing.entries:
            if not wire.of_a_vm:
                continue
            try:
                item = items.item(wire)
            except ids.BadSegmentError as error:
                self._note("/backupProtectedItems", [str(error)])
                continue
            if not ids.fold(wire.id).startswith(below):
                self._note("/backupProtectedItems", [f"an item of another vault is listed: {wire.id}"])
                continue
            if item.key in found:
                self._note("/backupProtectedItems", [f"{item.vm_arm_id} has two items"])
                if item.soft_deleted:
                    continue
            found[item.key] = item
        return found

    async def _jobs(self) -> tuple[Job, ...]:
        """Those that run and those of the last 24 hours, newest first."""
        now = self._client.clock.now()
        window = f"startTime eq '{filter_time(now - _JOB_WINDOW)}' and endTime eq '{filter_time(now)}'"
        running, recent = await asyncio.gather(
            self._list("/backupJobs", jobs.WireJob, f"{_OF_VMS} and status eq 'InProgress'"),
            self._list("/backupJobs", jobs.WireJob, f"{_OF_VMS} and {window}"),
        )
        # A job seen running and ended has ended: the list of the window is the later truth or the same.
        found = {wire.name: jobs.job(wire) for wire in (*running.entries, *recent.entries)}
        return tuple(sorted(found.values(), key=_newest_first))


def _newest_first(job: Job) -> tuple[float, str]:
    return (-job.start.timestamp() if job.start else float("-inf"), job.id)
