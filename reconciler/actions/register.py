"""Tie a VM to the vault: a request of its own in the preview service, a checkpoint in today's (WIRE 0)."""

from __future__ import annotations

from reconciler.actions import paths
from reconciler.actions.action import Action, Target
from reconciler.model import api
from reconciler.model.call import Call, Json, canonical
from reconciler.model.desired import Generation
from reconciler.model.plan import SubjectKind
from reconciler.model.state import State


def _call(target: Target) -> Call:
    return _container(target) if target.vault.generation is Generation.PREVIEW_2015 else _pre_validation(target)


def _pre_validation(target: Target) -> Call:
    body: dict[str, Json] = {
        "resourceType": "VM",
        "resourceId": paths.source_id(target),
        "vaultId": paths.vault_id(target.vault),
        "properties": "",
    }
    return Call("POST", paths.location_path(target.vault, "backupPreValidateProtection"), api.BACKUP, canonical(body))


def _container(target: Target) -> Call:
    vm = paths.needed_vm(target)
    properties: dict[str, Json] = {
        "backupManagementType": "AzureIaasVM",
        "containerType": paths.item_type(target),
        "friendlyName": vm.name,
        "sourceResourceId": paths.source_id(target),
        "operationType": "Register",
    }
    return Call("PUT", paths.container_path(target), api.BACKUP, canonical({"properties": properties}))


ACTION = Action(
    "register",
    "+",
    SubjectKind.VM,
    frozenset({State.DISCOVERED}),
    State.REGISTERED,
    _call,
    job="Register",
)
