"""One edge of the lifecycle: from which states it leads where, what it may cost, and the request it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reconciler.model.call import Call
from reconciler.model.desired import BackupPolicy, Generation, Vault
from reconciler.model.observed import ObservedVault, ProtectedItem, VirtualMachine
from reconciler.model.plan import RecoveryPoints, SubjectKind
from reconciler.model.state import Risk, State


@dataclass(frozen=True, slots=True)
class Target:
    """All an action may look at to build its request; what does not concern it is None.

    `policy_name` is the policy a VM is to have: declared ones have a `policy` too, Azure's own have not.
    """

    vault: Vault
    observed: ObservedVault
    vm: VirtualMachine | None = None
    item: ProtectedItem | None = None
    policy: BackupPolicy | None = None
    policy_name: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """`symbol` is shown before the step: + makes, ~ changes, = pauses, ^ brings back, ? looks.

    `generations` are the services that have the action as an edge. `job` is Azure's name of the job it starts, or "".
    """

    kind: str
    symbol: str
    subject: SubjectKind
    before: frozenset[State]
    after: State
    call: Callable[[Target], Call]
    risk: Risk = Risk.SAFE
    recovery_points: RecoveryPoints = RecoveryPoints.KEEPS
    job: str = ""
    generations: frozenset[Generation] = frozenset(Generation)
    put_back: Callable[[Target], Call] | None = None
