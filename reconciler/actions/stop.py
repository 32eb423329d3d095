"""Take no more backups; keep the recovery points."""

from __future__ import annotations

from reconciler.actions.action import Action, Target
from reconciler.actions.item_body import put_item
from reconciler.model.call import Call
from reconciler.model.plan import SubjectKind
from reconciler.model.state import Risk, State


def _call(target: Target) -> Call:
    return put_item(target, protectionState="ProtectionStopped")


ACTION = Action(
    "stop",
    "=",
    SubjectKind.VM,
    frozenset({State.PROTECTED, State.DRIFTED}),
    State.STOPPED,
    _call,
    risk=Risk.PAUSING,
    job="DisableBackup",
)
