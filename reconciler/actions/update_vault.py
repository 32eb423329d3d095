"""Strengthen the soft delete of a vault."""

from __future__ import annotations

from reconciler.actions import paths
from reconciler.actions.action import Action, Target
from reconciler.actions.vault_body import stronger_vault
from reconciler.model import api
from reconciler.model.call import Call
from reconciler.model.plan import SubjectKind
from reconciler.model.state import State


def _call(target: Target) -> Call:
    return Call("PATCH", paths.vault_id(target.vault), api.VAULTS, stronger_vault(target.vault, target.observed))


ACTION = Action("update-vault", "~", SubjectKind.VAULT, frozenset({State.OUTDATED}), State.PRESENT, _call)
