"""Take backups again of a VM whose protection was stopped."""

from __future__ import annotations

from reconciler.actions.action import Action
from reconciler.actions.item_body import put_policy_of
from reconciler.model.plan import RecoveryPoints, SubjectKind
from reconciler.model.state import State

ACTION = Action(
    "resume",
    "^",
    SubjectKind.VM,
    frozenset({State.STOPPED}),
    State.PROTECTED,
    put_policy_of,
    # While stopped all points are kept; from now on the policy's retention counts for the old ones too.
    recovery_points=RecoveryPoints.UNKNOWN,
    job="ConfigureBackup",
)
