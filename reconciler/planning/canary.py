"""A change of policy for many VMs begins with one: it is seen there, and its next backup if that is near.

Where VMs move to another policy, one of them moves first. Where a policy itself changes, no request of the service
changes it for one VM: so its new rules are first made a policy of their own, `NAME-canary`, and one VM is put under
that; once it is proved, the policy changes for all, and the one comes back to it. The policy `NAME-canary` stays,
without VMs, for the next time. A change that keeps less has a consent by name, and needs no canary.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from reconciler.actions import ACTIONS
from reconciler.actions.action import Target
from reconciler.model.desired import BackupPolicy, Vault
from reconciler.model.ids import fold
from reconciler.model.observed import ProtectedItem
from reconciler.model.past import request
from reconciler.model.plan import Step, Subject, SubjectKind
from reconciler.model.state import ItemState, Risk, State
from reconciler.planning.drift import SUFFIX
from reconciler.planning.next_backup import START_LAG, next_backup
from reconciler.planning.provision import policy_step
from reconciler.planning.retention import same_rules
from reconciler.planning.select import Wish
from reconciler.planning.situation import Situation, policy_of

NEAR = timedelta(hours=6)
"""A backup that is due within this time is waited for; with one further off, being seen is enough."""
_LONG = timedelta(hours=6)
"""How long a backup may take before it is waited for no more."""
_OWN = ":canary"
"""Ends the id of a canary's way to its own policy: the way back is another step, and wanted as long as it is held."""
_FAILED = frozenset({"Failed", "Cancelled"})


@dataclass(frozen=True, slots=True)
class Rollout:
    """`steps` are those of the plan with the canary's own; `waiting` says, by step id, why others wait for it."""

    steps: tuple[Step, ...]
    waiting: Mapping[str, str]


def rollout(situation: Situation, steps: Sequence[Step], wishes: Iterable[Wish], most: int | None) -> Rollout:
    """`most` is for how many VMs a policy may change at once; None for any number."""
    if most is None:
        return Rollout(tuple(steps), {})
    canaries = _Canaries(situation, tuple(wishes), most)
    added: list[Step] = []
    waiting: dict[str, str] = {}
    groups: defaultdict[tuple[str, str], list[Step]] = defaultdict(list)
    for step in steps:
        if step.action == "change-policy" and step.risk is Risk.SAFE:
            groups[step.vault, step.policy].append(step)
        elif step.action == "update-policy" and step.risk is Risk.SAFE:
            added += canaries.of_policy(step, waiting)
    for (vault, policy), group in groups.items():
        if len(group) > most:
            waiting |= canaries.of_group(vault, policy, group)
    return Rollout((*added, *steps), waiting)


