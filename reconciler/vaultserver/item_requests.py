"""What may be asked of a protected item: enable, change, stop, resume, undelete, delete, back up."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from reconciler.vaultserver import backups, containers, errors, items, jobs, operations, policies
from reconciler.vaultserver.arm import fold, last
from reconciler.vaultserver.containers import Names
from reconciler.vaultserver.records import ContainerRecord, ItemRecord, Json, PolicyRecord, VaultRecord, VmRecord
from reconciler.vaultserver.routes import ITEM, ArmRoute, WireCall, empty
from reconciler.vaultserver.wire_times import parse

if TYPE_CHECKING:
    from reconciler.vaultserver.world import World

ON_DEMAND_DAYS = 30
SECONDS = {
    "enable": (30, 50),
    "change": (2, 4),
    "resume": (1, 2),
    "stop": (1, 2),
    "suspend": (1, 2),
    "undelete": (10, 11),
    "soft-delete": (10, 11),
    "hard-delete": (105, 115),
}
"""How long each takes, from the recordings."""

JOB_OPERATION = {
    "enable": "ConfigureBackup",
    "change": "ConfigureBackup",
    "resume": "ConfigureBackup",
    "stop": "DisableBackup",
    "suspend": "DisableBackup",
    "undelete": "Undelete",
    "soft-delete": "DeleteBackupData",
    "hard-delete": "DeleteBackupData",
}
_TYPES = {"microsoft.compute/virtualmachines", "microsoft.classiccompute/virtualmachines"}


def routes(world: World) -> list[BaseRoute]:
    return [
        ArmRoute(world, ITEM, _put, ("PUT",)),
        ArmRoute(world, ITEM, _delete, ("DELETE",)),
        ArmRoute(world, ITEM + "/backup", _backup, ("POST",)),
    ]


def _put(call: WireCall) -> Response:
    world, vault = call.world, call.vault()
    names = containers.asked(vault, call.params["container"], call.params["item"])
    given = call.properties()
    if fold(str(given.get("protectedItemType", ""))) not in _TYPES:
        raise errors.bad_configure_request()
    item = items.find(world, names.item)
    if item is not None and item.busy:
        raise errors.object_locked()
    if item is not None:
        _check_source(item, given)
    verb, policy = _verb(world, vault, item, given)
    if item is None:
        item = _enlisted(world, vault, names, str(given.get("sourceResourceId") or ""))
    extended = _extended(given.get("extendedProperties"))
    return _accept(call, vault, item, verb, policy, "item", extended)


def _extended(given: Any) -> Json | None:
    """The extended properties as the service keeps them: unit numbers are integers, though some clients send texts."""
    if not isinstance(given, dict) or not given:
        return None
    disks = given.get("diskExclusionProperties")
    if not isinstance(disks, dict):
        return given
    try:
        units = [int(unit) for unit in disks.get("diskLunList") or []]
    except (TypeError, ValueError) as error:
        raise errors.bad_configure_request() from error
    return given | {"diskExclusionProperties": disks | {"diskLunList": units}}


def _check_source(item: ItemRecord, given: Json) -> None:
    source = given.get("sourceResourceId")
    if source is None and given.get("isRehydrate"):
        return
    if fold(str(source or "")) != item.link:
        raise errors.bad_configure_request()


def _verb(world: World, vault: VaultRecord, item: ItemRecord | None, given: Json) -> tuple[str, PolicyRecord | None]:
    """What the body asks for, and the policy it names; the service's refusal when it asks for nothing sensible."""
    state = fold(str(given.get("protectionState") or ""))
    if given.get("isRehydrate") is True:
        if item is None or item.deleted is None:
            raise errors.bad_configure_request()
        return "undelete", None
    if state in ("protectionstopped", "backupssuspended") and not (
        state == "protectionstopped" and given.get("policyId")
    ):
        return _pause(vault, item, state), None
    if item is not None and item.deleted is not None:
        raise errors.bad_configure_request()
    policy = _policy(world, vault, item, str(given.get("policyId") or ""))
    if item is None:
        return "enable", policy
    return ("resume" if item.state in ("ProtectionStopped", "BackupsSuspended") else "change"), policy


def _pause(vault: VaultRecord, item: ItemRecord | None, state: str) -> str:
    if item is None or item.deleted is not None:
        raise errors.item_not_found()
    if state == "protectionstopped":
        return "stop"
    if vault.immutability not in ("Unlocked", "Locked"):
        raise errors.immutable_item()
    return "suspend"


