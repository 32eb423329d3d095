"""Back a protected VM up by another policy, in place."""

from __future__ import annotations

from reconciler.actions.action import Action
from reconciler.actions.item_body import put_policy_of
from reconciler.model.plan import SubjectKind
from reconciler.model.state import State

ACTION = Action(
    "change-policy",
    "~",
    SubjectKind.VM,
    frozenset({State.DRIFTED}),
    State.PROTECTED,
    put_policy_of,
    job="ConfigureBackup",
)
