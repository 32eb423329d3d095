"""Let the vault look for new VMs; one request serves all VMs it does not know yet."""

from __future__ import annotations

from reconciler.actions import paths
from reconciler.actions.action import Action, Target
from reconciler.model import api
from reconciler.model.call import Call
from reconciler.model.plan import SubjectKind
from reconciler.model.state import State

_VMS_ONLY = (("$filter", "backupManagementType eq 'AzureIaasVM'"),)


def _call(target: Target) -> Call:
    return Call("POST", f"{paths.fabric(target.vault)}/refreshContainers", api.BACKUP, query=_VMS_ONLY)


ACTION = Action("discover", "?", SubjectKind.VM, frozenset({State.UNDISCOVERED}), State.DISCOVERED, _call)
