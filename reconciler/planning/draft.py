"""What each wish asks for: the steps of its way, or why there is nothing to do."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from reconciler.actions import ACTIONS
from reconciler.actions.action import Action, Target
from reconciler.actions.paths import vault_id
from reconciler.model.call import Json
from reconciler.model.desired import Drift, IfStopped
from reconciler.model.ids import BadSegmentError, fold
from reconciler.model.observed import Power
from reconciler.model.plan import Basis, Finding, Quiet, RecoveryPoints, Severity, Step, Subject, SubjectKind
from reconciler.model.state import Risk, State
from reconciler.planning.estate import region
from reconciler.planning.predict import Foresight, foresee_change, foresee_protection
from reconciler.planning.provision import Ground
from reconciler.planning.retention import shortens
from reconciler.planning.route import route
from reconciler.planning.select import Wish
from reconciler.planning.situation import Situation, policy_of
from reconciler.planning.standing import Standing, standing

_REASONS = {
    "register": "not-registered",
    "protect": "not-protected",
    "change-policy": "policy-differs",
    "stop": "retired",
    "resume": "stopped",
    "undelete": "soft-deleted",
}
_STARTABLE = frozenset({Power.STOPPED, Power.DEALLOCATED})
_NEW = frozenset({State.UNDISCOVERED, State.DISCOVERED, State.REGISTERED})


@dataclass
class Draft:
    """`discover` is true when the vault has to look for the VM first."""

    steps: list[Step] = field(default_factory=list)
    quiet: list[Quiet] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    discover: bool = False


def draft(situation: Situation, wish: Wish, ground: Ground) -> Draft:
    why, stand, way, findings = _at_rest(situation, wish, ground)
    if why or stand is None:
        return Draft(quiet=[_quiet(wish, why)], findings=findings)
    try:
        made = _steps(situation, wish, ground, stand, way)
    except BadSegmentError as bad:
        finding = _finding("vm-not-addressable", wish, f"{wish.meant.label} cannot be addressed: {bad}.")
        return Draft(quiet=[_quiet(wish, finding.code)], findings=[*findings, finding])
    made.findings[:0] = findings
    return made


def wants_check(situation: Situation, wish: Wish, ground: Ground) -> bool:
    """Whether the way of this wish leads through protecting a new VM, so that Azure's own checks matter."""
    why, stand, _, _ = _at_rest(situation, wish, ground)
    return not why and stand is not None and stand.state in _NEW and situation.seen(wish.vault).exists


def _at_rest(
    situation: Situation, wish: Wish, ground: Ground
) -> tuple[str, Standing | None, tuple[Action, ...], list[Finding]]:
    """Why nothing is to be done, or where the VM stands and which way leads on from there."""
    if wish.hands_off or ground.blocked:
        return wish.hands_off or ground.blocked, None, (), []
    stand = standing(situation, wish)
    findings = [stand.finding] if stand.finding else []
    allow = Risk.PAUSING if wish.goal is State.STOPPED else Risk.SAFE
    way = route(stand.state, wish.goal, allow=allow, generation=wish.vault.generation)
    if way is None:
        return stand.because, None, (), findings
    if wish.goal is State.STOPPED:
        return ("not-protected" if stand.state in _NEW else _done(stand, wish)), stand, way, findings
    vm = wish.meant.vm
    if stand.state in _NEW and vm is not None and region(vm.location) != region(wish.vault.location):
        text = f"{wish.meant.label} is in {vm.location}, the vault {wish.vault.name!r} in {wish.vault.location}."
        findings.append(_finding("vm-vault-region-mismatch", wish, text))
        return "vm-vault-region-mismatch", None, (), findings
    if not _policy_exists(situation, wish):
        text = f"The policy {wish.policy!r} is neither declared for the vault {wish.vault.name!r} nor in it."
        return "policy-not-found", None, (), [*findings, _finding("policy-not-found", wish, text)]
    reported = _reported(wish, stand)
    if reported is not None:
        return reported.code, None, (), [*findings, reported]
    return _done(stand, wish), stand, way, findings


def _done(stand: Standing, wish: Wish) -> str:
    return stand.because if stand.state is wish.goal else ""


def _policy_exists(situation: Situation, wish: Wish) -> bool:
    name = fold(wish.policy)
    return (wish.vault.name, name) in situation.policies or name in situation.seen(wish.vault).policies


def _reported(wish: Wish, stand: Standing) -> Finding | None:
    """Drift that the Protection asks to be told about, not corrected."""
    if wish.protection is None or wish.protection.drift is not Drift.REPORT:
        return None
    if stand.state is State.DRIFTED and stand.item is not None:
        text = f"{wish.meant.label} is backed up by {policy_of(stand.item)!r} instead of {wish.policy!r}."
        return _finding("policy-drift", wish, text, Severity.WARNING)
    if stand.state in {State.STOPPED, State.SOFT_DELETED}:
        text = f"{wish.meant.label} is {stand.because}."
        return _finding("protection-drift", wish, text, Severity.WARNING)
    return None


def _steps(situation: Situation, wish: Wish, ground: Ground, stand: Standing, way: tuple[Action, ...]) -> Draft:
    made = Draft()
    foresight = _foresight(situation, wish, stand)
    starting = _start(situation, wish, stand, foresight)
    foresight = foresight.started() if starting else foresight
    made.findings += foresight.findings
    before, state = _base(ground), stand.state
    for action in way:
        if action.kind == "discover":
            made.discover, before, state = True, (f"discover:{wish.vault.name}",), action.after
            continue
        needs = (*before, *_needs_policy(ground, wish, action))
        if starting and action.kind in {"register", "protect"}:
            if not made.steps:
                made.steps.append(replace(starting, depends_on=before))
            needs = tuple(dict.fromkeys((*needs, starting.id)))
        step = _step(situation, wish, stand, action, state, needs, _predicted(foresight, made))
        made.steps.append(step)
        before, state = (step.id,), action.after
    return made


