"""Make a vault that is declared and missing."""

from __future__ import annotations

from reconciler.actions import paths
from reconciler.actions.action import Action, Target
from reconciler.actions.vault_body import new_vault
from reconciler.model import api
from reconciler.model.call import Call
from reconciler.model.plan import SubjectKind
from reconciler.model.state import State


def _call(target: Target) -> Call:
    return Call("PUT", paths.vault_id(target.vault), api.VAULTS, new_vault(target.vault))


ACTION = Action("create-vault", "+", SubjectKind.VAULT, frozenset({State.MISSING}), State.PRESENT, _call)
