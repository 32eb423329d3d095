"""Make a policy that is declared and missing."""

from __future__ import annotations

from reconciler.actions import paths
from reconciler.actions.action import Action, Target
from reconciler.actions.policy_body import policy_body
from reconciler.model import api
from reconciler.model.call import Call
from reconciler.model.plan import SubjectKind
from reconciler.model.state import State


def _call(target: Target) -> Call:
    policy = paths.needed_policy(target)
    return Call("PUT", paths.policy_id(target.vault, policy.name), api.BACKUP, policy_body(policy.rules))


ACTION = Action("create-policy", "+", SubjectKind.POLICY, frozenset({State.MISSING}), State.PRESENT, _call)
