"""What the vaults themselves need: to exist, to be no weaker than declared, and to have their policies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from reconciler.actions import ACTIONS
from reconciler.actions.action import Target
from reconciler.actions.paths import policy_id, vault_id
from reconciler.actions.vault_body import strongest
from reconciler.model.backup_rules import Tier
from reconciler.model.call import Json
from reconciler.model.desired import BackupPolicy, SoftDelete, SoftDeleteState, Vault
from reconciler.model.ids import fold
from reconciler.model.observed import ObservedPolicy, ObservedVault
from reconciler.model.plan import Basis, Finding, RecoveryPoints, Severity, Step, Subject, SubjectKind
from reconciler.model.state import Risk
from reconciler.planning.estate import region
from reconciler.planning.retention import described, differences, same_rules, shortens
from reconciler.planning.situation import Situation

_STRENGTH = tuple(SoftDeleteState)


@dataclass(frozen=True, slots=True)
class Ground:
    """What stands ready for the VMs of one vault. `blocked`, when not empty, says why nothing is planned in it.

    `policy_steps` are the steps that make or change a policy, by folded name.
    """

    vault: Vault
    blocked: str = ""
    vault_step: Step | None = None
    policy_steps: Mapping[str, Step] | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        first = (self.vault_step,) if self.vault_step else ()
        return (*first, *(self.policy_steps or {}).values())


def grounds(situation: Situation, paused: Iterable[str]) -> dict[str, Ground]:
    """For each declared vault, in the order of names."""
    hands_off = frozenset(paused)
    return {
        name: Ground(vault, "paused") if name in hands_off else _ground(situation, vault)
        for name, vault in situation.vaults.items()
    }


def _ground(situation: Situation, vault: Vault) -> Ground:
    if vault.name in situation.blind_vaults:
        text = f"The vault {vault.name!r} could not be read in full, so nothing is planned in it."
        return Ground(vault, "vault-not-seen", findings=(_finding("vault-not-seen", vault, text, Severity.WARNING),))
    seen = situation.seen(vault)
    if not seen.exists:
        return _missing(situation, vault, seen)
    if seen.location and region(seen.location) != region(vault.location):
        text = f"The vault {vault.name!r} is in {seen.location}, declared is {vault.location}."
        finding = _finding("vault-location-mismatch", vault, text)
        return Ground(vault, "vault-location-mismatch", findings=(finding,))
    step = _strengthening(vault, seen)
    policies, findings = _policies(situation, vault, seen, ())
    return Ground(vault, "", step, policies, (*_differences(vault, seen), *findings))


def _missing(situation: Situation, vault: Vault, seen: ObservedVault) -> Ground:
    if not vault.create:
        text = f"There is no vault {vault.name!r} in the resource group {vault.resource_group!r}."
        return Ground(vault, "vault-not-found", findings=(_finding("vault-not-found", vault, text),))
    after: dict[str, Json] = {"location": vault.location}
    if vault.redundancy:
        after["redundancy"] = vault.redundancy
    step = _vault_step("create-vault", "vault-missing", vault, seen, {}, after)
    policies, findings = _policies(situation, vault, seen, (step.id,))
    return Ground(vault, "", step, policies, findings)


def _strengthening(vault: Vault, seen: ObservedVault) -> Step | None:
    """The step that makes soft delete stronger, when the declaration asks for it in any respect."""
    if vault.soft_delete is None or seen.soft_delete is None:
        return None
    has = SoftDelete(seen.soft_delete, seen.soft_delete_retention)
    will = strongest(vault, seen)
    if _STRENGTH.index(will.state) == _STRENGTH.index(has.state) and (will.retention or 0) <= (has.retention or 0):
        return None
    return _vault_step("update-vault", "soft-delete-weaker", vault, seen, _words(has), _words(will))


def _words(soft_delete: SoftDelete) -> dict[str, Json]:
    days = f", {soft_delete.retention} days" if soft_delete.retention else ""
    return {"softDelete": f"{soft_delete.state}{days}"}


def _vault_step(
    kind: str, reason: str, vault: Vault, seen: ObservedVault, before: dict[str, Json], after: dict[str, Json]
) -> Step:
    return Step(
        id=f"{kind}:{vault.name}",
        action=kind,
        vault=vault.name,
        subject=Subject(SubjectKind.VAULT, vault.name, vault_id(vault)),
        reason=reason,
        source=vault.span,
        call=ACTIONS[kind].call(Target(vault, seen)),
        before=before,
        after=after,
        risk=ACTIONS[kind].risk,
    )


def _differences(vault: Vault, seen: ObservedVault) -> list[Finding]:
    """What differs and is not changed: redundancy ever, soft delete where the declaration is the weaker one."""
    found = []
    if vault.redundancy and seen.redundancy and fold(vault.redundancy) != fold(seen.redundancy):
        text = f"The vault {vault.name!r} is {seen.redundancy}, declared is {vault.redundancy}."
        found.append(_finding("vault-redundancy-differs", vault, text, Severity.WARNING))
    wanted = vault.soft_delete
    if wanted is not None and seen.soft_delete is not None:
        weaker = _STRENGTH.index(wanted.state) < _STRENGTH.index(seen.soft_delete)
        shorter = wanted.retention is not None and wanted.retention < (seen.soft_delete_retention or 0)
        if weaker or shorter:
            has = _words(SoftDelete(seen.soft_delete, seen.soft_delete_retention))["softDelete"]
            text = f"The vault {vault.name!r} has soft delete {has}; declared is {_words(wanted)['softDelete']}."
            found.append(_finding("soft-delete-declared-weaker", vault, text, Severity.WARNING))
    return found


def _policies(
    situation: Situation, vault: Vault, seen: ObservedVault, first: tuple[str, ...]
) -> tuple[dict[str, Step], tuple[Finding, ...]]:
    steps: dict[str, Step] = {}
    findings: list[Finding] = []
    declared = sorted(_of(situation, vault), key=lambda pair: pair[0])
    for (_, name), policy in declared:
        present = seen.policies.get(name)
        if present is None:
            steps[name] = _create_policy(vault, seen, policy, first)
        elif same_rules(policy.rules, present.rules):
            continue
        elif present.rules and present.rules.tier is Tier.ENHANCED and policy.rules.tier is Tier.STANDARD:
            text = f"The policy {policy.name!r} in {vault.name!r} is Enhanced, which no update can take back."
            findings.append(
                Finding(
                    "policy-tier-is-final",
                    Severity.ERROR,
                    (f"{vault.name}/{policy.name}",),
                    text,
                    policy.places.at("spec", "tier"),
                    Basis.RULE,
                    vault.name,
                )
            )
        else:
            used = max(situation.items_by_policy.get(vault.name, Counter())[name], present.items)
            steps[name] = _update_policy(vault, seen, policy, present, used)
    return steps, tuple(findings)


def _of(situation: Situation, vault: Vault) -> list[tuple[tuple[str, str], BackupPolicy]]:
    return [(place, policy) for place, policy in situation.policies.items() if place[0] == vault.name]


def _create_policy(vault: Vault, seen: ObservedVault, policy: BackupPolicy, first: tuple[str, ...]) -> Step:
    step = policy_step("create-policy", "policy-missing", vault, seen, policy)
    return replace(step, after=described(policy.rules), depends_on=first)


def _update_policy(vault: Vault, seen: ObservedVault, policy: BackupPolicy, present: ObservedPolicy, used: int) -> Step:
    """Changing a policy in use to keep less is destructive; so is changing one whose rules we cannot read."""
    before, after = differences(present.rules, policy.rules)
    step = replace(policy_step("update-policy", "policy-outdated", vault, seen, policy), before=before, after=after)
    if used and present.rules is None:
        return replace(step, risk=Risk.DESTRUCTIVE, recovery_points=RecoveryPoints.UNKNOWN)
    if used and present.rules is not None and shortens(present.rules, policy.rules):
        return replace(step, risk=Risk.DESTRUCTIVE, recovery_points=RecoveryPoints.EXPIRES)
    return step


def policy_step(kind: str, reason: str, vault: Vault, seen: ObservedVault, policy: BackupPolicy) -> Step:
    """The step that makes a policy in a vault what it is declared to be, without what differs and what that costs."""
    name = f"{vault.name}/{policy.name}"
    return Step(
        id=f"{kind}:{name}",
        action=kind,
        vault=vault.name,
        subject=Subject(SubjectKind.POLICY, name, policy_id(vault, policy.name)),
        reason=reason,
        source=policy.span,
        call=ACTIONS[kind].call(Target(vault, seen, policy=policy, policy_name=policy.name)),
        risk=ACTIONS[kind].risk,
        policy=policy.name,
    )


def _finding(code: str, vault: Vault, text: str, severity: Severity = Severity.ERROR) -> Finding:
    return Finding(code, severity, (vault.name,), text, vault.span, Basis.OBSERVED, vault.name)
