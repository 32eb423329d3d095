"""The service's own checks: backupStatus, pre-validation, features, and whether a vault's name is free."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import BaseRoute

from reconciler.vaultserver import errors, failures
from reconciler.vaultserver.arm import fold, last, vm_parts
from reconciler.vaultserver.eligibility import protect_failure, register_failure
from reconciler.vaultserver.failures import Failure
from reconciler.vaultserver.records import ContainerRecord, ItemRecord, Json, VaultRecord, VmRecord
from reconciler.vaultserver.routes import ArmRoute, WireCall, json_response

if TYPE_CHECKING:
    from reconciler.vaultserver.world import World

LOCATION = "/subscriptions/{subscription}/providers/Microsoft.RecoveryServices/locations/{location}"


def routes(world: World) -> list[BaseRoute]:
    group = (
        "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.RecoveryServices/locations/{location}"
    )
    return [
        ArmRoute(world, LOCATION + "/backupStatus", _status, ("POST",)),
        ArmRoute(world, LOCATION + "/backupPreValidateProtection", _validate, ("POST",)),
        ArmRoute(world, LOCATION + "/backupValidateFeatures", _features, ("POST",)),
        ArmRoute(world, group + "/checkNameAvailability", _name, ("POST",)),
        ArmRoute(world, LOCATION + "/checkNameAvailability", _name, ("POST",)),
        ArmRoute(world, LOCATION + "/capabilities", _capabilities, ("POST",)),
    ]


def _asked(call: WireCall) -> str:
    """The machine a check is about; only virtual machines are known here."""
    given = call.json()
    resource = str(given.get("resourceId") or "")
    if given.get("resourceType") != "VM" or vm_parts(resource) is None:
        raise errors.invalid_input()
    return resource


def _item(world: World, vm_id: str) -> ItemRecord | None:
    """The item by which any vault holds the machine; an active one before a soft-deleted one."""
    held = [item for item in world.database.linked(ItemRecord, vm_id) if world.vault(item.vault) is not None]
    return min(held, key=lambda item: item.deleted is not None, default=None)


def _status(call: WireCall) -> Response:
    world, resource = call.world, _asked(call)
    item = _item(world, resource)
    if item is None:
        return json_response(_unprotected(world, resource))
    return json_response(_protected(item))


def _unprotected(world: World, resource: str) -> Json:
    """Not an error even where the machine does not exist: the service looks only at its vaults."""
    vm = world.vm(resource)
    boxes = [f"iaasvmcontainer;{vm.item_key}", f"vm;{vm.item_key}"] if vm else ["", ""]
    return {
        "protectionStatus": "NotProtected",
        "vaultId": "",
        "fabricName": "Azure",
        "containerName": boxes[0],
        "protectedItemName": boxes[1],
        "errorCode": "Success",
        "errorMessage": "",
        "policyName": "",
        "registrationStatus": next((box.registration for box in world.database.linked(ContainerRecord, resource)), ""),
    }


def _protected(item: ItemRecord) -> Json:
    key = item.name.partition(";")[2]
    failing = item.state == "ProtectionError"
    status = "Protecting" if item.pending else "ProtectionFailed" if failing else "Protected"
    detail = item.health_details[0] if failing and item.health_details else {"title": "Success", "message": ""}
    return {
        "protectionStatus": status,
        "vaultId": item.vault,
        "fabricName": "Azure",
        "containerName": f"iaasvmcontainer;{key}",
        "protectedItemName": f"vm;{key}",
        "errorCode": detail["title"],
        "errorMessage": detail["message"],
        "policyName": last(item.policy) if item.policy else "",
        "registrationStatus": "Registering" if item.pending else "Registered",
    }


def _validate(call: WireCall) -> Response:
    """Pre-validation; what fails it is told under 200."""
    world, resource = call.world, _asked(call)
    vault = world.vault(str(call.json().get("vaultId") or ""))
    if vault is None:
        raise errors.invalid_input()
    vm = world.vm(resource)
    failure = _failure(world, vault, vm, resource)
    key = vm.item_key if vm else ""
    body: Json = {
        "status": "Failed" if failure else "Succeeded",
        "errorCode": failure.code if failure else "Success",
        "errorMessage": failure.text if failure else "",
        "recommendation": failure.advice if failure else "",
        "containerName": f"iaasvmcontainer;{key}" if key else "",
        "protectedItemName": f"vm;{key}" if key else "",
    }
    return json_response(body)


def _failure(world: World, vault: VaultRecord, vm: VmRecord | None, resource: str) -> Failure | None:
    if _item(world, resource) is not None:
        return failures.ELSEWHERE
    if vault.preview:
        return register_failure(world, vault, vm)
    return protect_failure(world, vault, vm)


def _features(call: WireCall) -> Response:
    given = call.json()
    supported = given.get("featureType") == "AzureVMResourceBackup"
    return json_response({"supportStatus": "Supported" if supported else "NotSupported"})


def _name(call: WireCall) -> Response:
    wanted = fold(str(call.json().get("name") or ""))
    vaults = call.world.vaults(call.params["subscription"])
    taken = any(fold(vault.name) == wanted for vault in vaults)
    if not taken:
        return json_response({"nameAvailable": True})
    message = f"The vault name '{wanted}' is already in use."
    return json_response({"nameAvailable": False, "reason": "AlreadyExists", "message": message})


def _capabilities(call: WireCall) -> Response:
    return json_response({"type": call.json().get("type", ""), "properties": {"dnsZones": []}})
