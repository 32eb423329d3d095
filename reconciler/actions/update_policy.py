"""Make a policy what its declaration says; what is not declared stays as it was."""

from __future__ import annotations

from reconciler.actions import paths
from reconciler.actions.action import Action, Target
from reconciler.actions.policy_body import policy_body
from reconciler.model import api
from reconciler.model.call import Call
from reconciler.model.ids import fold
from reconciler.model.plan import SubjectKind
from reconciler.model.state import State


def _call(target: Target) -> Call:
    policy = paths.needed_policy(target)
    seen = target.observed.policies.get(fold(policy.name))
    if seen is None:
        raise paths.NothingToActOnError(f"the policy {policy.name!r} was not observed")
    return Call("PUT", seen.id, api.BACKUP, policy_body(policy.rules, seen.properties))


ACTION = Action(
    "update-policy",
    "~",
    SubjectKind.POLICY,
    frozenset({State.OUTDATED}),
    State.PRESENT,
    _call,
    job="ConfigureBackup",
)