class _Canaries:
    def __init__(self, situation: Situation, wishes: tuple[Wish, ...], most: int) -> None:
        self._situation = situation
        self._wishes = wishes
        self._most = most

    def of_group(self, vault: str, policy: str, group: Sequence[Step]) -> Mapping[str, str]:
        """Of VMs that move to a policy, why all but one wait."""
        proved, said = self._proof(self._situation.vaults[vault], policy)
        if proved:
            return {}
        first = min(group, key=lambda step: (bool(step.predicted), step.subject.name))
        text = said or f"{first.subject.name} goes first: the rest of {len(group)} VMs follow once it is proved there."
        free = set() if said else {first.id}
        return {step.id: f"{text} {self._way}" for step in group if step.id not in free}

    def of_policy(self, update: Step, waiting: dict[str, str]) -> list[Step]:
        """The steps of a canary for the change of a policy; why the change waits goes into `waiting`."""
        vault, name = self._situation.vaults[update.vault], update.policy
        seen = self._situation.seen(vault)
        under = [item for _, item in sorted(seen.items.items()) if fold(policy_of(item)) == fold(name)]
        declared = self._situation.policies[vault.name, fold(name)]
        own = replace(declared, name=f"{name}{SUFFIX}")
        kept = [item for item in seen.items.values() if fold(policy_of(item)) == fold(own.name)]
        if len(under) + len(kept) <= self._most:
            return []
        back = {f"change-policy:{vault.name}/{self._situation.label(item.vm_arm_id)}" for item in kept}
        present = seen.policies.get(fold(own.name))
        ready = present is not None and same_rules(own.rules, present.rules)
        if ready and kept:
            proved, said = self._proof(vault, own.name, _OWN)
            if proved:
                return []
            text = said or "The canary has it, and is looked at."
            waiting.update(dict.fromkeys((update.id, *back), f"{text} {self._way}"))
            return []
        made = [] if ready else [self._policy(vault, own, update)]
        one = None if kept else self._one(vault, name, own, under, made)
        if one is None and not kept:
            return []
        text = f"{one.subject.name if one else 'The canary'} gets the new rules first, as {own.name}."
        waiting.update(dict.fromkeys((update.id, *back), f"{text} {self._way}"))
        return [*made, *([one] if one is not None else [])]

    @property
    def _way(self) -> str:
        return f"To change more VMs at once, raise --canary above {self._most}."

    def _policy(self, vault: Vault, own: BackupPolicy, update: Step) -> Step:
        seen = self._situation.seen(vault)
        kind = "update-policy" if fold(own.name) in seen.policies else "create-policy"
        step = policy_step(kind, "canary", vault, seen, own)
        return replace(step, before=update.before, after=update.after, source=update.source)

    def _one(
        self, vault: Vault, name: str, own: BackupPolicy, under: Iterable[ProtectedItem], made: Sequence[Step]
    ) -> Step | None:
        """The move of the first VM that is well, meant to be under the policy, and not to be left alone."""
        meant = {
            wish.meant.key: wish
            for wish in self._wishes
            if wish.vault.name == vault.name and wish.protection is not None and not wish.hands_off
        }
        for item in under:
            wish = meant.get(item.key)
            fits = wish is not None and fold(wish.policy) == fold(name)
            if wish is not None and fits and item.protected and item.state is not ItemState.PROTECTION_ERROR:
                return self._move(wish, item, own.name, _OWN, tuple(step.id for step in made))
        return None

    def _move(self, wish: Wish, item: ProtectedItem, policy: str, mark: str = "", needs: tuple[str, ...] = ()) -> Step:
        vault, label = wish.vault, wish.meant.label
        return Step(
            id=f"change-policy:{vault.name}/{label}{mark}",
            action="change-policy",
            vault=vault.name,
            subject=Subject(SubjectKind.VM, label, wish.meant.id),
            reason="canary",
            source=wish.meant.source,
            call=ACTIONS["change-policy"].call(self._target(vault, wish, item, policy)),
            before={"state": str(State.PROTECTED), "policy": policy_of(item)},
            after={"state": str(State.PROTECTED), "policy": policy},
            depends_on=needs,
            policy=policy,
        )

    def _target(self, vault: Vault, wish: Wish, item: ProtectedItem, policy: str) -> Target:
        return Target(vault, self._situation.seen(vault), wish.meant.vm, item, None, policy)

    def _proof(self, vault: Vault, policy: str, mark: str = "") -> tuple[bool, str]:
        """Whether a VM that was moved to the policy has proved it; else what is waited for, empty while none was."""
        said = ""
        for item, at in self._moved(vault, policy, mark):
            label = self._situation.label(item.vm_arm_id)
            if item.last_backup_time is not None and item.last_backup_time >= at:
                if item.last_backup_status not in _FAILED:
                    return True, ""
                said = f"The first backup of {label} under {policy!r} failed: mend that first."
                continue
            due = self._due(vault, policy, at)
            if due is None or self._situation.observed.taken_at > due + START_LAG + _LONG:
                return True, ""
            said = said or f"{label} has it; its backup is due at {due.astimezone(UTC):%Y-%m-%d %H:%M} UTC."
        return False, said

    def _due(self, vault: Vault, policy: str, at: datetime) -> datetime | None:
        """When the next backup after `at` comes, if that is near."""
        present = self._situation.seen(vault).policies.get(fold(policy))
        run = next_backup(present.rules.schedule, at) if present is not None and present.rules is not None else None
        return run.at if run is not None and run.at - at <= NEAR else None

    def _moved(self, vault: Vault, policy: str, mark: str) -> Iterator[tuple[ProtectedItem, datetime]]:
        """The items that were seen to be moved to the policy by one of our requests, and when."""
        mended = self._situation.past.mended
        wishes = {wish.meant.key: wish for wish in self._wishes if wish.vault.name == vault.name}
        for key, item in sorted(self._situation.seen(vault).items.items()):
            wish = wishes.get(key)
            if wish is not None and item.protected and fold(policy_of(item)) == fold(policy):
                times = mended.get(request(self._move(wish, item, policy, mark)), ())
                if times:
                    yield item, max(times)
