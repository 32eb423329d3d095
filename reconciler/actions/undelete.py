"""Bring a soft-deleted item back, with its recovery points; it comes back stopped."""

from __future__ import annotations

from reconciler.actions.action import Action, Target
from reconciler.actions.item_body import put_item
from reconciler.model.call import Call
from reconciler.model.plan import SubjectKind
from reconciler.model.state import State


def _call(target: Target) -> Call:
    return put_item(target, isRehydrate=True)


ACTION = Action(
    "undelete",
    "^",
    SubjectKind.VM,
    frozenset({State.SOFT_DELETED}),
    State.STOPPED,
    _call,
    job="Undelete",
)