def _predicted(foresight: Foresight, made: Draft) -> tuple[str, ...]:
    """What is foreseen befalls the first step of the way; the later ones then are never reached."""
    reached = any(step.action != "start-vm" for step in made.steps)
    return () if reached else foresight.codes


def _foresight(situation: Situation, wish: Wish, stand: Standing) -> Foresight:
    new = stand.state in _NEW
    return foresee_protection(situation, wish) if new else foresee_change(situation, wish)


def _base(ground: Ground) -> tuple[str, ...]:
    step = ground.vault_step
    return (step.id,) if step is not None and step.action == "create-vault" else ()


def _needs_policy(ground: Ground, wish: Wish, action: Action) -> tuple[str, ...]:
    """A policy has to exist before a VM gets it; a VM changes over only to what the policy is going to be."""
    made = (ground.policy_steps or {}).get(fold(wish.policy))
    if made is None or action.kind not in {"protect", "resume", "change-policy"}:
        return ()
    return (made.id,) if made.action == "create-policy" or action.kind == "change-policy" else ()


def _start(situation: Situation, wish: Wish, stand: Standing, foresight: Foresight) -> Step | None:
    """A VM is started only for what can then succeed."""
    vm, protection = wish.meant.vm, wish.protection
    if vm is None or protection is None or protection.if_stopped is not IfStopped.START:
        return None
    if stand.state not in _NEW or vm.power not in _STARTABLE or foresight.started().codes:
        return None
    action = ACTIONS["start-vm"]
    target = Target(wish.vault, situation.seen(wish.vault), vm)
    return Step(
        id=f"{action.kind}:{wish.vault.name}/{wish.meant.label}",
        action=action.kind,
        vault=wish.vault.name,
        subject=_subject(wish),
        reason="vm-not-running",
        source=wish.meant.source,
        call=action.call(target),
        before={"power": str(vm.power)},
        after={"power": str(Power.RUNNING)},
        risk=action.risk,
        recovery_points=action.recovery_points,
        policy=protection.policy,
        put_back=action.put_back(target) if action.put_back else None,
    )


def _step(
    situation: Situation,
    wish: Wish,
    stand: Standing,
    action: Action,
    state: State,
    needs: tuple[str, ...],
    predicted: tuple[str, ...],
) -> Step:
    policy = wish.policy
    declared = situation.policies.get((wish.vault.name, fold(policy)))
    target = Target(wish.vault, situation.seen(wish.vault), wish.meant.vm, stand.item, declared, policy)
    before: dict[str, Json] = {"state": str(state)}
    after: dict[str, Json] = {"state": str(action.after)}
    if state is State.DRIFTED and stand.item is not None:
        before["policy"] = policy_of(stand.item)
    if action.after is State.PROTECTED:
        after["policy"] = policy
    step = Step(
        id=f"{action.kind}:{wish.vault.name}/{wish.meant.label}",
        action=action.kind,
        vault=wish.vault.name,
        subject=_subject(wish),
        reason=_REASONS[action.kind],
        source=wish.meant.source,
        call=action.call(target),
        before=before,
        after=after,
        risk=action.risk,
        recovery_points=action.recovery_points,
        depends_on=needs,
        predicted=predicted,
        policy=policy,
    )
    return _weighed(situation, wish, stand, step) if action.kind == "change-policy" else step


def _weighed(situation: Situation, wish: Wish, stand: Standing, step: Step) -> Step:
    """Moving to a policy that keeps less is destructive, and so is a move whose effect cannot be told."""
    policies = situation.seen(wish.vault).policies
    old = policies.get(fold(policy_of(stand.item))) if stand.item else None
    declared = situation.policies.get((wish.vault.name, fold(step.policy)))
    present = policies.get(fold(step.policy))
    new = declared.rules if declared else present.rules if present else None
    if old is None or old.rules is None or new is None:
        return replace(step, risk=Risk.DESTRUCTIVE, recovery_points=RecoveryPoints.UNKNOWN)
    if shortens(old.rules, new):
        return replace(step, risk=Risk.DESTRUCTIVE, recovery_points=RecoveryPoints.EXPIRES)
    return step


def discovery(situation: Situation, ground: Ground, number: int, source_of: Wish) -> Step:
    """The one step that lets a vault find all VMs it does not know yet."""
    vault, action = ground.vault, ACTIONS["discover"]
    return Step(
        id=f"discover:{vault.name}",
        action=action.kind,
        vault=vault.name,
        subject=Subject(SubjectKind.VAULT, vault.name, vault_id(vault)),
        reason="not-discovered",
        source=source_of.meant.source,
        call=action.call(Target(vault, situation.seen(vault))),
        before={"undiscovered": number},
        after={"discovered": number},
        risk=action.risk,
        depends_on=_base(ground),
    )


def _quiet(wish: Wish, because: str) -> Quiet:
    return Quiet(_subject(wish), because, wish.meant.source, wish.vault.name)


def _subject(wish: Wish) -> Subject:
    return Subject(SubjectKind.VM, wish.meant.label, wish.meant.id)


def _finding(code: str, wish: Wish, text: str, severity: Severity = Severity.ERROR) -> Finding:
    return Finding(code, severity, (wish.meant.id,), text, wish.meant.source, Basis.OBSERVED, wish.vault.name)