def _policy(world: World, vault: VaultRecord, item: ItemRecord | None, policy_id: str) -> PolicyRecord:
    policy = policies.find(world, policy_id) if policy_id else None
    if policy is None or fold(policy.vault) != fold(vault.id):
        raise errors.bad_configure_request() if not policy_id else errors.unknown_policy()
    if policy.management_type != "AzureIaasVM":
        raise errors.wrong_policy_provider()
    if item is not None and item.policy_type == "V2" and policy.policy_type == "V1":
        raise errors.bad_configure_request()
    return policy


def _enlisted(world: World, vault: VaultRecord, names: Names, source: str) -> ItemRecord:
    """The new item of a machine, pending; in the preview only of a registered one."""
    vm = world.vm(source)
    if vm is None or vm.item_key != names.key:
        raise errors.bad_configure_request()
    box = world.database.get(ContainerRecord, names.container)
    if vault.preview and (box is None or box.registration != "Registered"):
        raise errors.bad_configure_request()
    return new_item(world, vault, vm)


def new_item(world: World, vault: VaultRecord, vm: VmRecord) -> ItemRecord:
    """The item a machine would have in a vault, pending and not stored."""
    names = containers.names(vault.id, vm.item_key)
    return ItemRecord(
        id=names.item,
        vault=vault.id,
        name=f"VM;{names.key}",
        container=names.container,
        vm=vm.id,
        vm_guid=vm.vm_id,
        friendly_name=vm.name,
        classic=vm.classic,
        data_id=str(int(world.chance("data", names.item) * 9e14) + 10**14),
        pending=True,
    )


def _accept(
    call: WireCall,
    vault: VaultRecord,
    item: ItemRecord,
    verb: str,
    policy: PolicyRecord | None,
    family: operations.Family,
    extended: Json | None = None,
) -> Response:
    """Begin the job and the operation of a request, and lock the item until they end."""
    world = call.world
    job = jobs.begin(world, vault, item, JOB_OPERATION[verb], call, _bag(world, item, verb, policy))
    path = call.request.url.path if family == "item" else vault.id
    operation = operations.begin(world, vault, family, path.rstrip("/"), jobs=[job.name], result=200)
    if family == "delete":
        operation.result = 204
        world.database.put(operation)
    item.busy = operation.name
    world.database.put(item)
    least, most = SECONDS[verb]
    due = world.now + timedelta(seconds=least + (most - least) * world.chance("takes", operation.name))
    world.later(
        due,
        "item-request-ends",
        item.id,
        verb=verb,
        job=job.id,
        operation=operation.name,
        policy=policy.id if policy else "",
        extended=extended,
    )
    return operations.accepted(call, operation)


def _bag(world: World, item: ItemRecord, verb: str, policy: PolicyRecord | None) -> dict[str, str]:
    if verb == "undelete":
        return {"Undelete flag": "True"}
    if verb in ("soft-delete", "hard-delete"):
        return {"Number of Recovery Points": str(len(world.recovery_points(item.id)))}
    return {"Policy Name": last(policy.id) if policy else ""}


def _delete(call: WireCall) -> Response:
    world, vault = call.world, call.vault()
    names = containers.asked(vault, call.params["container"], call.params["item"])
    item = items.find(world, names.item)
    if item is None:
        return empty(204)
    if item.busy or jobs.running(world, item.id, "Backup"):
        raise errors.object_locked()
    if vault.immutability in ("Unlocked", "Locked") and world.recovery_points(item.id):
        raise errors.immutable_item()
    soft = vault.soft_delete != "Disabled" and not vault.preview
    if item.deleted is not None and soft:
        return empty(204)
    return _accept(call, vault, item, "soft-delete" if soft else "hard-delete", None, "delete")


def _backup(call: WireCall) -> Response:
    world, vault, item = call.world, call.vault(), items.asked(call)
    given = call.properties()
    expiry = parse(given.get("recoveryPointExpiryTimeInUTC"))
    if given.get("objectType") not in (None, "IaasVMBackupRequest"):
        raise errors.invalid_input()
    if expiry is not None and expiry <= world.now:
        raise errors.invalid_input()
    if item.deleted is not None or item.state in ("ProtectionStopped", "BackupsSuspended"):
        raise errors.not_protected()
    if item.busy:
        raise errors.object_locked()
    if vault.preview and item.last_point is None:
        raise errors.invalid_input()
    if jobs.running(world, item.id, "Backup"):
        raise errors.backup_runs()
    if jobs.running(world, item.id, "Restore"):
        raise errors.restore_runs()
    backups.check_quota(world, item)
    job = backups.start(world, vault, item, call, expiry or world.now + timedelta(days=ON_DEMAND_DAYS))
    path = call.request.url.path.rstrip("/").rpartition("/")[0]
    operation = operations.begin(world, vault, "item", path, jobs=[job.name])
    operations.end(world, operation.name)
    return operations.accepted(call, operation)
