"""Back a VM up by a policy."""

from __future__ import annotations

from reconciler.actions.action import Action
from reconciler.actions.item_body import put_policy_of
from reconciler.model.plan import SubjectKind
from reconciler.model.state import State

ACTION = Action(
    "protect",
    "+",
    SubjectKind.VM,
    frozenset({State.REGISTERED}),
    State.PROTECTED,
    put_policy_of,
    job="ConfigureBackup",
)
